"""Random nginx configurations: names, sockets, inheritance, includes, certificates, upstreams, streams."""

import generate_ciphers
import generate_openssl
from case import Case

PROTOCOLS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
NAMES = ["a.test", "b.test", "c.test"]
SINGLE_CERTIFICATES = ["rsa"] * 10 + ["rsa-b"] * 3 + ["ecdsa"] * 4 + ["ec384"] * 2 + ["ed25519"] * 2
SINGLE_CERTIFICATES += ["rsa4096", "rsa-sha1", "rsa-leaf", "ec384-sha384", "ec384-leaf", "ecdsa-leaf", "ec521", "rsa-pss", "ed448"]
CERTIFICATE_PAIRS = [["rsa", "ecdsa"], ["ecdsa", "rsa"], ["rsa", "ed25519"], ["rsa-b", "ecdsa-b"], ["rsa", "rsa-b"],
                     ["rsa", "ecdsa", "ed25519"], ["ec384", "rsa"], ["ecdsa", "ec384"], ["rsa", "rsa-pss"],
                     ["ec521", "ed448"], ["ec384-sha384", "rsa-leaf"]]  # fmt: skip
# Settings that change nothing of what is compared.
HTTP_ONLY = ["ssl_session_tickets off;", "ssl_session_timeout 5m;", "ssl_early_data on;", "ssl_session_cache none;",
             "ssl_client_certificate @CERTS@/ca.crt;\nssl_verify_client optional;", "ssl_buffer_size 4k;",
             "ssl_stapling on;", "ssl_trusted_certificate @CERTS@/ca.crt;",
             "ssl_verify_client optional_no_ca;", "http2 on;", "ssl_verify_depth 2;"]  # fmt: skip
STREAM_ONLY = ["ssl_session_tickets off;", "ssl_handshake_timeout 60s;", "ssl_session_cache none;"]


def generate(random, _release=()):
    """One configuration with its probes and upstreams."""
    return Generator(random).case()


