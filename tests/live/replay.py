#!/usr/bin/env python3
"""replay.py CASES... [--server nginx|haproxy|envoy]

Runs recorded cases on the servers of this machine again, and holds what the scanner sees against their expected.json:
the proof of the scanner. Cases without a result for the installed release are passed over. Ends with
`N passed, M failed`; exit status 1 when anything differed.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import case as cases
import certificates
import probing
import servers


def differences(recorded, result):
    """How `result` differs from what was recorded."""
    if recorded["starts"] != result["starts"]:
        return [f"starts {result['starts']}, recorded {recorded['starts']}: {result.get('start_messages')}"]
    out = []
    seen = {endpoint["probe"]: endpoint for endpoint in result.get("endpoints", [])}
    for want in recorded.get("endpoints", []):
        got = seen.get(want["probe"])
        if got is None:
            continue
        where = want["probe"]
        if "quic" in got:
            if got["quic"] != want["quic"]:
                out.append(f"{where}: {got['quic']} over QUIC, recorded {want['quic']}")
            continue
        if got["protocols"] != want["protocols"]:
            out.append(f"{where}: protocols {got['protocols']}, recorded {want['protocols']}")
        for version, suites in (want["tls12_and_below"] | {"TLSv1.3": want["tls13"]}).items():
            mine = got["tls13"] if version == "TLSv1.3" else got["tls12_and_below"].get(version, [])
            if set(mine) != set(suites):
                out.append(f"{where}: {version} {sorted(set(mine) ^ set(suites))}")
        for version, groups in got["groups"].items():
            if set(groups) != set(want.get("groups", {}).get(version, [])):
                out.append(f"{where}: {version} groups {groups}, recorded {want.get('groups')}")
    seen = {upstream["upstream"]: upstream for upstream in result.get("upstreams", [])}
    for want in recorded.get("upstreams", []):
        got = seen.get(want["upstream"])
        if got is None:
            continue
        mine, hello = got["client_hello"], want.get("client_hello")
        keys = ("plaintext", "versions", "suites", "sni", "groups")
        if (mine is None) != (hello is None) or mine and any(mine.get(key) != hello.get(key) for key in keys):
            out.append(f"{want['upstream']}: hello {mine}, recorded {hello}")
    return out


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--server", choices=["nginx", "haproxy", "envoy"])
    arguments = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="tlslint-live-certs-") as directory:
        pathlib.Path(directory).chmod(0o755)
        certificates.make(directory)
        for path in sorted({path.parent for where in arguments.cases for path in pathlib.Path(where).rglob("case.json")}):
            case = cases.load(path)
            if arguments.server and case.server != arguments.server:
                continue
            build = servers.release(case.server)
            results = json.loads((path / "expected.json").read_text())["results"]
            recorded = next((result for result in results if result["build"] == build[2]), None)
            if recorded is None:
                continue
            wrong = probing.run(case, directory, build, lambda _directory, _ports, result: differences(recorded, result))
            passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
            if wrong:
                print(f"{path.name}: {case.about}")
            for line in wrong:
                print(f"    {line}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
