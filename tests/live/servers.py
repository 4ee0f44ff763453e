"""Starts the real servers on loopback, and tells which releases they are."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

START_SECONDS = 60


class Unavailable(Exception):
    """The server is not installed, or did neither start nor give up."""


class Server:
    """A running server, or the reason why it does not run.

    It is its own process group, so that stopping it reaches its workers and nobody else.
    """

    def __init__(self, case, directory, ports):
        self.directory = pathlib.Path(directory)
        self.output = self.directory / "server.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command(case, self.directory, ports),
                cwd=self.directory,
                env=environment(case, self.directory),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        hosts = {(probe.get("host", "127.0.0.1"), ports[probe["port"]]) for probe in case.probes if not probe.get("quic")}
        hosts |= {("127.0.0.1", ports[upstream["trigger"]["port"]]) for upstream in case.upstreams}
        try:
            self.starts = self.wait_until_listening(hosts)
        except BaseException:
            self.stop()
            raise

    def wait_until_listening(self, addresses):
        """True once all of `addresses` accept connections, False when the server gave up."""
        deadline = time.monotonic() + START_SECONDS
        waiting = set(addresses)
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            waiting = {address for address in waiting if not is_listening(address)}
            if not waiting:
                return True
            time.sleep(0.01)
        raise Unavailable(f"nothing listens on {sorted(waiting)}: {self.messages()}")

    def messages(self):
        text = self.output.read_text(errors="replace")
        return [line.replace(str(self.directory), "@DIR@") for line in text.splitlines() if line.strip()]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def is_listening(address):
    try:
        socket.create_connection(address, 5).close()
    except OSError:
        return False
    return True


def command(case, directory, ports):
    arguments = []
    for argument in case.arguments:
        argument = argument.replace("@DIR@", str(directory))
        for name, port in ports.items():
            argument = argument.replace(f"@{name}@", str(port))
        arguments.append(argument)
    main = str(directory / case.main_file)
    if case.server == "nginx":
        modules = "".join(f"load_module modules/{name}.so; " for name in case.modules)
        modules = modules.replace("modules/", os.environ.get("NGINX_MODULES", "/usr/lib/nginx/modules") + "/")
        globals_ = f"{modules}daemon off; pid {directory}/nginx.pid;"
        return [executable("nginx"), "-p", str(directory), "-c", main, "-e", f"{directory}/error.log", "-g", globals_]
    if case.server == "haproxy":
        return [executable("haproxy"), "-db", *(arguments or ["-f", main])]
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    return [executable("envoy"), "-c", main, *options, *arguments]


def environment(case, directory):
    variables = {name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"} | case.environment
    openssl = case.environment.get("OPENSSL_CONF")
    if openssl == "none":
        variables["OPENSSL_CONF"] = os.devnull
    elif openssl == "distro":
        del variables["OPENSSL_CONF"]
    elif openssl:
        variables["OPENSSL_CONF"] = str(directory / openssl)
    return variables


def executable(server):
    """The server's program: $NGINX, $HAPROXY or $ENVOY, else what the path has."""
    found = os.environ.get(server.upper()) or shutil.which(server) or shutil.which(server, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise Unavailable(f"{server} is not installed")
    return found


def release(server, target=None):
    """(server and version, TLS library, build, --target value) of the installed `server`; `target` where that cannot be told."""
    flag = "--version" if server == "envoy" else "-vv" if server == "haproxy" else "-V"
    run = subprocess.run([executable(server), flag], capture_output=True, text=True, check=True)
    text = run.stdout + run.stderr
    if server == "envoy":
        version = re.search(r"/(\d+\.\d+\.\d+)/", text)[1]
        return f"envoy {version}", "BoringSSL", version, f"envoy={version}"
    version = re.search(r"(?:nginx/|HA-?Proxy version )(\d+\.\d+\.\d+)", text)[1]
    # Where the headers it was built with differ from the library it runs with, both are named; the latter is last.
    library = re.findall(r"OpenSSL (\d+\.\d+\.\d+\w?)", text)[-1]
    names = [f"{server} {version}", f"OpenSSL {library}"]
    if target:
        return *names, "local", target
    debian = debian_release()
    if debian:
        return *names, {"11": "bullseye", "12": "bookworm", "13": "trixie"}[debian], f"system=debian-{debian}"
    return *names, "local", f"{server}={version},library=openssl-{'.'.join(library.split('.')[:2])}"


def debian_release():
    """The number of a Debian release that has a system profile, or None."""
    try:
        text = pathlib.Path("/etc/os-release").read_text()
    except FileNotFoundError:
        return None
    found = re.search(r'^VERSION_ID="?(\d+)', text, re.MULTILINE)
    if re.search(r"^ID=debian$", text, re.MULTILINE) and found and found[1] in ("11", "12", "13"):
        return found[1]
    return None
