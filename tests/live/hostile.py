#!/usr/bin/env python3
"""hostile.py BINARY [--only NAME]...: a repository that somebody wrote against us, and what is promised of it.

Builds it in a scratch directory and proves each promise with the real binary:

  opens       under strace, no file outside the repository is opened, and nothing below .git
  waits       FIFOs, sockets, devices and sparse files are neither waited for nor read without end
  prints      nothing from outside is printed, and nothing that steers a terminal or a runner
  races       a name that is a file now and a link the next moment leads nowhere outside
  bounds      texts of a few lines that stand for millions: processor time and memory stay below a bound
  verdicts    what the tree says for itself turns no run green unseen
  full        a full disk: every file is as it was, and what was not written is told
  kill        kill -9 during fixes: every file is whole, old or new, and the next run is not in the way
  edits       300 edits during fixes: none is lost

Needs Linux and strace; the full disk needs root or user namespaces. What cannot be tried here is an error, never skipped. Exit
status 1 when a promise is broken, with what broke it.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SECRET = "hunter2-secret-of-somebody-else"
WEAK = """\
events {}
http {
    server {
        listen 443 ssl;
        server_name a.example;
        ssl_certificate a.pem;
        ssl_certificate_key a.key;
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    }
}
"""
# Longer than any run takes on a slow machine; one that waits for somebody passes it.
PATIENCE = 120


class Broken(Exception):
    """A promise that does not hold."""


def hold(condition, what):
    if not condition:
        raise Broken(what)


class Tool:
    """The binary, run in a directory with nothing of this machine's environment but the path."""

    def __init__(self, binary):
        self.binary = binary

    def command(self, arguments):
        return [str(self.binary), *map(str, arguments)]

    def run(self, directory, *arguments, around=(), status=(0, 1, 2)):
        command = [*around, *self.command(arguments)]
        try:
            done = subprocess.run(
                command,
                cwd=directory,
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"{arguments}: did not end within {PATIENCE} s") from None
        said = done.stdout + done.stderr
        hold(done.returncode in status, f"{arguments}: exit {done.returncode}, not {status}: {said[-2000:]!r}")
        hold(b"panicked" not in said, f"{arguments}: panicked: {said[-2000:]!r}")
        hold(SECRET.encode() not in said, f"{arguments}: prints what lies outside")
        return done


def repository(directory, files=()):
    """A git repository as a runner checks it out, the token in its settings."""
    directory.mkdir(parents=True)
    write(directory / ".git/config", f"[http]\n\textraheader = AUTHORIZATION: basic {SECRET}\n")
    write(directory / ".git/HEAD", "ref: refs/heads/main\n")
    for name, text in files:
        write(directory / name, text)
    return directory


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def sparse(path, size):
    """A file of `size` bytes that takes no room; of the largest size that the file system has below that."""
    with path.open("wb") as file:
        while size:
            try:
                return file.truncate(size)
            except OSError:
                size //= 2


