#!/usr/bin/env python3
"""Runs the examples of docs/integration/fleet over a small fleet and holds what they find against one run of the program per host.

    fleet.py PROGRAM [--hosts N] [--spark PYTHON]

Without a Python that has pyspark, and Java, only the example with xargs is run. Prints files per second per core.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = HERE / "fixtures" / "examples"
FLEET = HERE / "docs" / "integration" / "fleet"


def build(directory: pathlib.Path, count: int) -> None:
    """A directory per host, each a copy of one of the examples."""
    kinds = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
    for number in range(count):
        kind = kinds[number % len(kinds)]
        shutil.copytree(kind, directory / f"{kind.name}-{number:04}")


def found(lines: str) -> collections.Counter:
    findings = [json.loads(line) for line in lines.splitlines()]
    return collections.Counter((finding["check"], finding["range"]["start"]["line"]) for finding in findings)


def expected(program: str, hosts: pathlib.Path) -> dict[str, collections.Counter]:
    """What one run over each host says."""
    told = {}
    for host in sorted(hosts.iterdir()):
        done = subprocess.run(
            [program, "check", "--isolated", "--quiet", "--output-format", "jsonl", "."],
            cwd=host, capture_output=True, text=True,
        )
        assert done.returncode in (0, 1), done.stderr
        told[host.name] = found(done.stdout)
    return told


def timed(command: list[str], environment: dict[str, str], files: int, name: str) -> int:
    start = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    passed = time.monotonic() - start
    cores = os.cpu_count() or 1
    print(f"{name}: {files} files in {passed:.1f} s, {files / passed / cores:.0f} files a second and core")
    if done.returncode not in (0, 1):
        sys.exit(f"{name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--spark", help="a Python that has pyspark")
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())

    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        hosts = scratch / "hosts"
        hosts.mkdir()
        build(hosts, arguments.hosts)
        files = sum(1 for path in hosts.rglob("*") if path.is_file())
        told = expected(program, hosts)

        command = [str(FLEET / "parallel.sh"), str(hosts), str(scratch / "lines")]
        assert timed(command, dict(os.environ, TLSLINT=program), files, "xargs") == 1
        for host, findings in told.items():
            assert found((scratch / "lines" / f"{host}.jsonl").read_text()) == findings, host

        if arguments.spark:
            # Half of the hosts come as archives.
            for host in sorted(hosts.iterdir())[::2]:
                with tarfile.open(hosts / f"{host.name}.tar.gz", "w:gz") as archive:
                    archive.add(host, arcname=".")
                shutil.rmtree(host)
            # Workers run the very Python that the driver runs.
            environment = dict(os.environ, PYSPARK_PYTHON=arguments.spark, SPARK_LOCAL_IP="127.0.0.1")
            command = [arguments.spark, str(FLEET / "spark.py"), str(hosts), str(scratch / "out"), "--program", program]
            timed(command, environment, files, "Spark")
            read = (
                "import sys, json, pyarrow.parquet as p\n"
                "for row in p.read_table(sys.argv[1]).to_pylist(): print(json.dumps(row))"
            )
            rows = subprocess.run(
                [arguments.spark, "-c", read, str(scratch / "out" / "findings.parquet")],
                capture_output=True, text=True, check=True,
            ).stdout.splitlines()
            by_host: dict[str, collections.Counter] = {host: collections.Counter() for host in told}
            for row in map(json.loads, rows):
                by_host[row["host"]][(row["check"], row["line"])] += 1
            for host, findings in told.items():
                assert by_host[host] == findings, (host, by_host[host], findings)
    print(f"{len(told)} hosts, {sum(map(sum, (c.values() for c in told.values())))} findings: all agree")


if __name__ == "__main__":
    main()
