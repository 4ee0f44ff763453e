#!/usr/bin/env python3
"""Holds the built-in policies and the tables below them against independent tables of packages on PyPI.

    audit_policies.py PROGRAM [--moto DIRECTORY] [--cryptodatahub DIRECTORY] [--s2n DIRECTORY]

Where no directory is given, moto and cryptodatahub are installed into a directory that lives as long as the run; what cannot be had is said and
left out. moto has the security policies of AWS's load balancers, cryptodatahub suites and groups by code point; `--s2n` is a checkout of
s2n-tls, whose snapshots say what its policies negotiate. Every difference has to be explained here.
"""

import argparse
import json
import pathlib
import re
import runpy
import subprocess
import sys
import tempfile

RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"

# What differs, and why.
EXPLAINED = {
    ("suites", "0xC0AA"): "the registry of IANA has PSK_DHE in this name (RFC 6655)",
    ("suites", "0xC0AB"): "the registry of IANA has PSK_DHE in this name (RFC 6655)",
    ("groups", "0x6399"): "a draft's group, which the registry lists under the name here",
    ("s2n-tls", "cnsa@1.0"): "RFC 9151, section 6, lists two suites more than s2n-tls negotiates",
    ("s2n-tls", "rfc9151@2022-04"): "RFC 9151, section 6, lists two suites more than s2n-tls negotiates",
}


def shown(program: str, policy: str) -> dict[str, list[str]]:
    """The lists and scalars of a policy as `policy show` prints them, by their path."""
    text = subprocess.run([program, "policy", "show", policy], capture_output=True, text=True, check=True).stdout
    found: dict[str, list[str]] = {}
    path: list[str] = []
    for line in text.splitlines():
        indent = (len(line) - len(line.lstrip())) // 2
        item = re.match(r"\s+- (.*)$", line)
        key = re.match(r"\s*([a-z0-9-]+):\s*(.*)$", line)
        if item:
            found.setdefault(".".join(path), []).append(item.group(1))
        elif key:
            path = path[:indent] + [key.group(1)]
            value = key.group(2)
            if value.startswith("["):
                found[".".join(path)] = [word.strip() for word in value.strip("[]").split(",") if word.strip()]
            elif value:
                found[".".join(path)] = [value]
    return found


def identifier(name: str) -> str:
    """`ELBSecurityPolicy-TLS13-1-2-Res-2021-06` as `aws-elb-tls13-1-2-res@2021-06`."""
    family, version = re.match(r"ELBSecurityPolicy-(.*?)-?(\d{4}-\d{2})$", name).groups()
    return f"aws-elb{'-' if family else ''}{family.lower()}@{version}"


def load_balancers(program: str, moto: pathlib.Path) -> list[tuple[str, str, str]]:
    table = runpy.run_path(str(moto / "moto" / "elbv2" / "ssl_policies.py"))["SSL_POLICIES"]
    differences = []
    for name, policy in table.items():
        ours = shown(program, identifier(name))
        tls13 = {cipher for cipher in policy["ciphers"] if cipher.startswith("TLS_")}
        for what, own, other in [
            ("suites", ours.get("suites.approved", []), set(policy["ciphers"]) - tls13),
            ("TLS 1.3", ours.get("tls13.value", []), tls13),
            ("minimum", ours["protocols.minimum.value"], {min(policy["ssl_protocols"])}),
            ("maximum", ours["protocols.maximum.value"], {max(policy["ssl_protocols"])}),
        ]:
            own = {word for word in own if word != "[]"}
            if own != set(other):
                told = f"only ours {sorted(own - set(other))}, only theirs {sorted(set(other) - own)}"
                differences.append(("moto", f"{name} {what}", told))
    return differences


