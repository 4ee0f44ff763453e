#!/usr/bin/env python3
"""Draws what the program prints as an SVG: picture.py PROGRAM [ARGUMENT...] > docs/picture.svg

The README's picture is made by `docs/picture.py target/release/tlslint check fixtures/examples/nginx > docs/picture.svg`.
"""

import html
import os
import re
import subprocess
import sys
import textwrap

WIDTH, CHARACTER, LINE, MARGIN = 100, 8.43, 19, 16
INK, PAPER = "#d6deeb", "#011627"
COLOURS = {
    30: "#637777", 31: "#ff6b6b", 32: "#7fdb93", 33: "#f4c869", 34: "#82aaff", 35: "#d3a4ff", 36: "#7fdbca", 37: INK,
    90: "#8a9bb0", 91: "#ff6b6b", 92: "#7fdb93", 93: "#f4c869", 94: "#82aaff", 95: "#d3a4ff", 96: "#7fdbca", 97: "#ffffff",
}
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\]8;;[^\x1b]*\x1b\\")


def styled(line: str, style: dict) -> list[tuple[str, dict]]:
    """The pieces of a line with the style of each; `style` is carried on to the next line."""
    pieces, at = [], 0
    for match in ESCAPE.finditer(line):
        if match.start() > at:
            pieces.append((line[at:match.start()], dict(style)))
        at = match.end()
        if match.group(1) is not None:
            codes = [int(code or 0) for code in match.group(1).split(";")]
            apply(codes, style)
    if at < len(line):
        pieces.append((line[at:], dict(style)))
    return pieces


def apply(codes: list[int], style: dict) -> None:
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code == 1:
            style["font-weight"] = "bold"
        elif code == 2:
            style["opacity"] = "0.7"
        elif code == 4:
            style["text-decoration"] = "underline"
        elif code == 22:
            style.pop("font-weight", None)
            style.pop("opacity", None)
        elif code in COLOURS:
            style["fill"] = COLOURS[code]
        elif code == 39:
            style.pop("fill", None)
        elif code == 38 and codes[:1] == [5]:
            number = codes[1]
            del codes[:2]
            style["fill"] = COLOURS.get(number + 30 if number < 8 else number + 82, INK)


def main() -> None:
    command = sys.argv[1:]
    environment = dict(os.environ, COLUMNS=str(WIDTH), CLICOLOR_FORCE="1", FORCE_COLOR="1", TERM="xterm-256color")
    done = subprocess.run([*command, "--color", "always"], capture_output=True, text=True, env=environment)
    shown = "tlslint " + " ".join(command[1:])
    lines = [f"$ {shown}", *(done.stdout + done.stderr).rstrip("\n").split("\n")]
    # The last line is one for programs that look for it; nobody wants a picture as wide.
    lines[-1:] = textwrap.wrap(lines[-1], WIDTH, subsequent_indent="  ")
    width = max(WIDTH, *(len(ESCAPE.sub("", line)) for line in lines)) * CHARACTER + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" role="img">',
        f"<title>{html.escape(shown)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" fill="{INK}">',
    ]
    style: dict = {}
    for number, line in enumerate(lines):
        column = 0
        for text, how in styled(line, style):
            if text.strip():
                attributes = "".join(f' {name}="{value}"' for name, value in how.items())
                x, y = MARGIN + column * CHARACTER, MARGIN + number * LINE + 14
                length = f'textLength="{len(text) * CHARACTER:.1f}" lengthAdjust="spacingAndGlyphs"'
                out.append(f'<text x="{x:.1f}" y="{y}" xml:space="preserve" {length}{attributes}>{html.escape(text)}</text>')
            column += len(text)
    out += ["</g>", "</svg>"]
    print("\n".join(out))


if __name__ == "__main__":
    main()
