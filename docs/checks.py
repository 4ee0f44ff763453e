#!/usr/bin/env python3
"""mdBook's preprocessor for this book: gives the chapter "Checks" the pages that stand beside the code, one chapter each.

https://rust-lang.github.io/mdBook/for_developers/preprocessors.html
"""

import json
import pathlib
import sys

PAGES = pathlib.Path(__file__).resolve().parent.parent / "src/checks"


def chapters(parent):
    """A chapter for each page, named for its check."""
    for number, page in enumerate(sorted(PAGES.glob("*.md")), start=1):
        yield {
            "Chapter": {
                "name": page.stem.replace("_", "-"),
                "content": page.read_text(encoding="utf-8"),
                "number": [*(parent["number"] or []), number],
                "sub_items": [],
                "path": f"checks/{page.name}",
                "source_path": None,
                "parent_names": [parent["name"]],
            }
        }


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    for item in book.get("items") or book.get("sections"):
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter and chapter["path"] == "checks.md":
            chapter["content"] = chapter["content"].replace("](../src/checks/", "](checks/")
            chapter["sub_items"] = list(chapters(chapter))
    json.dump(book, sys.stdout)


main()
