#!/usr/bin/env python3
"""advice.py BINARY [--server nginx|haproxy|envoy]... [--count N] [--seed S] [--only I] [--jobs J]

What fixes and helps say, each tried by itself: over the recorded cases of fixtures/cases and COUNT random configurations, every fix of a
finding, and every help without one that is text to write, is made alone in a configuration that the real server accepts. The server must
accept what comes of it, and the finding must be gone. Targets take turns: the release of this machine, and none. Helps that say what to do in
words are counted by check. `N passed, M failed` ends the output; exit status 1 when any failed.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import case as cases
import certificates
import compare
import fixes
import probing

RECORDED = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "cases"
# What stands in a help for what only the reader knows.
PLACEHOLDERS = {"FILE": "@CERTS@/ca.pem", "NAME": "up.example", "HOST": "up.example"}


def with_names(text, directory):
    for word, value in PLACEHOLDERS.items():
        text = re.sub(rf"\b{word}\b", value.replace("@CERTS@", str(directory / "certs")), text)
    return text


def edited(finding, files):
    """The files with the fix of a finding made."""
    files = dict(files)
    for edit in sorted(finding["fix"]["edits"], key=lambda one: -one["byte_range"]["start"]):
        text, span = files[edit["path"]], edit["byte_range"]
        files[edit["path"]] = text[: span["start"]] + edit["text"].encode() + text[span["end"] :]
    return files


def advised(server, finding, files, directory):
    """The files with what the help of a finding says written there; None where it is not text to write."""
    verb, _, written = (finding["help"] or "").partition(" ")
    if server == "envoy" or verb not in ("write", "add", "remove") or finding["path"] not in files:
        return None
    named = re.fullmatch(r"`([^`]+)` to the (?:bind|server) line", written)
    written = with_names(named[1] if named else written.strip("`"), directory)
    # What leaves a choice, or asks for a thing that only the reader has, is advice in words.
    if written.startswith(("a ", "an ")) or re.search(r",? (?:and|or) ", written):
        return None
    text, start = files[finding["path"]].decode(errors="surrogateescape"), finding["byte_range"]["start"]
    start = len(text.encode(errors="surrogateescape")[:start].decode(errors="surrogateescape"))
    new = (in_nginx if server == "nginx" else in_haproxy)(verb, written, text, start)
    return new and files | {finding["path"]: new.encode(errors="surrogateescape")}


def without(text, span, words):
    """`text` without these words of the list in `span`."""
    part = text[span[0] : span[1]]
    for word in words.split(", "):
        part = re.sub(rf"(?<![\w+-]){re.escape(word)}(?![\w+-]):?", "", part, count=1)
    return text[: span[0]] + part.replace(":;", ";").replace(":'", "'").replace(':"', '"') + text[span[1] :]


def in_nginx(verb, written, text, start):
    line = text.rfind("\n", 0, start) + 1
    ends = [at for at in (text.find(";", start), text.find("{", start)) if at >= 0]
    end = min(ends, default=-1)
    directive = max(text.rfind(mark, line, start) for mark in ";{") + 1 or line
    if end < 0:
        return None
    if verb == "remove":
        return without(text, (directive, end + 1), written)
    if not written.endswith(";"):
        return None
    if verb == "add":
        # Into the block that it opens, else beside it.
        at = end + 1 if text[end] == "{" else directive
        return f"{text[:at]} {written} {text[at:]}"
    keyword = written.split(" ")[0]
    stands = re.match(rf"\s*{re.escape(keyword)}\s", text[directive:end])
    return f"{text[:directive]} {written}{text[end + 1:]}" if stands else None


def in_haproxy(verb, written, text, start):
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    last = last if last >= 0 else len(text)
    line = text[first:last]
    if verb == "remove":
        return without(text, (first, last), written)
    keyword = written.split(" ")[0]
    if line.split()[:1] == [keyword]:
        new = line[: len(line) - len(line.lstrip())] + written
    elif line.split()[:1] and line.split()[0] in ("bind", "server", "default-server", "server-template"):
        words = written.split()
        kept, _, comment = line.partition(" #")
        for keyword in words[::2] if len(words) > 1 and len(words) % 2 == 0 else []:
            kept = re.sub(rf"\s['\"]?{re.escape(keyword)}['\"]?\s+\S+", "", kept)
        new = f"{kept.rstrip()} {written}" + (f" #{comment}" if comment else "")
    else:
        return None
    return text[:first] + new + text[last:]


def examine(work):
    """What comes of every advice for one configuration: (kind, check, what is wrong or None) each. In a process of its own."""
    case, binary, certificate_files, number, build = work
    with tempfile.TemporaryDirectory(prefix="tlslint-advice-") as directory:
        directory = pathlib.Path(directory)
        directory.chmod(0o755)
        (directory / ".git").mkdir()
        shutil.copytree(certificate_files, directory / "certs")
        ports = probing.free_ports(case)
        case.lay_out(directory, directory / "certs", ports)
        if not fixes.is_accepted(case, directory, ports):
            return []
        target = build[3] if number % 2 else None
        tool = fixes.Tool(binary, directory, fixes.POLICIES[number // 2 % len(fixes.POLICIES)], target)
        before = {name: (directory / name).read_bytes() for name in case.files}
        findings = [one for one in tool.findings() if not one["suppressed"]]
        told = collections.Counter((one["check"], one["message"]) for one in findings)
        results = []
        for finding in findings:
            kind = "fix" if finding["fix"] else "help"
            new = edited(finding, before) if finding["fix"] else advised(case.server, finding, before, directory)
            if new is None or new == before:
                results.append(("words" if finding["help"] else "none", finding["check"], None))
                continue
            for name, text in new.items():
                (directory / name).write_bytes(text)
            about = f"policy {tool.policy}, target {target}: {finding['message']} [{finding['check']}], {kind} {finding['help']}"
            wrong = None
            if not fixes.is_accepted(case, directory, ports):
                wrong = f"{about}: refused: {fixes.messages(case, directory, ports)}"
            else:
                after = collections.Counter((one["check"], one["message"]) for one in tool.findings() if not one["suppressed"])
                key = finding["check"], finding["message"]
                if after[key] >= told[key]:
                    wrong = f"{about}: the finding is still there"
            results.append((kind, finding["check"], wrong))
            for name, text in before.items():
                (directory / name).write_bytes(text)
        return results


def recorded(chosen):
    found = sorted(path.parent for path in RECORDED.rglob("case.json"))
    return [one for one in map(cases.load, found) if one.server in chosen]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--server", choices=fixes.SERVERS, action="append")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int, help="configuration of this number alone, recorded cases first")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    builds = {server: fixes.installed(server) for server in arguments.server or fixes.SERVERS}
    for server, build in builds.items():
        print(f"{server}: {' '.join(build[:2]) if build else 'not installed: passed over'}", flush=True)
    chosen = [server for server, build in builds.items() if build]
    if not chosen:
        return 0
    every = recorded(chosen)
    every += [compare.generated(chosen[number % len(chosen)], arguments.seed, number) for number in range(arguments.count)]
    numbered = [(number, one) for number, one in enumerate(every) if arguments.only in (None, number)]
    counts, words, failed, accepted = collections.Counter(), collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory(prefix="tlslint-advice-certs-") as directory:
        certificates.make(directory)
        work = [(one, binary, directory, number, builds[one.server]) for number, one in numbered]
        with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
            for (number, one), results in zip(numbered, pool.map(examine, work)):
                accepted += bool(results)
                for kind, check, wrong in results:
                    counts[kind, one.server] += 1
                    words.update([check] if kind == "words" else [])
                    if wrong:
                        failed += 1
                        print(compare.describe(number, one, [wrong], arguments.seed), flush=True)
    tried = sum(number for (kind, _), number in counts.items() if kind in ("fix", "help"))
    print(f"{len(numbered)} configurations, {accepted} of them accepted and with findings")
    for server in chosen:
        print(f"{server}: {counts['fix', server]} fixes and {counts['help', server]} helps made, "
              f"{counts['words', server]} helps in words, {counts['none', server]} findings without")  # fmt: skip
    print("helps in words: " + ", ".join(f"{check} {number}" for check, number in words.most_common()))
    print(f"{tried - failed} passed, {failed} failed")
    return 1 if failed or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
