"""Random HAProxy configurations: global defaults in text order, bind lines, crt-lists, server lines."""

import generate_ciphers
import generate_openssl
import haproxy_servers
import haproxy_text
from case import Case
from haproxy_text import section

VERSIONS = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
# More often a range that holds something than one that a server refuses.
MINIMA = ["TLSv1.0", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.2", "TLSv1.3"]
MAXIMA = ["TLSv1.1", "TLSv1.2", "TLSv1.2", "TLSv1.3", "TLSv1.3", "TLSv1.3"]
CERTIFICATES = ["rsa"] * 10 + ["rsa-b"] * 3 + ["rsa-c"] * 2 + ["ecdsa"] * 4
CERTIFICATES += ["ecdsa-b", "ec384", "ed25519", "rsa4096", "rsa-sha1", "rsa-leaf", "ecdsa-leaf", "ec521", "rsa-pss", "ed448"]
SERVER_NAMES = ["a.test", "x.a.test", "b.test", "y.b.test", "c.test", "zz.test", "A.Test"]
# What a file of certificates may be besides one with its key in it.
LOADED = ["bundle/both.pem", "rsa-dh.pem", "split/rsa.crt", "bundle/both.pem.rsa", "split/rsa.crt", "rsa-dh.pem"]
DIRECTORIES = ["kinds", "names/", "mixed"]

# Words of other purposes, with what they take.
GLOBAL_NOISE = ["maxconn 100", "stats timeout 30s", "tune.ssl.cachesize 1000", "tune.ssl.lifetime 300", "tune.bufsize 16384",
                "nbthread 1", "tune.ssl.maxrecord 1400", "ssl-skip-self-issued-ca", "hard-stop-after 1s", "log 127.0.0.1 local0",
                "insecure-fork-wanted", "no insecure-fork-wanted", "strict-limits", "spread-checks 5", "expose-experimental-directives",
                "tune.ssl.force-private-cache", "node n1", "description 'ssl-min-ver TLSv1.0'"]  # fmt: skip
DEFAULTS_NOISE = ["option httplog", "option dontlognull", "log global", "http-reuse never", "maxconn 50", "option forwardfor", "balance roundrobin",
                  "backlog 10", "option tcpka", "no option dontlognull", "fullconn 10", "option http-keep-alive", "no log", "stats enable"]  # fmt: skip
BIND_NOISE = ["name n1", "maxconn 10", "backlog 5", "nice 3", "tcp-ut 10s", "mss 1400", "defer-accept", "transparent", "tfo", "interface lo",
              "npn http/1.1", "allow-0rtt", "no-ca-names", "ca-ignore-err all", "crt-ignore-err all", "proto h2", "level admin", "process 1/1",
              "ca-file @CERTS@/ca.crt", "crt-ignore-err 10,20", "severity-output none", "uid 0", "mode 600", "user root",
              "ca-verify-file @CERTS@/ca.crt ca-file @CERTS@/ca.crt", "v4v6"]  # fmt: skip
# Sections that have nothing to do with TLS.
OTHER_SECTIONS = [("userlist u", ["user ssl insecure-password crt"]), ("cache c", ["total-max-size 4"]), ("resolvers r", ["nameserver n 127.0.0.1:53"]),
                  ("http-errors e", []), ("mailers m", ["mailer s 127.0.0.1:25"])]  # fmt: skip


def generate(random, release=()):
    """One configuration with its probes and upstreams, for a server of `release`: what it does not know is rare."""
    return Generator(random, release).case()


class Generator(haproxy_servers.Servers):
    def __init__(self, random, release):
        self.random = random
        self.release = release
        self.files = {}
        self.sockets = []
        # Those that wait for the PROXY line.
        self.proxied = []
        self.upstreams = []
        self.upstream_number = 0
        # Variables that `setenv` in the global section defines: a value for each keyword that may use one.
        self.variables = {}
        # What follows a proxy's name when its defaults have one.
        self.base = ""
        # What relative names of certificates start from.
        self.has_base = False
        # Whether the key of `a.crt` is `a.key`.
        self.replaces_extension = False

    def knows(self, *since):
        """Whether a word that came with a release is to be used."""
        return self.release >= since or self.random.random() < 0.05

    def case(self):
        random = self.random
        environment, files = generate_openssl.environment(random)
        self.files.update(files)
        sections = [self.global_section(), *self.defaults()]
        late = []
        for _ in range(random.choice([1, 1, 2])):
            late.append(self.frontend())
        if random.random() < 0.4:
            for _ in range(random.choice([1, 1, 2])):
                late += self.upstream()
        if random.random() < 0.15:
            late.append(self.global_section())
        if random.random() < 0.1:
            name, lines = random.choice(OTHER_SECTIONS)
            late.append(section(name, lines))
        if random.random() < 0.05:
            late += self.defaults()
        if random.random() < 0.5:
            random.shuffle(late)
        sections += late
        files, arguments = haproxy_text.write(random, sections)
        self.files.update(files)
        probes = self.probes()
        about = f"{len(self.sockets)} sockets, {len(probes)} probes, {len(self.upstreams)} upstreams"
        return Case("haproxy", about, self.files, probes, self.upstreams, environment, arguments=arguments)

    def probes(self):
        questions = []
        for port in self.sockets:
            for name in self.random.sample([None, *SERVER_NAMES], 3):
                starttls = {"starttls": "proxy"} if port in self.proxied else {}
                questions.append({"name": f"{port}-{name or 'no-sni'}", "port": port, "sni": name} | starttls)
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
            ("tune.ssl.default-dh-param", 0.2, lambda: random.choice(["2048", "2048", "1024", "4096", "3072", "8192"])),
            ("ssl-dh-param-file", 0.1, lambda: random.choice(["@CERTS@/dh2048.pem"] * 5 + ["@CERTS@/dh1024.pem"])),
            ("ssl-server-verify", 0.1, lambda: random.choice(["none", "required"])),
            ("ssl-load-extra-files", 0.04, lambda: random.choice(["all", "none", "key", "bundle key", "ocsp sctl", "issuer bundle"])),
        ):
            if random.random() < chance:
                lines.append(f"{keyword} {value()}".rstrip())
        for keyword, chance, since, value in (
            ("ssl-security-level", 0.1, (2, 9), lambda: random.choice("000123")),
            ("ssl-default-bind-sigalgs", 0.06, (2, 8), lambda: generate_openssl.signatures(random)),
            ("ssl-default-bind-client-sigalgs", 0.03, (2, 8), lambda: generate_openssl.signatures(random)),
            ("ssl-default-server-sigalgs", 0.03, (3, 0), lambda: generate_openssl.signatures(random)),
            ("ssl-default-server-curves", 0.05, (3, 0), lambda: generate_openssl.groups(random)),
        ):
            if random.random() < chance and self.knows(*since):
                lines.append(f"{keyword} {value()}")
        if random.random() < 0.05:
            lines.append("ca-base @CERTS@")
        if random.random() < 0.05 and self.knows(2, 2):
            self.replaces_extension = True
            lines.append("ssl-load-extra-del-ext")
        if random.random() < 0.2:
            lines += random.sample(GLOBAL_NOISE, random.randint(1, 3))
        random.shuffle(lines)
        if lines and random.random() < 0.12:
            others = [[], ["ssl-default-bind-options ssl-max-ver TLSv1.2"], ["ssl-default-bind-ciphers kRSA"], ["nonsense"]]
            lines[-1:] = haproxy_text.conditional(random, lines[-1:], others)
        # What others may count on is under no condition.
        if random.random() < 0.15:
            lines += self.environment_lines()
        if random.random() < 0.1 and not self.has_base:
            self.has_base = True
            lines.append("crt-base @CERTS@")
        return section("global", lines)

    def environment_lines(self):
        random = self.random
        self.variables = {"minimum": '"${MINIMUM}"', "suites": '"$SUITES"'}
        lines = [f"{random.choice(['setenv', 'setenv', 'presetenv'])} MINIMUM {random.choice(VERSIONS)}", "setenv SUITES kRSA"]
        if random.random() < 0.3:
            lines.append(random.choice(["presetenv MINIMUM TLSv1.3", "unsetenv SUITES", "setenv SUITES 'ECDHE+AESGCM:kRSA'", "resetenv PATH"]))
        return lines

    def defaults(self):
        random = self.random
        lines = ["mode http", "timeout connect 5s", "timeout client 10s", "timeout server 10s", "retries 0"]
        lines += random.sample(DEFAULTS_NOISE, random.choice([0, 0, 0, 1, 2]))
        if random.random() < 0.15:
            lines.append(self.default_server())
        if random.random() < 0.8:
            self.base = ""
            return [section("defaults", lines)]
        self.base = " from base"
        out = [section("defaults base", lines)]
        if random.random() < 0.5:
            out.append(section("defaults other from base", [self.default_server()]))
            self.base = random.choice([" from base", " from other", ""])
        return out

    def frontend(self):
        random = self.random
        lines = []
        for _ in range(random.choice([1, 1, 2])):
            addresses = self.addresses()
            lines.append(self.bind(addresses))
            if random.random() < 0.05 and "accept-proxy" not in lines[-1]:
                condition = random.choice(haproxy_text.CONDITIONS)
                lines[-1:] = [f".if {condition}", lines[-1], ".else", self.bind(addresses, may_wait=False), ".endif"]
        lines.append("http-request return status 200")
        kind = "listen" if random.random() < 0.15 else "frontend"
        return section(f"{kind} f{len(self.sockets)}{self.base}", lines)

    def socket(self):
        """The address of another socket."""
        port = f"P{len(self.sockets) + 1}"
        self.sockets.append(port)
        host = self.random.choice(["127.0.0.1"] * 12 + ["", "*", "0.0.0.0", "ipv4@127.0.0.1", "127.0.0.1"])
        last = f"-@{port}@" if self.random.random() < 0.03 else ""
        return f"{host}:@{port}@{last}"

    def addresses(self):
        """Where a bind line listens: one socket or several, perhaps with one that nobody asks."""
        random = self.random
        addresses = [self.socket()]
        if random.random() < 0.08:
            addresses.append(self.socket())
        if random.random() < 0.03:
            other = random.choice(["unix@@DIR@/{}.sock", "abns@tlslint-{}", "@DIR@/{}.sock", "127.0.0.2:{}"])
            addresses.insert(random.randint(0, 1), other.format(f"@{self.sockets[-1]}@"))
        return addresses

    def bind(self, addresses, may_wait=True):
        random = self.random
        words = [] if random.random() < 0.03 else ["ssl"]
        if random.random() < 0.2:
            words.append(f"crt-list {self.crt_list()}")
        if random.random() < 0.85 and (len(words) < 2 or random.random() < 0.1):
            words += [f"crt {self.certificate()}" for _ in range(random.choice([1, 1, 1, 2, 2, 3]))]
        elif len(words) < 2 and random.random() < 0.9:
            words.append("crt @CERTS@/rsa.pem")
        options = self.bind_options(False)
        for keyword, chance, value in (
            ("ciphers", 0.35, self.cipher_string),
            ("ciphers", 0.05, self.cipher_string),
            ("ciphersuites", 0.25, self.ciphersuites),
            ("curves", 0.15, lambda: generate_openssl.groups(random)),
            ("ecdhe", 0.08, lambda: random.choice(["prime256v1", "secp384r1", "X25519"])),
            ("alpn", 0.15, lambda: "h2,http/1.1"),
            ("strict-sni", 0.1, lambda: ""),
            ("generate-certificates", 0.02, lambda: "ca-sign-file @CERTS@/ca.pem"),
            ("verify", 0.06, lambda: random.choice(["none", "optional ca-file @CERTS@/ca.crt", "required ca-file @CERTS@/ca.crt"] * 4 + ["required"])),
        ):
            if random.random() < chance:
                words.append(f"{keyword} {value()}".strip())
        for keyword, chance, since, value in (
            ("sigalgs", 0.08, (2, 8), lambda: generate_openssl.signatures(random)),
            ("client-sigalgs", 0.03, (2, 8), lambda: generate_openssl.signatures(random)),
        ):
            if random.random() < chance and self.knows(*since):
                words.append(f"{keyword} {value()}")
        if random.random() < 0.12:
            words += random.sample(BIND_NOISE, random.choice([1, 1, 2]))
        words += options.splitlines()
        if may_wait and "ssl" in words and random.random() < 0.03:
            words.append("accept-proxy")
            self.proxied += [port for port in self.sockets if any(f"@{port}@" in address for address in addresses)]
        random.shuffle(words)
        return f"bind {','.join(addresses)} {' '.join(words)}"

    def certificate(self, directories=DIRECTORIES):
        """The path of a certificate, or of several."""
        random = self.random
        kind = random.random()
        if kind < 0.005:
            name = random.choice(["rsa1024.pem", "nothing.pem", "ca.key", "split/ecdsa.crt"])
        elif kind < 0.12:
            name = random.choice([*LOADED, *directories, *["split/ecdsa.crt"] * 6 * self.replaces_extension])
        else:
            name = f"{random.choice(CERTIFICATES)}.pem"
        return name if self.has_base and random.random() < 0.5 else f"@CERTS@/{name}"

    def crt_list(self):
        random = self.random
        name = f"list{len(self.files)}.txt"
        lines = []
        # Certificates of two kinds of key for one name, each with options of its own, give two answers to one question.
        mixed = random.random() < 0.5
        among = CERTIFICATES if mixed else [certificate for certificate in CERTIFICATES if "rsa" in certificate]
        for _ in range(random.choice([1, 2, 2, 3])):
            options = self.list_options()
            names = random.sample(
                [*SERVER_NAMES, "*.b.test", "*.a.test", "!x.a.test", "!y.b.test", "*.d.test", "*", "*.test", "!*.a.test"],
                random.choice([0, 0, 1, 1, 2, 3]),
            )
            bracket = f" [{' '.join(options)}]" if options or names and random.random() < 0.2 else ""
            path = f"@CERTS@/{random.choice(among)}.pem"
            if random.random() < 0.08:
                # HAProxy 2.6 never ends reading a directory that a list names.
                path = self.certificate([])
            blank = random.choice([" ", " ", " ", "\t", "  "])
            early = f"{blank}zz.test" if random.random() < 0.03 else ""
            lines.append(f"{path}{early}{bracket}{''.join(blank + name for name in names)}")
        if random.random() < 0.1:
            lines.insert(random.randint(0, 1), random.choice(["# a comment", "", "   "]))
        if random.random() < 0.03:
            lines[-1] += " # a.test"
        self.files[name] = "".join(f"{line}\n" for line in lines)
        return f"@DIR@/{name}"

    def list_options(self):
        random, options = self.random, []
        if random.random() < 0.5:
            lowest, highest = random.choice(MINIMA), random.choice(MAXIMA)
            options += random.choice([[f"ssl-min-ver {lowest}"], [f"ssl-max-ver {highest}"], [f"ssl-min-ver {lowest}", f"ssl-max-ver {highest}"]])
        for option, chance in (
            (lambda: f"ciphers {self.cipher_string(quotes=False)}", 0.4),
            (lambda: f"ciphersuites {generate_ciphers.ciphersuites(random) or 'TLS_AES_128_GCM_SHA256'}", 0.25),
            (lambda: f"curves {generate_openssl.groups(random)}", 0.15),
            (lambda: "alpn h2", 0.03),
            (lambda: "verify optional ca-file @CERTS@/ca.crt", 0.02),
            (lambda: random.choice(["ecdhe secp384r1", "verify none", "allow-0rtt", "no-ca-names", "npn h2", "crt-ignore-err all"]), 0.04),
            (lambda: random.choice(["no-tlsv12", "force-tlsv12", "strict-sni", "ssl"]), 0.006),
        ):
            if random.random() < chance:
                options.append(option())
        if random.random() < 0.06 and self.knows(2, 8):
            options.append(f"sigalgs {generate_openssl.signatures(random)}")
        random.shuffle(options)
        return options

    # Values.

    def bind_options(self, globally):
        """Version keywords and a few more; blank-separated for the global keyword, one a line for shuffling in a bind."""
        random, words = self.random, self.version_range(0.35, 0.45)
        if not words and random.random() < 0.15:
            words.append(random.choice(["force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv12", "force-tlsv13"]))
        if random.random() < 0.25:
            words += random.sample(["no-sslv3", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"], random.randint(1, 3))
        if random.random() < 0.1:
            words.append(random.choice(["ssl-min-ver TLSv1.2", "ssl-max-ver TLSv1.3", "force-tlsv12", "force-tlsv13", "ssl-min-ver SSLv3"]))
        if random.random() < 0.004:
            words.append(random.choice(["ssl-min-ver tlsv1.2", "ssl-min-ver TLSv1", "no-tlsv1", "ssl-max-ver", "nonsense"]))
        if random.random() < 0.15:
            words.append(random.choice(["no-tls-tickets", "prefer-client-ciphers"]))
        random.shuffle(words)
        if globally and not words:
            words = ["no-tls-tickets"]
        if globally and random.random() < 0.05 and self.knows(3, 2):
            words.append("strict-sni")
        return (" " if globally else "\n").join(words)

    def version_range(self, both, either):
        """`ssl-min-ver` and `ssl-max-ver`, mostly a range that holds something."""
        random, words = self.random, []
        kind, lowest, highest = random.random(), self.minimum(), random.choice(MAXIMA)
        if lowest > highest and random.random() < 0.8:
            highest = "TLSv1.3"
        if kind < both:
            words.append(f"ssl-min-ver {lowest}")
            if random.random() < 0.4:
                words.append(f"ssl-max-ver {highest}")
        elif kind < either:
            words.append(f"ssl-max-ver {highest}")
        return words

    def minimum(self):
        if self.variables and self.random.random() < 0.4:
            return self.random.choice([self.variables["minimum"]] * 6 + ['"$MINIMUM"', "${MINIMUM}", '"${MINIMUM-TLSv1.2}"', '"TLSv1.""2"'])
        return self.random.choice(MINIMA)

    def cipher_string(self, quotes=True):
        random = self.random
        text = generate_ciphers.openssl(random, separators=[":", ":", ":", ","])
        if random.random() < 0.4:
            text += random.choice([":ECDHE+AESGCM", ":AES128-SHA", ":kRSA", ":ECDHE"])
        if not quotes:
            return text
        if self.variables and random.random() < 0.2:
            return f'"{text}:${{SUITES}}"'
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