def deep(directory, levels):
    """Directories in one another, their path far longer than the system takes at once, and a configuration in the last."""
    here = os.open(directory, os.O_RDONLY)
    for level in range(levels):
        name = f"level-{level:04}-of-a-tree"
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("nginx.conf", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
    os.write(file, WEAK.encode())
    os.close(file)
    os.close(here)


# Everything that steers a terminal, a reader or a runner, as far as a name of a file may hold it.
STEERING = "".join(map(chr, [*range(1, 0x20), 0x7F, 0x85, 0x9B, 0x200E, 0x2028, 0x202A, 0x202E, 0x2066, 0x2069]))


def hostile(directory, outside):
    """The repository. Closing what comes back closes its socket."""
    root = repository(directory)
    secrets = [outside / "shadow", pathlib.Path("/etc/shadow"), pathlib.Path("/dev/zero"), pathlib.Path("/proc/self/environ")]
    names = ["haproxy.cfg", "x.ciphers", "link.conf", "openssl.cnf", "tls.crt", "envoy.yaml", "a.pem", "list.txt", "deploy.yml"]
    for number, secret in enumerate(secrets):
        write(root / f"{number}/keep", "")
        for name in names:
            (root / f"{number}" / name).symlink_to(secret)
    (root / "etc").symlink_to("/etc")
    (root / "proc").symlink_to("/proc/self/root/etc")
    (root / "up").symlink_to("../../../../../../../../../../etc")
    (root / "loop").symlink_to("loop")
    (root / "self").symlink_to(".")
    (root / "git.conf").symlink_to(".git/config")
    (root / "dangling.conf").symlink_to("nothing")
    write(root / "submodule/.git", f"gitdir: {outside}/shadow\n")
    write(root / "submodule/nginx.conf", WEAK)

    includes = [
        ".git/config", "./sub/../.git/config", "git.conf", "../outside/shadow", f"{outside}/shadow", "0/link.conf", "1/link.conf",
        "etc/passwd", "up/passwd", "proc/passwd", "self/self/self/0/link.conf", "fifo.conf", "socket.conf", "sparse.conf", "loop",
        "/proc/self/environ", "/dev/stdin", "/proc/self/fd/0", "etc/*", "*/*.conf", "/etc/*.conf",
    ]
    write(root / "nginx.conf", WEAK.replace("http {\n", "http {\n" + "".join(f"    include {one};\n" for one in includes)))
    files = ["0/a.pem", "1/a.pem", "2/a.pem", "fifo.pem", "sparse.pem", "socket.conf", ".git/config", f"{outside}/shadow", "/etc/shadow"]
    binds = "".join(
        f"    bind :{1000 + number} ssl crt {one} ca-file {one} crl-file {one}\n    bind :{2000 + number} ssl crt-list {one}\n"
        for number, one in enumerate(files)
    )
    write(root / "haproxy.cfg", f"global\n    ca-base .\n    crt-base .\nfrontend a\n    mode http\n{binds}")
    write(root / "openssl.cnf", "".join(f".include {one}\n" for one in [*files, "etc", ".git", "/etc/ssl"]))
    certificates = "".join(
        f"        - certificate_chain: {{ filename: {json.dumps(one)} }}\n          private_key: {{ filename: {json.dumps(one)} }}\n"
        for one in files
    )
    write(root / "envoy.yaml", ENVOY + certificates)
    for name in ["fifo.conf", "fifo.pem", "fifo.yaml", "sub/fifo.cfg"]:
        (root / name).parent.mkdir(exist_ok=True)
        os.mkfifo(root / name)
    for name in ["sparse.conf", "sparse.pem", "sparse.yaml", "sparse.ciphers"]:
        sparse(root / name, 1 << 43)
    listening = socket.socket(socket.AF_UNIX)
    with inside(root):
        listening.bind("socket.conf")
    write(root / f"names/a{STEERING}::error::x\n::stop-commands::t.conf", WEAK)
    write(root / "names" / os.fsdecode(b"\xff\xfe\x80.conf"), WEAK)
    write(root / "names/::add-mask::x.conf", WEAK)
    write(root / ("names/" + "x" * 250 + ".conf"), WEAK)
    (root / "deep").mkdir()
    deep(root / "deep", 220)
    for name, text in TEXTS:
        write(root / "texts" / name, text)
    return root, listening


ENVOY = """\
static_resources:
  listeners:
  - address: { socket_address: { address: 0.0.0.0, port_value: 443 } }
    filter_chains:
    - transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            tls_certificates:
"""

# Files that are no text, or not as one would write them.
TEXTS = [
    ("utf16.conf", WEAK.encode("utf-16")),
    ("utf16-big.yaml", ENVOY.encode("utf-16-be")),
    ("utf32.cfg", "frontend a\n bind :443 ssl\n".encode("utf-32")),
    ("nul.conf", WEAK.replace("a.example", "a\0b").encode()),
    ("nul.cfg", b"\0" * 65536),
    ("mark.conf", b"\xef\xbb\xbf" + WEAK.encode()),
    ("crlf.conf", WEAK.replace("\n", "\r\n")),
    ("cr.cfg", "frontend a\r bind :443 ssl crt x\r"),
    ("line.conf", "server_name " + "x" * 200_000),
    ("line.cfg", "frontend a\n  bind :443 ssl ciphers " + "AES:" * 2_000),
    ("line.yaml", 'a: "' + "\\n" * 100_000 + '"\n'),
    ("controls.conf", "events {}\nhttp { server { listen 443 ssl; server_name '" + STEERING + "'; ssl_protocols SSLv3 '" + STEERING + "'; } }"),
    (".env", f"A='{STEERING}'\nB=${{A}}\n" + "".join(f"V{n}=${{V{n - 1}}}${{V{n - 1}}}\n" for n in range(1, 64))),
    ("empty.conf", ""),
]


@contextlib.contextmanager
def inside(directory):
    """A socket's path may have 108 bytes only."""
    before = os.getcwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


COMMANDS = [
    ["check", "."],
    ["check", "--untrusted", "."],
    ["check", "-v", "--output-format", "json", "."],
    ["check", "--show-files", "."],
    ["check", "--diff", "--unsafe-fixes", "."],
    ["check", "nginx.conf", "haproxy.cfg", "envoy.yaml", "openssl.cnf"],
    ["check", "0/haproxy.cfg", "1/link.conf", "etc", "git.conf", ".git/config", "proc", "up"],
    ["inventory", "--format", "json", "."],
    ["ignores", "."],
    ["negotiate", "nginx.conf", "--connect", "127.0.0.1:443", "--sni", "a.example"],
]
NAMED = ["0/a.pem", "1/a.pem", "2/a.pem", "fifo.yaml", "socket.conf", "sparse.yaml", ".git/config"]
FLAGS = ["--policy", "--config", "--baseline", "--crl", "--ca-file", "--files-from"]


# ---------------------------------------------------------------------------------------------------------------------- promises


def opens(tool, scratch):
    """Nothing outside is opened."""
    hold(shutil.which("strace"), "strace is not to be had here, and nothing else shows what is opened")
    root, listening = hostile(scratch / "tree", outside_of(scratch))
    empty = repository(scratch / "empty")
    own = opened(tool, scratch, empty, ["--version"]) | opened(tool, scratch, empty, ["check", "."])
    count = 0
    with contextlib.closing(listening):
        for arguments in COMMANDS:
            found = opened(tool, scratch, root, arguments)
            count += len(found)
            for path in sorted(found - own):
                within = path == str(root) or path.startswith(f"{root}/")
                hold(within, f"{arguments}: opens {path}")
                hold("/.git/" not in path, f"{arguments}: opens {path}")
    return f"{len(COMMANDS)} commands, {count} files opened, none outside; {certificates_once(tool, scratch)}"


def certificates_once(tool, scratch):
    """200 listeners with the same 25 certificates: each file is opened once in a run, whatever the server."""
    names = [f"c{number}.pem" for number in range(25)]
    listen = "server { listen %d ssl; " + "".join(f"ssl_certificate {one}; ssl_certificate_key k.pem; " for one in names) + "}\n"
    configurations = {
        "nginx.conf": "events {}\nhttp {\n" + "".join(listen % (1000 + number) for number in range(200)) + "}\n",
        "haproxy.cfg": "frontend a\n" + "".join(f" bind :{1000 + n} ssl " + " ".join(f"crt {one}" for one in names) + "\n" for n in range(200)),
        "envoy.yaml": "static_resources:\n  listeners:\n" + "".join(
            ENVOY.split("listeners:\n")[1].replace("443", str(1000 + number))
            + "".join(f"            - {{ certificate_chain: {{ filename: {one} }}, private_key: {{ filename: k.pem }} }}\n" for one in names)
            for number in range(200)),
    }
    for name, text in configurations.items():
        root = repository(scratch / f"once-{name}", [(name, text), *((one, b"no certificate\n") for one in names)])
        opened(tool, scratch, root, ["check", name])
        lines = [line for line in (scratch / "trace").read_text(errors="replace").splitlines() if "O_PATH" not in line]
        count = sum(bool(re.search(r"/c\d+\.pem>$", line)) for line in lines)
        hold(count == len(names), f"{name}: {len(names)} certificates are opened {count} times")
    return "25 certificates for 200 listeners opened once each"


def opened(tool, scratch, directory, arguments):
    """The real paths of the files that a run opened for reading or writing, as the kernel tells them of the descriptors."""
    trace = scratch / "trace"
    around = ["strace", "-f", "--seccomp-bpf", "-y", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2,creat", "-o", str(trace)]
    tool.run(directory, *arguments, around=around)
    found = set()
    for line in trace.read_text(errors="replace").splitlines():
        match = re.search(r"= \d+<(.*)>$", line)
        # A directory that is gone through by O_PATH shows nothing of what it holds.
        if match and "O_PATH" not in line and not match[1].startswith(("/proc/self", "/proc/", "/sys/")):
            found.add(match[1])
        elif match and "O_PATH" not in line and match[1].startswith("/proc/") and match[1].endswith(("environ", "/root")):
            found.add(match[1])
    return found


def waits(tool, scratch):
    """Nobody is waited for."""
    root, listening = hostile(scratch / "tree", outside_of(scratch))
    slowest = 0
    with contextlib.closing(listening):
        for arguments in COMMANDS:
            slowest = max(slowest, measured(tool, root, arguments, 60, 400 << 20)[0])
        for flag in FLAGS:
            for path in [*NAMED, "/dev/zero"]:
                done = tool.run(root, "check", flag, path, "submodule/nginx.conf", status=(2,))
                hold(done.stderr, f"{flag} {path}: says nothing")
    return f"{len(COMMANDS) + len(FLAGS) * (len(NAMED) + 1)} runs, the longest {slowest:.1f} s"


def prints(tool, scratch):
    """Nothing of outside is printed, and nothing steers."""
    root, listening = hostile(scratch / "tree", outside_of(scratch))
    formats = ["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown"]
    allowed = re.compile(rb"^::(error|warning|notice) file=")
    steers = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
    with contextlib.closing(listening):
        for format_ in formats:
            done = tool.run(root, "check", "-v", "--output-format", format_, ".")
            for line in (done.stdout + done.stderr).split(b"\n"):
                found = steers.search(line.rstrip(b"\r").decode())
                hold(not found, f"{format_}: {line[:200]!r} has {found and found[0]!r}")
                is_command = line.lstrip().startswith(b"::") and not (format_ == "github" and allowed.match(line))
                hold(not is_command and b"##[" not in line, f"{format_}: a command for a runner: {line[:200]!r}")
        done = tool.run(root, "check", ".")
        for words in ["refused", "below .git", "leads outside"]:
            hold(words.encode() in done.stdout + done.stderr, f"check says nothing of {words!r}")
        tool.run(root, "check", "--untrusted", ".", status=(2,))
    return f"{len(formats)} formats"


def races(tool, scratch):
    """A name that is a file now and a link the next moment."""
    outside = outside_of(scratch)
    root = repository(scratch / "tree", [("nginx.conf", WEAK.replace("http {\n", "http {\n include site.conf; include d/x.conf;\n"))])
    write(root / "site.conf", "ssl_session_tickets off;\n")
    write(root / "d/x.conf", "gzip off;\n")
    write(outside / "x.conf", f"{SECRET};\n")
    (root / "link").symlink_to(outside / "shadow")
    (root / "away").symlink_to(outside)
    over = threading.Event()

    def swap():
        while not over.is_set():
            for one, other in [("site.conf", "link"), ("d", "away")]:
                with inside_lock:
                    exchange(root / one, root / other)

    inside_lock = threading.Lock()
    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(100):
            tool.run(root, "check", "--output-format", "json", ".")
            tool.run(root, "check", "site.conf", "d/x.conf")
    finally:
        over.set()
        swapping.join()
    return "200 runs"


def exchange(one, other):
    """Two names take each other's place in one step: renameat2(2), which Python has no call for."""
    import ctypes  # noqa: PLC0415

    libc = ctypes.CDLL(None, use_errno=True)
    at_working_directory, swap = -100, 2
    done = libc.renameat2(at_working_directory, os.fsencode(one), at_working_directory, os.fsencode(other), swap)
    hold(done == 0, f"renameat2: {os.strerror(ctypes.get_errno())}")


def bounds(tool, scratch):
    """Texts of a few lines that stand for millions."""
    worst, passed = (0, ""), []
    for name, files in bombs():
        root = repository(scratch / re.sub(r"\W+", "-", name), files)
        size = sum(len(text) for _, text in files)
        # One second for 64 KiB begun, twice that where others use the same cores; 200 MB and ten times the input.
        seconds, memory = 2 * (1 + size / 65536), (200 << 20) + 10 * size
        for arguments in [["check", "."], ["check", "--diff", "--unsafe-fixes", "."], ["inventory", "."]]:
            if arguments[:2] in KNOWN.get(name, []):
                print(f"           known to take more: {name}, {' '.join(arguments)}", flush=True)
                continue
            try:
                taken, most = measured(tool, root, arguments, seconds, memory)
            except Broken as error:
                passed.append(str(error))
                continue
            worst = max(worst, (taken / seconds, f"{name}, {taken:.2f} of {seconds:.2f} s, {most >> 20} MB"))
    hold(not passed, "\n           ".join(passed))
    return f"{len(bombs())} trees, the dearest {worst[1]}"


# What is known to take more than it should, and is told by every run. SECURITY.md names these too.
KNOWN = {
    "cipher strings by themselves": [["check", "."], ["check", "--diff"]],
    "comments that ignore": [["check", "--diff"]],
    "many roots that double": [["check", "."], ["check", "--diff"], ["inventory", "."]],
}


def measured(tool, directory, arguments, seconds, memory):
    """Runs with a bound on processor time and memory; what it took, in seconds and bytes."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            tool.command(arguments), cwd=directory, env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE)),
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    taken, most = usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10
    what = f"{arguments} in {directory.name}"
    hold(child.returncode in (0, 1, 2), f"{what}: exit {child.returncode} after {taken:.1f} s: {text[-1000:]!r}")
    hold(SECRET.encode() not in text and b"panicked" not in text, f"{what}: {text[-1000:]!r}")
    hold(taken < seconds, f"{what}: {taken:.2f} s of processor time, more than {seconds:.2f}")
    hold(most < memory, f"{what}: {most >> 20} MB, more than {memory >> 20}")
    return taken, most


def bombs():
    """Names, and the files of each."""
    http = lambda text: f"events {{}}\nhttp {{\n{text}\n}}\n"  # noqa: E731
    server = "server { listen %d ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key k; %s }\n"
    aliases = lambda levels: "a0: &a0 [x, y]\n" + "".join(  # noqa: E731
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, levels)
    )
    return [
        ("openssl.cnf that includes itself", [("openssl.cnf", ".include openssl.cnf\n" * 3 + "[a]\nb = c\n")]),
        *((f"aliases of {levels} levels", [("envoy.yaml", aliases(levels) + "static_resources: { listeners: [] }\n")]) for levels in (19, 40)),
        ("variables that double", [("haproxy.cfg", "global\n setenv A0 xxxxxxxx\n" + "".join(
            f' setenv A{n} "${{A{n - 1}}}${{A{n - 1}}}"\n' for n in range(1, 40)) + "frontend a\n bind :443 ssl crt x\n")]),
        ("includes that double", [("nginx.conf", http("include f0.conf;")), ("f16.conf", server % (443, "")), *(
            (f"f{n}.conf", f"include f{n + 1}.conf;\ninclude f{n + 1}.conf;\n") for n in range(16))]),
        ("a crt-list for many binds", [("list.txt", "".join(f"c{n}.pem n{n}.example\n" for n in range(300))), (
            "haproxy.cfg", "frontend a\n" + "".join(f" bind :{1000 + n} ssl crt-list list.txt\n" for n in range(300)))]),
        ("closing braces", [("nginx.conf", http("") + "}" * 200_000)]),
        ("opening tags", [("nginx.conf", "{{ a " * 100_000)]),
        ("comments that ignore", [("nginx.conf", http("".join(
            f"gzip off; # tlslint: ignore[protocol-below-floor] OPS-{n} terminals\n" for n in range(30_000))))]),
        ("filter chains", [("envoy.yaml", ENVOY.split("    filter_chains")[0] + "    filter_chains:\n" + "".join(
            f"    - filter_chain_match: {{ server_names: [n{n}.example] }}\n" for n in range(3000)))]),
        ("defaults from defaults", [("haproxy.cfg", "defaults d0\n" + "".join(f"defaults d{n} from d{n - 1}\n" for n in range(1, 30_000)))]),
        ("documents", [("all.yaml", "".join(
            f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: n{n} }}\ndata:\n  nginx.conf: |\n    events {{}}\n" for n in range(3000)))]),
        ("sections", [("openssl.cnf", "openssl_conf = s0\n" + "".join(f"[s{n}]\na{n} = $s{n - 1}::b\nb = c\n" for n in range(1, 20_000)))]),
        ("variables in variables", [("openssl.cnf", "a0 = x\n" + "".join(f"a{n} = $a{n - 1}\n" for n in range(1, 10_000)))]),
        ("conditions in conditions", [("haproxy.cfg", "global\n" + ".if defined(X)\n" * 10_000 + ".endif\n" * 10_000)]),
        ("unknown words", [("haproxy.cfg", "frontend a\n" + "".join(f" bimd{n} :443\n" for n in range(4000)))]),
        ("a policy of brackets", [("nginx.conf", WEAK), ("tlslint.toml", 'policy = "./p.yaml"\n'), ("p.yaml", "[" * 100_000)]),
        ("settings of brackets", [("nginx.conf", WEAK), ("tlslint.toml", "a = " + "[" * 100_000)]),
        ("a baseline of brackets", [("nginx.conf", WEAK), ("tlslint.toml", 'baseline = "b.json"\n'), ("b.json", "[" * 100_000)]),
        ("patterns of braces", [("nginx.conf", WEAK), ("tlslint.toml", '[files]\nexclude = ["' + "{" * 250 + "}" * 250 + '"]\n')]),
        ("cipher strings", [("nginx.conf", http("".join(server % (1000 + n, f"ssl_ciphers HIGH:!aNULL:!x{n};") for n in range(400))))]),
        ("cipher strings by themselves", [("x.ciphers", "".join(f"HIGH:!aNULL:!x{n}:AES{n}\n" for n in range(2000)))]),
        ("fragments in a chain", [("nginx.conf", http("include f0.conf;")), *(
            (f"f{n}.conf", f"include f{n + 1}.conf;\n") for n in range(2000))]),
        ("deep YAML", [("envoy.yaml", "static_resources: " + "{a: " * 20_000)]),
        ("deep indentation", [("envoy.yaml", "static_resources:\n" + "".join(" " * n + "a:\n" for n in range(1, 600)))]),
        ("deep blocks", [("nginx.conf", http("location / {" * 20_000 + "}" * 20_000))]),
        ("conditions of templates", [("nginx.conf.j2", http("".join(f"{{% if a{n} %}}\nssl_protocols TLSv1.{n % 4};\n{{% endif %}}\n" for n in range(300))))]),
        ("templates in templates", [("nginx.conf.j2", http("{% if a %}\n" * 5000 + "{% endif %}\n" * 5000))]),
        ("loops of templates", [("nginx.conf.j2", http("{% for a in b %}\n" * 300 + server % (443, "") + "{% endfor %}\n" * 300))]),
        ("many roots that double", [file for number in range(40) for file in [
            (f"r{number}/nginx.conf", http("include f0.conf;")), (f"r{number}/f12.conf", server % (443, "")), *(
                (f"r{number}/f{n}.conf", f"include f{n + 1}.conf;\ninclude f{n + 1}.conf;\n") for n in range(12))]]),
        ("variables of the environment", [("nginx.conf", WEAK.replace("a.example", "${V63}")), (".env", dict(TEXTS)[".env"])]),
        ("values", [("templates/nginx.yaml", "data:\n  nginx.conf: |\n    {{ .Values.a }}\n"), ("Chart.yaml", "name: a\n"), ("values.yaml", aliases(40))]),
    ]


def verdicts(tool, scratch):
    """What the tree says for itself turns no run green unseen."""
    policy = "version: 1\nid: google-carriers@2024-12\ntitle: x\n"
    trees = {
        "a policy under a trusted name": [("p.yaml", policy), ("tlslint.toml", 'policy = "./p.yaml"\n')],
        "a policy": [("p.yaml", policy.replace("google-carriers@2024-12", "ours")), ("tlslint.toml", 'policy = "./p.yaml"\n')],
        "an exclusion": [("tlslint.toml", '[files]\nexclude = ["*"]\n')],
        "a level": [("tlslint.toml", '[checks]\nprotocol-below-floor = { level = "off", reason = "contract 12 of us" }\n')],
        "a threshold": [("tlslint.toml", 'fail-on = "error"\n')],
        "settings from outside": [("tlslint.toml", f'extend = "{scratch}/outside/shadow"\n')],
        "a root elsewhere": [("tlslint.toml", '[files]\ninclude-root = ["/"]\n')],
        "an ignore": [("nginx.conf", WEAK.replace("http {\n", "http {\n# tlslint: ignore-next[protocol-below-floor] contract 12 of us\n"))],
    }
    outside_of(scratch)
    for name, files in trees.items():
        root = repository(scratch / re.sub(r"\W+", "-", name), [("nginx.conf", WEAK), *files])
        plain = tool.run(root, "check", "--force-exclude", "--output-format", "concise", "nginx.conf")
        said = (plain.stdout + plain.stderr).decode()
        if plain.returncode == 0:
            words = ["excluded", "off", "fail-on", "sha256", "suppressed", "ignored"]
            hold(any(word in said for word in words), f"{name}: green without a word: {said}")
        tool.run(root, "check", "--untrusted", "--force-exclude", "nginx.conf", status=(1, 2))
    return f"{len(trees)} trees"


def full(tool, scratch):
    """A full disk."""
    as_root = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    script = scratch / "full.py"
    write(script, FULL_DISK)
    (scratch / "disk").mkdir()
    done = subprocess.run(
        [*as_root, sys.executable, script, tool.binary, scratch / "disk"],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    hold(done.returncode != 3, f"no small file system can be mounted here, which a full disk needs: {done.stderr}")
    hold(done.returncode == 0, f"{done.stdout}{done.stderr}")
    return done.stdout.strip()


FULL_DISK = f"""\
import os, pathlib, subprocess, sys
binary, disk = sys.argv[1], pathlib.Path(sys.argv[2])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).returncode:
    sys.exit(3)
weak = {WEAK!r}
(disk / ".git").mkdir()
files = {{disk / f"s{{n}}/nginx.conf": weak + "#" * 6000 for n in range(4)}}
files[disk / "report.json"] = "old report"
files[disk / "baseline.json"] = '{{"version":1,"findings":[]}}'
for path, text in files.items():
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
with (disk / "filler").open("wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
names = sorted(os.listdir(disk))
for arguments in [
    ["--fix"], ["--fix", "--unsafe-fixes"], ["--add-ignore", "OPS-12 of the terminals"], ["--output-format", "json", "-o", "report.json"],
    ["--output-format", "sarif", "-o", "new.sarif"], ["--write-baseline", "baseline.json"], ["--write-baseline", "new.json"],
]:
    done = subprocess.run([binary, "check", *arguments, "."], cwd=disk, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 2, (arguments, done.returncode, said)
    assert "panicked" not in said and ("No space" in said or "os error 28" in said), (arguments, said)
    if "--fix" in arguments:
        assert all(f"not changed s{{n}}/nginx.conf" in said for n in range(4)), (arguments, said)
    for path, text in files.items():
        assert path.read_text() == text, (arguments, path)
    assert sorted(os.listdir(disk)) == names, (arguments, os.listdir(disk))
print("7 ways of writing: every file as it was, and told")
"""


def kill(tool, scratch):
    """kill -9 during fixes."""
    root = repository(scratch / "tree")
    files = [root / f"s{number}/nginx.conf" for number in range(200)]
    for path in files:
        write(path, WEAK)
    fixed = repository(scratch / "fixed", [("nginx.conf", WEAK)])
    begun = time.monotonic()
    tool.run(fixed, "check", "--fix", ".")
    new = (fixed / "nginx.conf").read_text()
    hold(new != WEAK, "nothing is fixed, so that nothing is tried")
    begun = time.monotonic()
    tool.run(root, "check", "--fix", ".")
    whole = time.monotonic() - begun
    halves = 0
    for attempt in range(30):
        for path in files:
            path.write_text(WEAK)
        child = subprocess.Popen(
            tool.command(["check", "--fix", "."]), cwd=root, env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        # The writing is the last part of a run: the nearer the end, the more often.
        time.sleep(whole * (0.4 + 0.6 * attempt / 30))
        child.send_signal(signal.SIGKILL)
        child.wait()
        texts = [path.read_text() for path in files]
        hold(all(text in (WEAK, new) for text in texts), "a file that is neither old nor new")
        halves += len(set(texts)) == 2
        for left in root.glob("s*/.tlslint-*"):
            hold(left.stat().st_mode & 0o777 in (0o600, 0o644), f"{left} may be read by others")
        theirs = root / "s0/.tlslint-of-somebody-else.new"
        theirs.write_text("keep")
        tool.run(root, "check", "--fix", ".", status=(0, 1))
        hold(theirs.read_text() == "keep", "the next run takes away what it did not make")
        hold(all(path.read_text() == new for path in files), "the next run does not finish")
    hold(halves, "no run was killed half-way, so that nothing was tried")
    return f"30 runs killed, {halves} of them half-way"


def edits(tool, scratch):
    """300 edits during fixes, by writing on, by writing anew and by renaming."""
    root = repository(scratch / "tree")
    count = 300
    files = [root / f"s{number}/nginx.conf" for number in range(count)]
    for path in files:
        write(path, WEAK)
    begun = time.monotonic()
    tool.run(root, "check", "--diff", ".")
    apart = (time.monotonic() - begun) * 2 / count
    child = subprocess.Popen(
        tool.command(["check", "--fix", "."]), cwd=root, env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    said = []
    reading = threading.Thread(target=lambda: said.append(child.stderr.read()))
    reading.start()
    for number, path in enumerate(files):
        edited = path.read_text() + f"# edit {number}\n"
        new = path.with_name("nginx.conf.new")
        new.write_text(edited)
        new.rename(path)
        time.sleep(apart)
    child.wait()
    reading.join()
    lost = [path for number, path in enumerate(files) if f"# edit {number}\n" not in path.read_text()]
    left = said[0].count("not changed")
    hold(not lost, f"{len(lost)} of {count} edits are lost")
    return f"{count} edits, none lost; {left} files left alone and told"


def outside_of(scratch):
    outside = scratch / "outside"
    if not outside.exists():
        write(outside / "shadow", f"root:{SECRET}:19000:0:99999:7:::\npassword = {SECRET}\n")
    return outside


PROMISES = [opens, waits, prints, races, bounds, verdicts, full, kill, edits]


def remove(directory):
    """shutil.rmtree goes too deep by itself for the deep tree."""
    subprocess.run(["rm", "-rf", "--", directory], check=False)


def main():
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("binary", type=pathlib.Path)
    reader.add_argument("--only", action="append", choices=[one.__name__ for one in PROMISES])
    arguments = reader.parse_args()
    tool = Tool(arguments.binary.resolve())
    broken = 0
    for promise in PROMISES:
        if arguments.only and promise.__name__ not in arguments.only:
            continue
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="hostile-")).resolve()
        try:
            print(f"{promise.__name__:10} holds: {promise(tool, scratch)}", flush=True)
        except Broken as error:
            broken += 1
            print(f"{promise.__name__:10} BROKEN: {error}", flush=True)
        finally:
            remove(scratch)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
