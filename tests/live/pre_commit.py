#!/usr/bin/env python3
"""The hooks under the real pre-commit, with a wheel: pre_commit.py WHEEL [--pre-commit PROGRAM].

Everything happens in a scratch directory, pre-commit's cache too. Prints the seconds that installing and running take.
"""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent.parent

CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
{hooks}"""

ROOT = """\
events {}
http {
    ssl_protocols TLSv1.2;
    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;
    proxy_ssl_verify on;
    proxy_ssl_name app.example;
    proxy_ssl_trusted_certificate ca.pem;
    include snippets/*.conf;
}
"""

# Right or wrong by what stands in the root alone: the verification of the upstream, and the protocols.
SNIPPET = """\
server {
    listen 443 ssl;
    server_name a.example;
    ssl_certificate a.pem;
    ssl_certificate_key a.key;
    location / { proxy_pass https://app.example; }
}
"""


class Site:
    """A repository with nginx files that uses the hooks."""

    def __init__(self, directory, environment, program):
        self.directory = directory
        self.environment = environment
        self.program = program
        directory.mkdir()
        self.git("init", "--quiet")

    def run(self, *command):
        return subprocess.run(
            command, cwd=self.directory, env=self.environment, text=True, capture_output=True, check=False
        )

    def git(self, *arguments):
        done = self.run("git", *arguments)
        assert done.returncode == 0, f"git {arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def pre_commit(self, *arguments):
        return self.run(self.program, *arguments)

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", name)

    def read(self, name):
        return (self.directory / name).read_text()

    def commit(self):
        """Commits what is staged, through the hooks; tells whether they let it through, and what they said."""
        done = self.run("git", "commit", "--quiet", "--message", "change")
        return done.returncode == 0, done.stdout + done.stderr


def hook_repository(directory, environment):
    """The repository that a release publishes, and its revision."""
    subprocess.run([HERE / ".ci/hook-repository", directory], check=True)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "hooks"]):
        subprocess.run(["git", *command], cwd=directory, env=environment, check=True)
    revision = ["git", "rev-parse", "HEAD"]
    return subprocess.run(revision, cwd=directory, env=environment, text=True, capture_output=True, check=True).stdout.strip()


def hooks(*ids):
    return "".join(f"      - id: {name}\n        args: [--output-format, concise]\n" for name in ids)


@contextlib.contextmanager
def timed(what):
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.1f} s")


def expect(condition, what, said=""):
    if not condition:
        sys.exit(f"FAILED: {what}\n{said}")
    print(f"ok: {what}")


def try_hooks(site, configure):
    configure("tlslint")
    with timed("installing the hook"):
        done = site.pre_commit("install", "--install-hooks")
    expect(done.returncode == 0, "the hook installs from the wheel", done.stdout + done.stderr)

    site.write("nginx.conf", ROOT)
    site.write("snippets/a.conf", SNIPPET)
    site.write("README.md", "Nothing to lint.\n")
    site.write("compose.yaml", "services: { web: { image: nginx } }\n")
    passed, said = site.commit()
    expect(passed and "Passed" in said, "a clean commit passes", said)

    site.write("snippets/a.conf", SNIPPET.replace("}\n}", "}\n    ssl_protocols TLSv1.1 TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-SHA;\n}"))
    passed, said = site.commit()
    finding = "snippets/a.conf:7:19: error: TLSv1.1 is enabled"
    expect(not passed and finding in said, "a commit with findings fails, with the place", said)

    site.write("snippets/a.conf", SNIPPET + "# the same, judged in the context of its root\n")
    passed, said = site.commit()
    expect(passed and "Passed" in said, "a snippet passes by what its root says", said)
    site.write("nginx.conf", ROOT.replace("proxy_ssl_verify on", "proxy_ssl_verify off"))
    site.git("commit", "--quiet", "--no-verify", "--message", "verification off")
    site.write("snippets/a.conf", SNIPPET)
    passed, said = site.commit()
    expect(not passed and "nginx.conf:5:5: error:" in said and "[peer-not-verified]" in said, "and fails by it", said)

    site.write("nginx.conf", ROOT)
    site.write("snippets/a.conf", SNIPPET)
    site.git("commit", "--quiet", "--no-verify", "--message", "as before")
    with timed("running over all files"):
        done = site.pre_commit("run", "--all-files")
    expect(done.returncode == 0, "all files pass", done.stdout + done.stderr)


# Files that hold nginx's words and are none of its configurations.
MIXED = {
    "src/nginx_client.js": "server {\nlisten(443);\nssl_protocols TLSv1;\n}\n",
    "src/haproxy/config.rs": "frontend f\n    bind :443 ssl no-tlsv12\n    mode http\n",
    "docs/nginx-notes.md": "server {\n    listen 443 ssl;\n    ssl_protocols TLSv1;\n}\n",
    "nginx/reload.sh": "#!/bin/sh\nnginx -t && nginx -s reload\n",
    "nginx/status.py": "server = 1\nlisten = [443]\n",
    "nginx-fail2ban/jail.conf": "[nginx-http-auth]\nenabled = true\nport = http,https\n",
    "redis.conf": "bind 127.0.0.1\nport 6379\ntimeout 0\n",
    "chart/templates/deployment.yaml": "metadata:\n  name: {{ include \"envoy.name\" . }}\n",
    "setup.cfg": "[metadata]\nname = x\n",
}


def try_mixed(site, configure):
    configure("tlslint")
    for name, text in MIXED.items():
        site.write(name, text)
    passed, said = site.commit()
    expect(passed, "sources, prose and files of other programs pass", said)
    done = site.pre_commit("run", "--all-files", "--verbose")
    said = done.stdout + done.stderr
    expect(done.returncode == 0 and not any(f"{name}:" in said for name in MIXED), "and nothing is said of them", said)


def try_all(site, configure):
    configure("tlslint-all")
    whole = ROOT.replace("include snippets/*.conf;", "include snippets/a.conf;")
    site.write("nginx.conf", whole)
    site.write("notes.txt", "nothing that the hook would be given\n")
    passed, said = site.commit()
    expect(passed and "Passed" in said, "tlslint-all passes a repository in order", said)
    site.git("mv", "snippets/a.conf", "snippets/b.conf")
    passed, said = site.commit()
    expect(not passed and "nginx.conf:" in said, "a renamed snippet fails it, though no file that it names was changed", said)
    site.git("mv", "snippets/b.conf", "snippets/a.conf")
    site.write("nginx.conf", ROOT)
    site.git("commit", "--quiet", "--no-verify", "--allow-empty", "--message", "as before")


def try_fix(site, configure):
    configure("tlslint-fix")
    site.write("nginx.conf", ROOT.replace("TLSv1.2;", "TLSv1 TLSv1.2;  # kept"))
    done = site.pre_commit("run", "tlslint-fix")
    said = done.stdout + done.stderr
    expect(done.returncode != 0 and "files were modified by this hook" in said, "tlslint-fix changes the file", said)
    expect(site.read("nginx.conf") == ROOT.replace("TLSv1.2;", "TLSv1.2;  # kept"), "and nothing else in it", site.read("nginx.conf"))
    site.git("add", "nginx.conf")
    done = site.pre_commit("run", "tlslint-fix")
    expect(done.returncode == 0, "and is content afterwards", done.stdout + done.stderr)
    site.git("commit", "--quiet", "--no-verify", "--message", "fixed")


def try_system(site, configure, wheel, scratch):
    configure("tlslint-system")
    subprocess.run([sys.executable, "-m", "venv", scratch / "system"], check=True)
    pip = [scratch / "system/bin/python", "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, wheel], check=True)
    site.environment["PATH"] = f"{scratch / 'system/bin'}{os.pathsep}{site.environment['PATH']}"
    done = site.pre_commit("run", "--all-files")
    expect(done.returncode == 0 and "Passed" in done.stdout, "tlslint-system runs the one on the PATH", done.stdout + done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=pathlib.Path)
    parser.add_argument("--pre-commit", default="pre-commit")
    arguments = parser.parse_args()
    wheel = arguments.wheel.resolve(strict=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        environment = {
            **os.environ,
            "GIT_AUTHOR_EMAIL": "a@a.example",
            "GIT_AUTHOR_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@a.example",
            "GIT_COMMITTER_NAME": "A",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_FIND_LINKS": str(wheel.parent),
            "PRE_COMMIT_HOME": str(scratch / "cache"),
        }
        repository = scratch / "hooks"
        revision = hook_repository(repository, environment)
        site = Site(scratch / "site", environment, arguments.pre_commit)

        def configure(name):
            text = CONFIGURATION.format(repository=repository, revision=revision, hooks=hooks(name))
            site.write(".pre-commit-config.yaml", text)

        try_hooks(site, configure)
        try_mixed(site, configure)
        try_all(site, configure)
        try_fix(site, configure)
        try_system(site, configure, wheel, scratch)


main()
