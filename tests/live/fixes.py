#!/usr/bin/env python3
"""fixes.py BINARY [--server nginx|haproxy|envoy]... [--count N] [--seed S] [--only I] [--jobs J] | BINARY --tree DIR

What --fix and --add-ignore promise, on random configurations of each server (COUNT in all), or on a copy of a tree:

- after safe fixes no endpoint has lost a suite that the policy approves;
- after all fixes no finding has a fix, and fixing again changes nothing;
- after --add-ignore nothing counts (JSON takes no comments, and is told so);
- the real server, where it is installed, accepts every configuration that it accepted before.

Targets and policies take turns. Prints every configuration that breaks a promise, then `N passed, M failed`; exit status 1
when any did. The same seed makes the same configurations.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import certificates
import compare
import probing
import servers

POLICIES = ["google-carriers", "mozilla-intermediate", "google-carriers-strict", "mozilla-modern"]
SERVERS = ["nginx", "haproxy", "envoy"]


class Broken(Exception):
    """A promise that does not hold."""


class Tool:
    """The binary with the flags that one configuration is judged by."""

    def __init__(self, binary, directory, policy, target):
        self.binary, self.directory, self.policy, self.target = binary, directory, policy, target

    def run(self, command, *arguments, codes=(0, 1)):
        flags = ["--policy", self.policy] if command == "check" else []
        flags += ["--isolated", *(["--target", self.target] if self.target else [])]
        words = [self.binary, command, ".", *flags, *arguments]
        run = subprocess.run(words, cwd=self.directory, capture_output=True, text=True, errors="replace", timeout=600)
        if run.returncode not in codes:
            raise Broken(f"{' '.join(words[1:])} ended with {run.returncode}: {run.stdout[-2000:]}{run.stderr[-2000:]}")
        return run.stdout

    def findings(self, *arguments):
        return json.loads(self.run("check", "--output-format", "json", *arguments))["findings"]

    def approved(self):
        """Each endpoint with the suites that it enables and the policy approves."""
        shown = subprocess.run([self.binary, "policy", "show", self.policy], capture_output=True, text=True, check=True)
        approved = set(re.findall(r"^    - (\S+)$", shown.stdout, re.MULTILINE))
        rows = json.loads(self.run("inventory", "--format", "json"))["endpoints"]
        return [
            ((row["path"], row["role"], row["names"], row["addresses"]), approved & set(row["suites"]["enabled"] or []))
            for row in rows
        ]


def texts(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def restore(before):
    for path, text in before.items():
        if path.read_bytes() != text:
            path.write_bytes(text)


def hold_promises(tool, accepts):
    """Raises `Broken` where fixing or ignoring does not do what it says; `accepts` asks the real server."""
    before, enabled = texts(tool.directory), tool.approved()
    tool.run("check", "--fix", "-q")
    for (place, old), (after, new) in zip(enabled, tool.approved(), strict=True):
        if place != after or not old <= new:
            raise Broken(f"a safe fix took {sorted(old - new)} from {place} ({after})")
    accepts("safe fixes")
    tool.run("check", "--fix", "--unsafe-fixes", "-q")
    fixed = texts(tool.directory)
    left = [finding for finding in tool.findings() if finding["fix"] and not finding["suppressed"]]
    if left:
        raise Broken("fixable findings are left: " + "; ".join(f"{one['path']}:{one['range']['start']['line']}: {one['message']}"
                     f" [{one['check']}] {one['fix']['message']}" for one in left))  # fmt: skip
    tool.run("check", "--fix", "--unsafe-fixes", "-q")
    if texts(tool.directory) != fixed:
        raise Broken("fixing again changes something")
    if fixed.keys() != before.keys():
        raise Broken("fixing left files behind")
    accepts("all fixes")
    restore(before)
    ignored = subprocess.run([tool.binary, "check", ".", "--isolated", "--policy", tool.policy, "--add-ignore", "accepted, OPS-12",
                              *(["--target", tool.target] if tool.target else [])],
                             cwd=tool.directory, capture_output=True, text=True, errors="replace")  # fmt: skip
    counts = [finding for finding in tool.findings() if not finding["suppressed"]]
    told = "no comment can" in ignored.stderr
    if ignored.returncode not in ((1,) if told else (0,)) or bool(counts) != told:
        raise Broken(f"--add-ignore ended with {ignored.returncode} ({ignored.stderr.strip()}), and these count: "
                     + "; ".join(f"{one['path']}:{one['range']['start']['line']}: {one['message']} [{one['check']}]"
                                 for one in counts))  # fmt: skip
    accepts("ignores")
    restore(before)


def examine(work):
    """What is broken with one configuration; `None` where nothing is. Called in a process of its own."""
    case, binary, certificate_files, number, build = work
    with tempfile.TemporaryDirectory(prefix="tlslint-fixes-") as directory:
        directory = pathlib.Path(directory)
        directory.chmod(0o755)
        (directory / ".git").mkdir()
        shutil.copytree(certificate_files, directory / "certs")
        ports = probing.free_ports(case)
        case.lay_out(directory, directory / "certs", ports)
        target = build[3] if build and number % 2 else None
        tool = Tool(binary, directory, POLICIES[number // 2 % len(POLICIES)], target)
        accepted = build and is_accepted(case, directory, ports)

        def accepts(what):
            if accepted and not is_accepted(case, directory, ports):
                raise Broken(f"{case.server} refuses what it accepted, after {what}:\n" + messages(case, directory, ports))

        try:
            hold_promises(tool, accepts)
        except Broken as broken:
            return f"policy {tool.policy}, target {target}: {broken}", bool(accepted)
        return None, bool(accepted)


def asked(case, directory, ports):
    words = servers.command(case, directory, ports)
    if case.server == "envoy":
        words += ["--mode", "validate"]
    else:
        words += ["-t"] if case.server == "nginx" else ["-c"]
    return subprocess.run(words, cwd=directory, env=servers.environment(case, directory), capture_output=True, text=True,
                          errors="replace", timeout=120)  # fmt: skip


def is_accepted(case, directory, ports):
    return asked(case, directory, ports).returncode == 0


def messages(case, directory, ports):
    run = asked(case, directory, ports)
    return (run.stdout + run.stderr)[-2000:]


def installed(server):
    try:
        return servers.release(server)
    except (servers.Unavailable, subprocess.CalledProcessError, TypeError):
        return None


def random_configurations(arguments, binary):
    chosen = arguments.server or SERVERS
    builds = {server: installed(server) for server in chosen}
    for server, build in builds.items():
        print(f"{server}: {' '.join(build[:2]) if build else 'not installed, so that nobody is asked'}", flush=True)
    numbers = range(arguments.count) if arguments.only is None else [arguments.only]
    cases = [compare.generated(chosen[number % len(chosen)], arguments.seed, number) for number in numbers]
    failed = accepted = 0
    with tempfile.TemporaryDirectory(prefix="tlslint-fixes-certs-") as directory:
        certificates.make(directory)
        work = [(case, binary, directory, number, builds[case.server]) for number, case in zip(numbers, cases)]
        with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
            for number, case, (broken, was_accepted) in zip(numbers, cases, pool.map(examine, work)):
                accepted += was_accepted
                if broken:
                    failed += 1
                    print(compare.describe(number, case, [broken], arguments.seed), flush=True)
    print(f"{len(cases)} configurations, {accepted} of which a real server accepted before and after")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed


def tree(source, binary):
    with tempfile.TemporaryDirectory(prefix="tlslint-fixes-") as directory:
        directory = pathlib.Path(directory) / "tree"
        shutil.copytree(source, directory)
        (directory / ".git").mkdir(exist_ok=True)
        try:
            hold_promises(Tool(binary, directory, POLICIES[0], None), lambda _: None)
        except Broken as broken:
            print(f"{source}: {broken}")
            return 1
    print("1 passed, 0 failed")
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--server", choices=SERVERS, action="append")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int)
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--tree")
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    failed = tree(arguments.tree, binary) if arguments.tree else random_configurations(arguments, binary)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
