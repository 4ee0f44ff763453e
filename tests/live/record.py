#!/usr/bin/env python3
"""record.py CASES... [--target T --build NAME]

Runs cases (a configuration and case.json) on the server of this machine and writes what it did into their expected.json,
in place of what an earlier run on the same build said. --target and --build name a server that is not this machine's own
(see compare.py). The certificates are throwaway ones, so a case may name only those that fixtures/certificates has too.
"""

import argparse
import json
import pathlib
import tempfile

import case as cases
import certificates
import probing
import servers


def record(path, build, directory):
    """Runs one case and merges the result into its expected.json."""
    case = cases.load(path)
    result = probing.run(case, directory, build, lambda _directory, _ports, result: result)
    # They tell of this machine.
    result.pop("start_messages", None)
    expected = path / "expected.json"
    others = json.loads(expected.read_text())["results"] if expected.exists() else []
    results = [other for other in others if other["server"] != result["server"]] + [result]
    results.sort(key=lambda result: [int(part) for part in result["server"].split()[1].split(".")])
    whole = {"case": path.name, "about": case.about, "results": results}
    expected.write_text(json.dumps(whole, separators=(",", ":")) + "\n")
    return result


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--target")
    parser.add_argument("--build")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tlslint-live-certs-") as directory:
        pathlib.Path(directory).chmod(0o755)
        certificates.make(directory)
        for path in sorted({path.parent for where in arguments.cases for path in pathlib.Path(where).rglob("case.json")}):
            server = json.loads((path / "case.json").read_text())["server"]
            name, library, build, target = servers.release(server, arguments.target)
            result = record(path, (name, library, arguments.build or build, target), directory)
            print(f"{path.name}: {name} {'starts' if result['starts'] else 'does not start'}")


if __name__ == "__main__":
    main()
