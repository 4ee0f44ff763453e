"""The connecting side of random HAProxy configurations: server lines, and what they inherit."""

import generate_openssl
from haproxy_text import section

SNI = ["str(n.test)", "str(n.test)", "str(up.a.test)", "req.hdr(host)", '"str(n.test)"', "str('n.test')", "str(n.test),lower", "hdr(host)"]
# Expressions that yield a name of the request, or none.
SNI_OF_REQUEST = ["req.hdr(host)", "hdr(host)"]
SERVER_NOISE = ["weight 10", "maxconn 10", "inter 2s", "fall 3 rise 2", "backup", "tfo", "id 3", "source 127.0.0.1", "init-addr last,none",
                "slowstart 10s", "cookie c", "on-error fastinter", "proto h1", "pool-purge-delay 1s", "no-backup", "observe layer4",
                "error-limit 10", "ssl-reuse", "no-ssl-reuse", "no-check", "send-proxy", "no-send-proxy", "allow-0rtt", "npn http/1.1",
                "check-sni x.test", "check-alpn h2", "resolve-prefer ipv4", "tls-tickets", "minconn 1"]  # fmt: skip


class Servers:
    """What generates upstreams; the generator supplies `random`, `knows` and the values that bind lines have too."""

    def upstream(self):
        """The sections that lead to one more upstream."""
        random = self.random
        self.upstream_number += 1
        number = self.upstream_number
        lines = []
        for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
            lines.append(self.default_server())
        words = self.server_words()
        # Certificates are taken from above, so that a random order can have none.
        keyword = f"server s{number}" if random.random() < 0.9 else f"server-template s{number} {random.choice(['1', '1-1'])}"
        host = random.choice(["127.0.0.1"] * 8 + ["ipv4@127.0.0.1"])
        lines.append(f"{keyword} {host}:@U{number}@ {' '.join(words)}".rstrip())
        if random.random() < 0.1:
            lines.append(self.default_server())
        port = f"P{number + 6}"
        upstream = {"name": f"u{number}", "port": f"U{number}", "trigger": {"port": port, "host": "h.test"}}
        if any(expression in line for line in lines for expression in SNI_OF_REQUEST):
            upstream["sni_of_request"] = True
        self.upstreams.append(upstream)
        bind = f"bind 127.0.0.1:@{port}@"
        if random.random() < 0.25:
            return [section(f"listen up{number}{self.base}", [bind, *lines])]
        front = section(f"frontend up{number}{self.base}", [bind, f"default_backend back{number}"])
        return [front, section(f"backend back{number}{self.base}", lines)]

    def server_words(self):
        random = self.random
        words = ["ssl"] if random.random() < 0.93 else []
        for keyword, chance, value in (
            ("ciphers", 0.3, self.cipher_string),
            ("ciphersuites", 0.2, self.ciphersuites),
            ("sni", 0.4, lambda: random.choice(SNI)),
            ("verifyhost", 0.1, lambda: random.choice(["n.test", "n.test", "other.test"])),
            ("alpn", 0.1, lambda: "http/1.1"),
            ("check-ssl", 0.05, lambda: ""),
            ("no-ssl", 0.03, lambda: ""),
            ("no-check-ssl", 0.02, lambda: ""),
            ("no-verifyhost", 0.01, lambda: ""),
            ("crt", 0.05, lambda: random.choice(["@CERTS@/rsa.pem", "@CERTS@/ecdsa.pem", "@CERTS@/split/rsa.crt"])),
            ("crl-file", 0.003, lambda: "@CERTS@/ca.crt"),
        ):
            if random.random() < chance:
                words.append(f"{keyword} {value()}".strip())
        for keyword, chance, since, value in (
            ("curves", 0.1, (3, 0), lambda: generate_openssl.groups(random)),
            ("sigalgs", 0.08, (3, 0), lambda: generate_openssl.signatures(random)),
            ("client-sigalgs", 0.04, (3, 0), lambda: generate_openssl.signatures(random)),
        ):
            if random.random() < chance and self.knows(*since):
                words.append(f"{keyword} {value()}")
        words += self.verification()
        words += self.version_options()
        if random.random() < 0.15:
            words += random.sample(SERVER_NOISE, random.choice([1, 1, 2]))
        random.shuffle(words)
        return words

    def verification(self):
        kind = self.random.random()
        if kind < 0.6:
            return ["verify none"]
        if kind < 0.85:
            return ["verify required", "ca-file @CERTS@/ca.crt"]
        if kind < 0.93:
            return ["ca-file @CERTS@/ca.crt"]
        return [] if kind < 0.98 else [self.random.choice(["verify required", "verify optional", "verify none verify required"])]

    def version_options(self):
        random = self.random
        words = self.version_range(0.25, 0.4)
        if not words and random.random() < 0.2:
            words.append(random.choice(["force-tlsv12", "force-tlsv13", "force-tlsv11"]))
        if random.random() < 0.15:
            words += random.sample(["no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"], random.randint(1, 2))
        return words

    def server_options(self):
        """What `default-server` or `ssl-default-server-options` may say; seldom what only one of them takes."""
        random = self.random
        words = self.version_options()
        if random.random() < 0.3 or not words:
            words.append(random.choice(["no-tls-tickets", "no-tls-tickets", "no-sslv3"]))
        random.shuffle(words)
        return " ".join(words)

    def default_server(self):
        """What `default-server` may say: options, and what servers inherit besides."""
        random = self.random
        if random.random() < 0.5:
            return f"default-server {self.server_options()}"
        words = [word for word in self.server_words() if not word.startswith("no-tlsv") or random.random() < 0.3]
        # Which lines a request's name holds for is for `upstream` to know.
        words = [word for word in words if word.removeprefix("sni ") not in SNI_OF_REQUEST]
        if random.random() < 0.7 and "ssl" in words:
            words.remove("ssl")
        return f"default-server {' '.join(words)}".rstrip()
