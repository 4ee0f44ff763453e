"""A configuration with the questions to ask of it, in the form of the recorded cases.

Files hold placeholders: @DIR@ for their own directory, @CERTS@ for the certificates, @P1@.. for ports the server listens
on and @U1@.. for upstream ports. @CONTENT:name@ is what a file among the certificates holds.
"""

import json
import pathlib
import re
from dataclasses import dataclass, field

MAIN_FILE = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "envoy": "envoy.yaml"}
PORTS = [f"{kind}{number}" for kind in "PU" for number in range(1, 10)]


@dataclass
class Case:
    """One configuration; `files` maps names to text, the server's main file among them."""

    server: str
    about: str
    files: dict
    # [{"name", "port", "sni", "host"?}]: which socket to scan, and the server name to send (None for none).
    probes: list = field(default_factory=list)
    # [{"name", "port", "trigger": {"port", "path"?, "host"?}}]: where the server connects to, and what makes it do so.
    upstreams: list = field(default_factory=list)
    # OPENSSL_CONF names a file of the case, or is "none"; anything else goes to the server as it stands.
    environment: dict = field(default_factory=dict)
    modules: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    main: str | None = None

    @property
    def main_file(self):
        return self.main or MAIN_FILE[self.server]

    def ports(self):
        """The placeholder names of all ports that occur in the configuration."""
        text = "".join(self.files.values()) + "".join(self.arguments)
        return [name for name in PORTS if f"@{name}@" in text]

    def lay_out(self, directory, certificates, ports):
        """Writes the files with their placeholders filled in."""
        for name, text in self.files.items():
            path = pathlib.Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # Exactly these bytes: line ends are part of the case.
            path.write_bytes(fill_in(text, directory, certificates, ports).encode(errors="surrogateescape"))

    def description(self):
        out = {"server": self.server, "about": self.about}
        for key, value in (
            ("probes", self.probes),
            ("upstreams", self.upstreams),
            ("env", self.environment),
            ("modules", self.modules),
            ("args", self.arguments),
            ("config", self.main),
        ):
            if value:
                out[key] = value
        return out

    def save(self, directory, result):
        """Writes the case as a recorded one, with what was found as its only result."""
        directory = pathlib.Path(directory)
        for name, text in self.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode(errors="surrogateescape"))
        description = self.description() | {"runs": [result["build"]]}
        (directory / "case.json").write_text(json.dumps(description, indent=1) + "\n")
        expected = {"case": directory.name, "about": self.about, "results": [result]}
        (directory / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def fill_in(text, directory, certificates, ports):
    if "@PEM:" in text:
        # A certificate inside quotes of JSON or YAML, the line ends escaped.
        pem = lambda name: json.dumps((pathlib.Path(certificates) / name[1]).read_text())[1:-1]
        text = re.sub("@PEM:([^@]+)@", pem, text)
    text = re.sub("@CONTENT:([^@]+)@", lambda name: (pathlib.Path(certificates) / name[1]).read_text(), text)
    values = {"DIR": str(directory), "CERTS": str(certificates), "MODULES": "/usr/lib/nginx/modules"}
    for name, value in (values | {name: str(port) for name, port in ports.items()}).items():
        text = text.replace(f"@{name}@", value)
    return text


def load(directory):
    """Reads a recorded case."""
    directory = pathlib.Path(directory)
    recorded = json.loads((directory / "case.json").read_text())
    files = {
        str(path.relative_to(directory)): path.read_bytes().decode(errors="surrogateescape")
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in ("case.json", "expected.json")
    }
    return Case(
        recorded["server"],
        recorded["about"],
        files,
        recorded.get("probes", []),
        recorded.get("upstreams", []),
        recorded.get("env", {}),
        recorded.get("modules", []),
        recorded.get("args", []),
        recorded.get("config"),
    )
