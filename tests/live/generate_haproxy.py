"""Random HAProxy configurations: global defaults in text order, bind lines, crt-lists, server lines."""

import generate_ciphers
import generate_openssl
from case import Case

VERSIONS = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
# More often a range that holds something than one that a server refuses.
MINIMA = ["TLSv1.0", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.2", "TLSv1.3"]
MAXIMA = ["TLSv1.1", "TLSv1.2", "TLSv1.2", "TLSv1.3", "TLSv1.3"]
CERTIFICATES = ["rsa"] * 10 + ["rsa-b"] * 3 + ["rsa-c"] * 2 + ["ecdsa"] * 4
CERTIFICATES += ["ecdsa-b", "ec384", "ed25519", "rsa4096", "rsa-sha1", "rsa-leaf", "ecdsa-leaf", "ec521", "rsa-pss"]
SERVER_NAMES = ["a.test", "x.a.test", "b.test", "y.b.test", "c.test", "zz.test"]


def generate(random):
    """One configuration with its probes and upstreams."""
    return Generator(random).case()


class Generator:
    def __init__(self, random):
        self.random = random
        self.files = {}
        self.sockets = []
        self.upstreams = []
        # Variables that `setenv` in the global section defines: a value for each keyword that may use one.
        self.variables = {}
        # What follows a proxy's name when its defaults have one.
        self.base = ""

    def case(self):
        random = self.random
        environment, files = generate_openssl.environment(random)
        self.files.update(files)
        sections = [self.global_section(), self.defaults()]
        late = []
        for _ in range(random.choice([1, 1, 2])):
            late.append(self.frontend())
        if random.random() < 0.35:
            for number in range(1, random.choice([2, 2, 3])):
                late += self.upstream(number)
        if random.random() < 0.15:
            late.append(self.global_section())
        if random.random() < 0.5:
            random.shuffle(late)
        sections += late
        arguments = self.write(sections)
        probes = self.probes()
        about = f"{len(self.sockets)} sockets, {len(probes)} probes, {len(self.upstreams)} upstreams"
        return Case("haproxy", about, self.files, probes, self.upstreams, environment, arguments=arguments)

    def write(self, sections):
        """One file, or several and the arguments that name them."""
        if self.random.random() < 0.9:
            self.files["haproxy.cfg"] = "".join(sections)
            return []
        cut = self.random.randint(1, len(sections))
        self.files["a.cfg"], self.files["b.cfg"] = "".join(sections[:cut]), "".join(sections[cut:]) or "# nothing\n"
        return ["-f", "@DIR@/a.cfg", "-f", "@DIR@/b.cfg"]

    def probes(self):
        questions = []
        for port in self.sockets:
            for name in self.random.sample([None, *SERVER_NAMES], 3):
                questions.append({"name": f"{port}-{name or 'no-sni'}", "port": port, "sni": name})
        self.random.shuffle(questions)
        return questions[:5]

    # Sections.

    def global_section(self):
        random = self.random
        lines = []
        for keyword, chance, value in (
            ("ssl-default-bind-options", 0.4, lambda: self.bind_options(True)),
            ("ssl-default-bind-options", 0.1, lambda: self.bind_options(True)),
            ("ssl-default-bind-ciphers", 0.3, self.cipher_string),
            ("ssl-default-bind-ciphersuites", 0.2, self.ciphersuites),
            ("ssl-default-bind-curves", 0.15, lambda: generate_openssl.groups(random)),
            ("ssl-default-server-options", 0.2, self.server_options),
            ("ssl-default-server-ciphers", 0.15, self.cipher_string),
            ("ssl-default-server-ciphersuites", 0.1, self.ciphersuites),
            ("tune.ssl.default-dh-param", 0.2, lambda: random.choice(["2048", "2048", "1024", "4096"])),
            ("ssl-dh-param-file", 0.1, lambda: random.choice(["@CERTS@/dh2048.pem"] * 5 + ["@CERTS@/dh1024.pem"])),
            ("ssl-server-verify", 0.1, lambda: random.choice(["none", "required"])),
            ("ssl-security-level", 0.03, lambda: random.choice("00123")),
            ("ssl-default-bind-sigalgs", 0.02, lambda: generate_openssl.signatures(random)),
            ("ssl-default-bind-client-sigalgs", 0.01, lambda: generate_openssl.signatures(random)),
        ):
            if random.random() < chance:
                lines.append(f"{keyword} {value()}")
        if random.random() < 0.1:
            self.variables["ssl-min-ver"] = "MINIMUM"
            lines.append(f"setenv MINIMUM {random.choice(VERSIONS)}")
        random.shuffle(lines)
        if lines and random.random() < 0.1:
            lines[-1:] = self.conditional(lines[-1])
        return section("global", lines)

    def conditional(self, line):
        """`line` under a condition, or instead of it nothing."""
        condition = self.random.choice([
            "version_atleast(2.4)", "version_atleast(2.8)", "openssl_version_atleast(3.0.0)", "feature(OPENSSL)",
            "!feature(OPENSSL)", "defined(NOT_DEFINED)", "streq(a,a)", "openssl_version_before(1.1.1)", "1", "0",
        ])  # fmt: skip
        other = self.random.choice([[], [".else", "ssl-default-bind-options ssl-max-ver TLSv1.2"]])
        return [f".if {condition}", line, *other, ".endif"]

    def defaults(self):
        lines = ["mode http", "timeout connect 5s", "timeout client 10s", "timeout server 10s", "retries 0"]
        if self.random.random() < 0.15:
            lines.append(f"default-server {self.server_options()}")
        out = section("defaults", lines)
        if self.random.random() < 0.2:
            self.base = " from base"
            out = section("defaults base", lines)
            if self.random.random() < 0.5:
                out += section("defaults other from base", [f"default-server {self.server_options()}"])
                self.base = self.random.choice([" from base", " from other"])
        return out

    def frontend(self):
        random = self.random
        lines = []
        for _ in range(random.choice([1, 1, 2])):
            port = f"P{len(self.sockets) + 1}"
            self.sockets.append(port)
            lines.append(self.bind(port))
        lines.append("http-request return status 200")
        return section(f"frontend f{len(self.sockets)}{self.base}", lines)

    def bind(self, port):
        random = self.random
        words = [] if random.random() < 0.03 else ["ssl"]
        if random.random() < 0.2:
            words.append(f"crt-list {self.crt_list()}")
        elif random.random() > 0.01:
            words += [f"crt {self.certificate()}" for _ in range(random.choice([1, 1, 1, 2, 2, 3]))]
        options = self.bind_options(False)
        for keyword, chance, value in (
            ("ciphers", 0.35, self.cipher_string),
            ("ciphers", 0.05, self.cipher_string),
            ("ciphersuites", 0.25, self.ciphersuites),
            ("curves", 0.15, lambda: generate_openssl.groups(random)),
            ("ecdhe", 0.08, lambda: random.choice(["prime256v1", "secp384r1", "X25519"])),
            ("alpn", 0.15, lambda: "h2,http/1.1"),
            ("strict-sni", 0.12, lambda: ""),
            ("sigalgs", 0.03, lambda: generate_openssl.signatures(random)),
            ("verify", 0.06, lambda: random.choice(["none", "optional ca-file @CERTS@/ca.crt", "required ca-file @CERTS@/ca.crt"])),
        ):
            if random.random() < chance:
                words.append(f"{keyword} {value()}".strip())
        words += options.splitlines()
        random.shuffle(words)
        addresses = [f"127.0.0.1:@{port}@"]
        if random.random() < 0.08:
            self.sockets.append(f"P{len(self.sockets) + 1}")
            addresses.append(f"127.0.0.1:@{self.sockets[-1]}@")
        comment = " # ssl-min-ver TLSv1.0" if random.random() < 0.03 else ""
        return f"bind {','.join(addresses)} {' '.join(words)}{comment}"

    def certificate(self):
        kind = self.random.random()
        if kind < 0.005:
            return "@CERTS@/rsa1024.pem"
        if kind < 0.08:
            return self.random.choice(["@CERTS@/kinds", "@CERTS@/names/", "@CERTS@/bundle/both.pem", "@CERTS@/rsa-dh.pem"])
        return f"@CERTS@/{self.random.choice(CERTIFICATES)}.pem"

    def crt_list(self):
        random = self.random
        name = f"list{len(self.files)}.txt"
        lines = []
        # Certificates of two kinds of key for one name, each with options of its own, give two answers to one question.
        mixed = random.random() < 0.5
        among = CERTIFICATES if mixed else [certificate for certificate in CERTIFICATES if "rsa" in certificate]
        for _ in range(random.choice([1, 2, 2, 3])):
            options = []
            if random.random() < 0.5:
                lowest, highest = random.choice(MINIMA), random.choice(MAXIMA)
                options.append(random.choice([f"ssl-min-ver {lowest}", f"ssl-max-ver {highest}"]))
            if random.random() < 0.4:
                options.append(f"ciphers {self.cipher_string(quotes=False)}")
            if random.random() < 0.25:
                options.append(f"ciphersuites {generate_ciphers.ciphersuites(random) or 'TLS_AES_128_GCM_SHA256'}")
            if random.random() < 0.15:
                options.append(f"curves {generate_openssl.groups(random)}")
            if random.random() < 0.03:
                options.append(f"sigalgs {generate_openssl.signatures(random)}")
            if random.random() < 0.05:
                options.append(random.choice(["alpn h2", "verify optional ca-file @CERTS@/ca.crt", "ecdhe secp384r1", "verify none"]))
            if random.random() < 0.01:
                options.append("no-tlsv12")
            random.shuffle(options)
            names = random.sample(
                [*SERVER_NAMES, "*.b.test", "*.a.test", "!x.a.test", "!y.b.test", "*.d.test", "*"],
                random.choice([0, 0, 1, 1, 2, 3]),
            )
            bracket = f" [{' '.join(options)}]" if options or names and random.random() < 0.2 else ""
            lines.append(f"@CERTS@/{random.choice(among)}.pem{bracket} {' '.join(names)}".rstrip())
        if random.random() < 0.1:
            lines.insert(0, "# a comment")
        self.files[name] = "".join(f"{line}\n" for line in lines)
        return f"@DIR@/{name}"

    # Values.

    def bind_options(self, globally):
        """Version keywords and a few more; blank-separated for the global keyword, one a line for shuffling in a bind."""
        random, words = self.random, []
        kind = random.random()
        if kind < 0.35:
            words.append(f"ssl-min-ver {self.minimum()}")
            if random.random() < 0.4:
                words.append(f"ssl-max-ver {random.choice(MAXIMA)}")
        elif kind < 0.45:
            words.append(f"ssl-max-ver {random.choice(MAXIMA)}")
        elif kind < 0.55:
            words.append(random.choice(["force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv12", "force-tlsv13"]))
        if random.random() < 0.25:
            words += random.sample(["no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"], random.randint(1, 3))
        if random.random() < 0.1:
            words.append(random.choice(["ssl-min-ver TLSv1.2", "ssl-max-ver TLSv1.3", "force-tlsv12", "force-tlsv13"]))
        if random.random() < 0.004:
            words.append(random.choice(["ssl-min-ver tlsv1.2", "ssl-min-ver TLSv1", "ciphers HIGH", "no-tlsv1"]))
        if random.random() < 0.15:
            words.append(random.choice(["no-tls-tickets", "prefer-client-ciphers"]))
        random.shuffle(words)
        if globally and not words:
            words = ["no-tls-tickets"]
        return (" " if globally else "\n").join(words)

    def minimum(self):
        if "ssl-min-ver" in self.variables and self.random.random() < 0.5:
            return self.random.choice(['"${MINIMUM}"'] * 6 + ['"$MINIMUM"', "${MINIMUM}"])
        return self.random.choice(MINIMA)

    def cipher_string(self, quotes=True):
        random = self.random
        text = generate_ciphers.openssl(random, separators=[":", ":", ":", ","])
        if not quotes:
            return text
        style = random.random()
        if style < 0.1:
            return f"'{text}'"
        if style < 0.2:
            return f'"{text}"'
        if style < 0.25:
            at = random.randrange(len(text))
            return f'{text[:at]}"{text[at:]}"'
        return text

    def ciphersuites(self):
        text = generate_ciphers.ciphersuites(self.random)
        return text or '""'

    # The connecting side.

    def upstream(self, number):
        random = self.random
        lines = []
        if random.random() < 0.25:
            lines.append(f"default-server {self.server_options()}")
        words = ["ssl"] if random.random() < 0.93 else []
        for keyword, chance, value in (
            ("ciphers", 0.3, self.cipher_string),
            ("ciphersuites", 0.2, self.ciphersuites),
            ("sni", 0.4, lambda: random.choice(["str(n.test)", "str(up.a.test)", "req.hdr(host)"])),
            ("verifyhost", 0.1, lambda: "n.test"),
            ("alpn", 0.1, lambda: "http/1.1"),
            ("curves", 0.02, lambda: generate_openssl.groups(random)),
            ("sigalgs", 0.02, lambda: generate_openssl.signatures(random)),
            ("check-ssl", 0.05, lambda: ""),
            ("no-ssl", 0.03, lambda: ""),
        ):
            if random.random() < chance:
                words.append(f"{keyword} {value()}".strip())
        kind = random.random()
        if kind < 0.75:
            words.append("verify none")
        elif kind < 0.95:
            words += ["verify required", "ca-file @CERTS@/ca.crt"]
        words += self.version_options()
        random.shuffle(words)
        keyword = f"server s{number}" if random.random() < 0.9 else f"server-template s{number} 1"
        lines.append(f"{keyword} 127.0.0.1:@U{number}@ {' '.join(words)}".rstrip())
        if random.random() < 0.1:
            lines.append(f"default-server {self.server_options()}")
        port = f"P{number + 6}"
        upstream = {"name": f"u{number}", "port": f"U{number}", "trigger": {"port": port, "host": "h.test"}}
        if any("req.hdr" in word for word in words):
            upstream["sni_of_request"] = True
        self.upstreams.append(upstream)
        bind = f"bind 127.0.0.1:@{port}@"
        if random.random() < 0.2:
            return [section(f"listen up{number}{self.base}", [bind, *lines])]
        front = section(f"frontend up{number}{self.base}", [bind, f"default_backend back{number}"])
        return [front, section(f"backend back{number}{self.base}", lines)]

    def version_options(self):
        random, words = self.random, []
        kind = random.random()
        if kind < 0.3:
            words.append(f"ssl-min-ver {random.choice(MINIMA)}")
        if 0.2 < kind < 0.4:
            words.append(f"ssl-max-ver {random.choice(MAXIMA)}")
        elif kind > 0.88:
            words.append(random.choice(["force-tlsv12", "force-tlsv13", "force-tlsv11"]))
        if random.random() < 0.15:
            words += random.sample(["no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"], random.randint(1, 2))
        return words

    def server_options(self):
        words = self.version_options()
        if self.random.random() < 0.3 or not words:
            words.append("no-tls-tickets")
        self.random.shuffle(words)
        return " ".join(words)


def section(name, lines):
    return "".join(f"{line}\n" for line in [name, *(line if line.startswith(".") else f"  {line}" for line in lines)])
