#!/usr/bin/env python3
"""page.py BINARY [--pictures DIR]

Holds the HTML of `check` and `inventory` in a real headless Chromium: it opens without a message on the console and without asking for
anything else, its filters filter, it prints, and what a hostile configuration writes into it is text. $CHROMIUM names a program that is not
on the path; without one nothing is held, and that is said. `--pictures` keeps screenshots, light and dark.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HOSTILE = '"><script>document.title=1</script><img src=x onerror=document.title=1>'
CONFIGURATION = f"""events {{}}
http {{
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    ssl_ciphers HIGH:!aNULL:AES128-SHA;
    server {{
        listen 443 ssl;
        server_name a.example '{HOSTILE}';
        ssl_certificate a.pem;
        ssl_certificate_key a.key;
        location / {{ proxy_pass https://up.example; }}
    }}
    server {{ listen 80; server_name '<b>bold</b>'; return 200 'x'; }}
}}
"""
# Does what a reader does, and writes down what was shown.
PROBE = """
<script>
window.addEventListener("load", () => {
  const shown = () => document.querySelectorAll("article:not([hidden])").length;
  const form = document.getElementById("filters");
  const set = (name, value) => { form.elements[name].value = value; form.dispatchEvent(new Event("input")); };
  const seen = { title: document.title, all: shown(), images: document.images.length, bold: document.querySelectorAll("b.bold, main td b").length };
  set("words", "no such words"); seen.none = shown(); set("words", "");
  set("check", "peer-not-verified"); seen.check = shown(); set("check", "");
  for (const box of form.querySelectorAll("input[name=severity]")) { if (box.value !== "error") box.checked = false; }
  form.dispatchEvent(new Event("input")); seen.errors = shown();
  seen.focusable = form.querySelectorAll("input, select").length;
  seen.labelled = [...form.querySelectorAll("input, select")].every((field) => field.closest("label"));
  document.body.dataset.seen = JSON.stringify(seen);
});
</script>
"""


def chromium():
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """A headless browser without network."""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def run(self, page, *flags):
        words = [
            self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            f"--user-data-dir={self.directory}/profile", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
            "--virtual-time-budget=3000", *flags, page.as_uri(),
        ]  # fmt: skip
        return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=300)


def hold(condition, words):
    if not condition:
        raise SystemExit(f"page.py: {words}")


def written(binary, directory, *words):
    ended = subprocess.run([binary, *words], cwd=directory, capture_output=True, text=True, check=False)
    hold(ended.returncode in (0, 1), f"{words} ended with {ended.returncode}: {ended.stderr}")
    return ended.stdout


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=lambda path: str(pathlib.Path(path).resolve()))
    arguments.add_argument("--pictures", type=pathlib.Path)
    arguments = arguments.parse_args()
    program = chromium()
    if program is None:
        print("no Chromium is to be had here: the page is not held")
        return
    with tempfile.TemporaryDirectory(prefix="tlslint-page-") as directory:
        directory = pathlib.Path(directory)
        (directory / "nginx.conf").write_text(CONFIGURATION)
        browser = Browser(program, directory)
        report = written(arguments.binary, directory, "check", "nginx.conf", "--isolated", "--output-format", "html")
        inventory = written(arguments.binary, directory, "inventory", "nginx.conf", "--isolated", "--format", "html")
        findings = json.loads(written(arguments.binary, directory, "check", "nginx.conf", "--isolated", "-f", "json"))["findings"]
        for name, text in (("report", report), ("inventory", inventory)):
            page = directory / f"{name}.html"
            page.write_text(text)
            ended = browser.run(page, "--dump-dom")
            hold(ended.returncode == 0 and "<main>" in ended.stdout, f"{name} does not open: {ended.stderr[-2000:]}")
            hold("CONSOLE" not in ended.stderr, f"{name} has a message on the console: {ended.stderr[-2000:]}")
            browser.run(page, f"--print-to-pdf={directory}/{name}.pdf", "--no-pdf-header-footer")
            hold((directory / f"{name}.pdf").read_bytes().startswith(b"%PDF"), f"{name} does not print")
            if arguments.pictures:
                arguments.pictures.mkdir(parents=True, exist_ok=True)
                for look, flags in (("light", []), ("dark", ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"])):
                    picture = arguments.pictures / f"{name}-{look}.png"
                    browser.run(page, "--window-size=1280,2200", f"--screenshot={picture}", *flags)
        probed = directory / "probed.html"
        probed.write_text(report.replace("</body>", PROBE + "</body>"))
        ended = browser.run(probed, "--dump-dom")
        found = re.search(r'data-seen="([^"]*)"', ended.stdout)
        hold(found, f"the probe wrote nothing: {ended.stderr[-2000:]}")
        seen = json.loads(found[1].replace("&quot;", '"'))
        errors = sum(finding["severity"] == "error" for finding in findings)
        hold(seen["title"] == "tlslint report" and seen["images"] == 0 and seen["bold"] == 0, f"something of the configuration ran: {seen}")
        hold(seen["all"] == len(findings) and seen["none"] == 0, f"{len(findings)} findings, and the page shows {seen}")
        hold(seen["check"] == 1 and seen["errors"] == errors, f"{errors} errors, and the page shows {seen}")
        hold(seen["focusable"] >= 5 and seen["labelled"], f"fields without labels: {seen}")
    print(f"the pages hold in {program}: {seen}")


if __name__ == "__main__":
    sys.exit(main())