def rows(name: str) -> list[dict[str, str]]:
    """The flow mappings of a table under rules/, one a line."""
    found = []
    for line in (RULES / name).read_text().splitlines():
        if match := re.match(r"\s*- \{ (.*) \}$", line):
            found.append(dict(re.findall(r"([a-z0-9-]+): ([^,\[{}]+?)(?:,|$)", match.group(1))))
    return found


def code_points(cryptodatahub: pathlib.Path) -> list[tuple[str, str, str]]:
    directory = cryptodatahub / "cryptodatahub" / "tls"
    differences = []
    theirs = {suite["code"]: suite for suite in json.loads((directory / "cipher-suite.json").read_text()).values()}
    for row in rows("suites.yaml"):
        other = theirs.get(int(row["code"], 16))
        if other and other["iana_name"] and other["iana_name"] != row["iana"]:
            differences.append(("suites", row["code"], f"{row['iana']} here, {other['iana_name']} there"))
    theirs = {group["code"]: name for name, group in json.loads((directory / "named-curve.json").read_text()).items()}
    plain = lambda name: re.sub(r"[^a-z0-9]", "", name.lower())
    for row in rows("groups.yaml"):
        other = theirs.get(int(row["code"], 16))
        if other and plain(other) != plain(row["iana"]):
            differences.append(("groups", row["code"], f"{row['iana']} here, {other} there"))
    return differences


def snapshots(program: str, checkout: pathlib.Path) -> list[tuple[str, str, str]]:
    """The suites of every policy that names a snapshot as its source."""
    openssl = {row["iana"]: row["openssl"] for row in rows("suites.yaml") if "openssl" in row}
    differences = []
    for path in sorted((RULES / "policies").glob("*.yaml")):
        text = path.read_text()
        source = re.search(r"tests/policy_snapshot/snapshots/([\w.-]+)", text)
        if not source or "extends:" in text:
            continue
        policy = re.search(r"^id: (.*)$", text, re.M).group(1)
        snapshot = (checkout / "tests" / "policy_snapshot" / "snapshots" / source.group(1)).read_text()
        listed = snapshot.split("cipher suites:\n")[1].split("\n")
        names = [line[2:] for line in listed[: next((at for at, line in enumerate(listed) if not line.startswith("- ")), None)]]
        ours = shown(program, policy)
        own = set(ours.get("suites.approved", [])) | set(ours.get("tls13.value", []))
        other = {openssl.get(name, name) for name in names}
        if own - {"[]"} != other:
            told = f"only ours {sorted(own - other)}, only theirs {sorted(other - own)}"
            differences.append(("s2n-tls", policy, told))
    return differences


def install(package: str, scratch: pathlib.Path) -> pathlib.Path | None:
    """The package alone, without what it needs, in a directory of its own."""
    directory = scratch / package
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input", "--disable-pip-version-check"]
    run = subprocess.run([*command, "--target", str(directory), package], capture_output=True, check=False)
    return directory if run.returncode == 0 else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--moto", type=pathlib.Path)
    parser.add_argument("--cryptodatahub", type=pathlib.Path)
    parser.add_argument("--s2n", type=pathlib.Path)
    given = parser.parse_args()
    program = str(pathlib.Path(given.program).resolve())
    differences = []
    with tempfile.TemporaryDirectory() as scratch:
        for package, table in [("moto", load_balancers), ("cryptodatahub", code_points)]:
            directory = getattr(given, package) or install(package, pathlib.Path(scratch))
            if directory is None:
                print(f"-- {package} is not to be had here: skipped")
            elif package == "moto":
                differences += table(program, directory)
            else:
                differences += table(directory)
    if given.s2n:
        differences += snapshots(program, given.s2n)
    wrong = 0
    for table, subject, told in differences:
        reason = EXPLAINED.get((table, subject))
        wrong += reason is None
        print(f"{'explained' if reason else 'DIFFERS'}: {table}: {subject}: {told}{f' ({reason})' if reason else ''}")
    print(f"{len(differences)} differences, {wrong} without a reason")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
