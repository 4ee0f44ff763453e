#!/usr/bin/env python3
"""compare.py BINARY --server nginx|haproxy|envoy --count N --seed S [--only I] [--keep DIR] [--jobs J] [--target T]

Random configurations, each given to the real server of this machine (on 127.0.0.1, scanned with raw ClientHellos) and
to `BINARY negotiate`. Prints every configuration on which the two differ, with seed and number, then
`N passed, M failed`; exit status 1 when any differed. The same seed makes the same configurations.

--keep DIR   writes each differing configuration there as a recorded case, with what the server really did
--only I     runs configuration I of the seed alone
--target T   what the server runs on, where it is not this machine's own (a wrapper that $NGINX names, with libraries of its own)
$NGINX, $HAPROXY and $ENVOY name servers outside the path, $NGINX_MODULES the directory of nginx's modules. Needs Python 3.11 and the openssl command.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import sys
import tempfile

import certificates
import generate_envoy
import generate_haproxy
import generate_nginx
import prediction
import probing
import servers
import wire

GENERATORS = {
    "nginx": generate_nginx.generate,
    "haproxy": generate_haproxy.generate,
    "envoy": generate_envoy.generate,
}
# A machine busy with other work may starve a server for longer than the scanner waits.
ATTEMPTS = 3


def generated(server, seed, number, release=()):
    """Configuration `number` of `seed`, for a server of `release`: the same on every machine and in every run."""
    return GENERATORS[server](random.Random(f"{server} {seed} {number}"), release)


def examine(work):
    """Runs one configuration; (differences, result). Called in a process of its own."""
    case, binary, directory, build = work

    def ask(where, ports, result):
        return prediction.differences(binary, case, build[3], where, ports, result), result

    for attempt in range(ATTEMPTS):
        try:
            return probing.run(case, directory, build, ask)
        except (wire.Silence, servers.Unavailable) as reason:
            if attempt == ATTEMPTS - 1:
                return [f"could not be run: {reason}"], {"build": build[2], "starts": None}


def describe(number, case, wrong, seed):
    lines = [f"{case.server} seed {seed} configuration {number}: {case.about}"]
    lines += [f"  {line}" for line in wrong]
    for name, text in case.files.items():
        lines += [f"  --- {name}", *(f"  | {line}" for line in text.splitlines())]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--server", choices=sorted(GENERATORS), required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep")
    parser.add_argument("--target")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    numbers = range(arguments.count) if arguments.only is None else [arguments.only]
    build = servers.release(arguments.server, arguments.target)
    release = tuple(int(part) for part in build[0].split()[1].split("."))
    generated_cases = [generated(arguments.server, arguments.seed, number, release) for number in numbers]
    print(f"{build[0]}, {build[1]}, target {build[3]}", flush=True)
    failed = refused = 0
    with tempfile.TemporaryDirectory(prefix="tlslint-live-certs-") as directory:
        pathlib.Path(directory).chmod(0o755)
        certificates.make(directory)
        work = [(case, binary, directory, build) for case in generated_cases]
        with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
            for number, case, (wrong, result) in zip(numbers, generated_cases, pool.map(examine, work)):
                refused += result["starts"] is False
                if not wrong:
                    continue
                failed += 1
                print(describe(number, case, wrong, arguments.seed), flush=True)
                if arguments.keep:
                    case.save(pathlib.Path(arguments.keep) / f"{case.server}-{arguments.seed}-{number}", result)
    print(f"{len(numbers)} configurations, of which {refused} refused to start")
    print(f"{len(numbers) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