class Generator:
    def __init__(self, random):
        self.random = random
        self.files = {}
        self.probes = []
        self.upstreams = []
        self.modules = []
        # (host, port placeholder) -> the names to ask for there.
        self.sockets = {}
        # The sockets that have their default_server; a second one is refused.
        self.defaults = set()

    def case(self):
        random = self.random
        environment, files = generate_openssl.environment(random)
        self.files.update(files)
        blocks = []
        if random.random() < 0.12:
            blocks.append(self.stream())
        if not blocks or random.random() < 0.8:
            blocks.insert(random.randint(0, 1) if blocks else 0, self.http())
        self.files["nginx.conf"] = "events {}\n" + "\n".join(blocks) + "\n"
        self.choose_probes()
        about = f"{len(self.sockets)} sockets, {len(self.probes)} probes, {len(self.upstreams)} upstreams"
        return Case("nginx", about, self.files, self.probes, self.upstreams, environment, self.modules)

    # What is asked.

    def choose_probes(self):
        questions = []
        for (host, port), names in self.sockets.items():
            asked = [None, "zz.test", *sorted(names)]
            for name in self.random.sample(asked, min(len(asked), 3)):
                questions.append({"name": f"{port}-{host}-{name or 'no-sni'}", "port": port, "sni": name, "host": host})
        self.random.shuffle(questions)
        self.probes = questions[:5]

    # Blocks.

    def http(self):
        random = self.random
        lines = ["access_log off;"]
        if random.random() < 0.5:
            lines += self.settings(0.35)
        if random.random() < 0.15:
            lines += self.certificate()
        lines += self.http_upstreams()
        sockets = random.choice([1, 1, 1, 2])
        count = random.choice([1, 2, 2, 3, 3, 4])
        for number in range(count):
            lines.append(self.server(number, [self.socket(index % sockets) for index in self.server_sockets(sockets)]))
        if random.random() < 0.12:
            random.shuffle(lines)
        return block("http", lines)

    def server_sockets(self, sockets):
        if sockets == 1:
            return [0]
        return self.random.choice([[0], [1], [0, 1]])

    def socket(self, index):
        host = "127.0.0.2" if self.random.random() < 0.06 else "127.0.0.1"
        return host, f"P{index + 1}"

    def server(self, number, sockets):
        random = self.random
        names = self.server_names(number)
        lines = []
        for host, port in sockets:
            self.sockets.setdefault((host, port), set()).update(askable(names))
            tls = "" if random.random() < 0.06 else " ssl"
            default = ""
            if random.random() < (0.2 if (host, port) not in self.defaults else 0.02):
                self.defaults.add((host, port))
                default = " default_server"
            http2 = " http2" if random.random() < 0.1 else ""
            lines.append(f"listen {host}:@{port}@{tls}{default}{http2};")
        if names:
            lines.append(f"server_name {' '.join(names)};")
        if random.random() < 0.93:
            lines += self.certificate()
        elif random.random() < 0.8:
            lines.append("ssl_reject_handshake on;")
        lines += self.settings(0.5)
        if random.random() < 0.02:
            lines.append("ssl on;")
        if random.random() < 0.005:
            lines.append("ssl_verify_client on;")
        if random.random() < 0.005:
            lines.append("location / { ssl_protocols TLSv1.2; }")
        if random.random() < 0.3:
            random.shuffle(lines)
        if random.random() < 0.1:
            lines = self.include(lines)
        return block("server", lines)

    def server_names(self, number):
        random = self.random
        if random.random() < 0.08:
            return random.choice([[], ["_"], ['""']])
        names = [NAMES[number % 3]]
        if random.random() < 0.25:
            names.append(random.choice([".d.test", "*.e.test", "A.test", "www.b.test", "~^f[0-9]+\\.test$", "b.*"]))
        return names

    def include(self, lines):
        """Moves a stretch of `lines` into a file of its own."""
        start = self.random.randrange(len(lines))
        end = self.random.randint(start, len(lines))
        name = f"snippets/part{len(self.files)}.conf"
        self.files[name] = "".join(f"{line}\n" for line in lines[start:end])
        written = self.random.choice([name, f"@DIR@/{name}", f'"{name}"', name[:-5] + "*.conf"])
        return [*lines[:start], f"include {written};", *lines[end:]]

    def stream(self):
        random = self.random
        self.modules.append("ngx_stream_module")
        lines = self.settings(0.3, stream=True) if random.random() < 0.5 else []
        if random.random() < 0.7:
            self.sockets.setdefault(("127.0.0.1", "P5"), set()).add("a.test")
            server = ["listen 127.0.0.1:@P5@ ssl;", 'return "stream\\n";', *self.certificate()]
            lines.append(block("server", [*server, *self.settings(0.5, stream=True)]))
        else:
            server = ["listen 127.0.0.1:@P6@;", "proxy_pass 127.0.0.1:@U3@;"]
            server += self.upstream_settings("proxy_ssl", 0.4, stream=True)
            if random.random() < 0.9:
                server.append("proxy_ssl on;")
            lines.append(block("server", server))
            self.upstreams.append({"name": "stream", "port": "U3", "trigger": {"port": "P6"}})
        return block("stream", lines)

    # Settings of the listening side.

    def settings(self, chance, stream=False):
        random, lines = self.random, []
        if random.random() < chance:
            lines.append(self.protocols())
            if random.random() < 0.1:
                lines.append(self.protocols())
        if random.random() < chance:
            lines.append(f"ssl_ciphers {self.cipher_string()};")
            if random.random() < 0.015:
                lines.append("ssl_ciphers HIGH;")
        if random.random() < chance * 0.6:
            lines.append(f"ssl_prefer_server_ciphers {random.choice(['on', 'on', 'off', 'ON'])};")
        if random.random() < chance * 0.5:
            lines.append(f"ssl_ecdh_curve {random.choice(['auto', *[generate_openssl.groups(random)] * 5])};")
        if random.random() < chance * 0.4:
            lines.append(f"ssl_dhparam @CERTS@/{random.choice(['dh2048'] * 24 + ['dh1024'])}.pem;")
        if random.random() < chance * 0.6:
            lines += [self.conf_command("ssl_conf_command") for _ in range(random.choice([1, 1, 2]))]
        if random.random() < chance * 0.1:
            lines.append(random.choice(STREAM_ONLY if stream else HTTP_ONLY))
        return lines

    def protocols(self):
        random = self.random
        names = random.sample(PROTOCOLS, random.randint(1, 4))
        if random.random() < 0.1:
            names.append(random.choice(names))
        if random.random() < 0.05:
            names.append(random.choice(["SSLv3", "SSLv2"]))
        if random.random() < 0.05:
            names = [random.choice([str.lower, str.upper, str])(name) for name in names]
        if random.random() < 0.015:
            names.append(random.choice(["TLSv1.4", "TLS1.2", '"TLSv1.2 TLSv1.3"']))
        return f"ssl_protocols {' '.join(names)};"

    def cipher_string(self):
        random = self.random
        text = generate_ciphers.openssl(random, separators=[":", ":", ":", ":", " ", ",", ";"])
        quotes = random.choice(["", "", "'", '"'])
        if not quotes and any(character in text for character in " ;"):
            quotes = "'"
        return f"{quotes}{text}{quotes}"

    def conf_command(self, directive):
        random = self.random
        if random.random() < 0.02:
            return f"{directive} {random.choice(['Nope x', 'Options Nope', 'MinProtocol TLSv1.9'])};"
        name, value = random.choice([
            ("Ciphersuites", generate_ciphers.ciphersuites(random)),
            ("Ciphersuites", generate_ciphers.ciphersuites(random)),
            ("CipherString", generate_ciphers.openssl(random)),
            ("MinProtocol", random.choice([*PROTOCOLS, "None"])),
            ("MaxProtocol", random.choice(PROTOCOLS[1:])),
            ("Protocol", generate_openssl.protocol_changes(random)),
            ("Options", generate_openssl.options(random)),
            (random.choice(["SignatureAlgorithms"] * 3 + ["ClientSignatureAlgorithms"]), generate_openssl.signatures(random)),
            (random.choice(["Groups", "Curves", "groups"]), generate_openssl.groups(random)),
            ("Ciphersuites", random.choice(['""', "TLS_AES_256_GCM_SHA384"])),
        ])  # fmt: skip
        if ";" in value or " " in value or not value:
            value = f"'{value}'"
        return f"{directive} {name} {value};"

    def certificate(self):
        random = self.random
        if random.random() < 0.2:
            names = random.choice(CERTIFICATE_PAIRS)
        else:
            names = [random.choice(SINGLE_CERTIFICATES) if random.random() < 0.985 else "rsa1024"]
        # One piece, however the lines around it are shuffled: the first key belongs to the first certificate.
        return ["\n".join(f"ssl_certificate @CERTS@/{name}.crt;\nssl_certificate_key @CERTS@/{name}.key;" for name in names)]

    # The connecting side.

    def http_upstreams(self):
        random = self.random
        if random.random() < 0.75:
            return []
        lines = self.upstream_settings("proxy_ssl", 0.25)
        locations = []
        for number in range(1, random.choice([2, 3])):
            locations.append(self.location(number, lines))
        front = ["listen 127.0.0.1:@P7@;", *(self.upstream_settings("proxy_ssl", 0.2)), *locations]
        return [*lines, block("server", front)]

    def location(self, number, http_lines):
        random = self.random
        port, name = f"U{number}", f"/u{number}"
        kind = random.choice(["proxy"] * 8 + ["grpc", "uwsgi"])
        scheme = {"proxy": "https", "grpc": "grpcs", "uwsgi": "suwsgi"}[kind]
        if random.random() < 0.1:
            scheme = {"proxy": "http", "grpc": "grpc", "uwsgi": "uwsgi"}[kind]
        where = f"127.0.0.1:@{port}@"
        if random.random() < 0.4:
            where = f"back{number}.test"
            http_lines.append(block(f"upstream {where}", [f"server 127.0.0.1:@{port}@;"]))
        lines = [f"{kind}_pass {scheme}://{where};", *self.upstream_settings(f"{kind}_ssl", 0.35)]
        self.upstreams.append({"name": f"u{number}", "port": port, "trigger": {"port": "P7", "path": name}})
        return block(f"location {name}", lines)

    def upstream_settings(self, prefix, chance, stream=False):
        random, lines = self.random, []
        if random.random() < chance:
            lines.append(self.protocols().replace("ssl", prefix, 1))
        if random.random() < chance:
            lines.append(f"{prefix}_ciphers {self.cipher_string()};")
        if random.random() < chance:
            lines.append(f"{prefix}_server_name {random.choice(['on', 'on', 'off'])};")
        if random.random() < chance * 0.6:
            lines.append(f"{prefix}_name {random.choice(['n.test', '127.0.0.1', 'back1.test'])};")
        if random.random() < chance * 0.5:
            lines.append(self.conf_command(f"{prefix}_conf_command"))
        if random.random() < chance * 0.4:
            lines.append(f"{prefix}_verify on;")
            if random.random() < 0.9:
                lines.append(f"{prefix}_trusted_certificate @CERTS@/ca.crt;")
        return lines


def askable(names):
    """A host name for each server name that a client would send as SNI."""
    out = set()
    for name in names:
        if name.startswith("~"):
            out.add("f7.test")
        elif name.startswith("*."):
            out.add("x" + name[1:])
        elif name.startswith("."):
            out.update({name[1:], "y.z" + name})
        elif name.endswith(".*"):
            out.add(name[:-1] + "example")
        elif name not in ("_", '""'):
            out.add(name.lower())
    return out


def block(name, lines):
    inner = "\n".join(lines).replace("\n", "\n  ")
    return f"{name} {{\n  {inner}\n}}"
