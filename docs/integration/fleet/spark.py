#!/usr/bin/env python3
"""Checks the configurations of a fleet with Spark, and writes the findings as Parquet.

    spark.py HOSTS OUT [--program tlslint] [--policy NAME] [--target NAME] [--partitions N]

HOSTS holds a directory or a .tar.gz for each host, as a backup or a configuration management would write them. Each partition unpacks
its hosts to a directory of its own and runs one process of tlslint on them. OUT gets findings.parquet, a row per finding; a
summary by policy, check and host is printed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from pyspark.sql import Row, SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType

FINDING = StructType([
    StructField("host", StringType(), False),
    StructField("path", StringType(), False),
    StructField("line", LongType(), False),
    StructField("check", StringType(), False),
    StructField("severity", StringType(), False),
    StructField("policy", StringType()),
    StructField("requirement", StringType()),
    StructField("message", StringType(), False),
    StructField("fingerprint", StringType()),
])


def unpack(host: str, directory: pathlib.Path) -> None:
    """Puts a host's files below `directory`, under the host's name."""
    source = pathlib.Path(host)
    if source.is_dir():
        shutil.copytree(source, directory / source.name, symlinks=True)
        return
    name = source.name.removesuffix(".tar.gz")
    with tarfile.open(source) as archive:
        # The data filter refuses members that would leave the directory.
        archive.extractall(directory / name, filter="data")


def check(hosts, program: str, options: list[str]):
    """The findings of one partition's hosts, from one process."""
    hosts = list(hosts)
    if not hosts:
        return
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        for host in hosts:
            unpack(host, directory)
        # A host's own directory is the root that its includes may not leave.
        for host in directory.iterdir():
            (host / ".git").mkdir(exist_ok=True)
        names = "\n".join(sorted(path.name for path in directory.iterdir())) + "\n"
        done = subprocess.run(
            [program, "check", "--files-from", "-", "--isolated", "--output-format", "jsonl", "--quiet", *options],
            cwd=directory, input=names, capture_output=True, text=True,
        )
        # 1 says that there are findings; what could not be read makes 2, and the rest still counts.
        if done.returncode not in (0, 1) and not done.stdout:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
        for line in done.stdout.splitlines():
            finding = json.loads(line)
            host, _, path = finding["path"].partition("/")
            policy = finding.get("policy") or {}
            yield Row(
                host=host, path=path, line=finding["range"]["start"]["line"], check=finding["check"],
                severity=finding["severity"], policy=policy.get("id"), requirement=policy.get("requirement"),
                message=finding["message"], fingerprint=finding.get("fingerprint"),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hosts", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--program", default="tlslint")
    parser.add_argument("--policy")
    parser.add_argument("--target")
    parser.add_argument("--partitions", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    options = [word for flag in ("policy", "target") if (value := getattr(arguments, flag)) for word in (f"--{flag}", value)]
    program = shutil.which(arguments.program) or arguments.program

    hosts = sorted(
        str(path.resolve()) for path in arguments.hosts.iterdir() if path.is_dir() or path.name.endswith(".tar.gz")
    )
    spark = SparkSession.builder.appName("tlslint").getOrCreate()
    rows = spark.sparkContext.parallelize(hosts, max(arguments.partitions, 1))
    findings = spark.createDataFrame(rows.mapPartitions(lambda part: check(part, program, options)), FINDING)
    findings.write.mode("overwrite").parquet(str(arguments.out / "findings.parquet"))

    findings = spark.read.parquet(str(arguments.out / "findings.parquet"))
    findings.createOrReplaceTempView("findings")
    print(f"{len(hosts)} hosts, {findings.count()} findings")
    spark.sql(
        "select policy, check, severity, count(*) as findings, count(distinct host) as hosts from findings"
        " group by policy, check, severity order by hosts desc, findings desc, check"
    ).show(50, truncate=False)
    spark.sql(
        "select host, count_if(severity = 'error') as errors, count(*) as findings from findings"
        " group by host order by errors desc, findings desc, host"
    ).show(20, truncate=False)
    spark.stop()


if __name__ == "__main__":
    main()
