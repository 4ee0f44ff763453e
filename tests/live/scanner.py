"""Finds out what a listening server negotiates, by asking it until it refuses."""

from dataclasses import dataclass, field, replace

import registry
import wire

# The order in which suites are offered must not matter; by code point is as good as any.
SUITES = {
    version: [code for code in sorted(registry.SUITES) if registry.is_tls13(code) == (version == "TLSv1.3")]
    for version in registry.VERSIONS
}
# The groups that most servers have; whoever wants another asks for it with a HelloRetryRequest.
CHEAP_SHARES = [29, 23, 24]
# Clients of TLS 1.3 that take one kind of key only, and the older suites that they offer as well: HAProxy gives ECDSA certificates to
# those alone that name a suite for them.
NARROW_CLIENTS = [
    (registry.RSA_SIGNATURES, []),
    (registry.PSS_SIGNATURES, []),
    (registry.ECDSA_SIGNATURES, [code for code in SUITES["TLSv1.2"] if registry.authentication(code) == "ECDHE-ECDSA"]),
    (registry.EDDSA_SIGNATURES, []),
]


@dataclass
class Observation:
    """What one client, which names `sni` or nothing, can get at one socket. Names are those of the IANA registries."""

    transport: str = "tls"
    suites: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)
    # Versions in which the order of `groups` is the server's own, whatever the client prefers.
    groups_in_server_order: list = field(default_factory=list)
    refused: dict = field(default_factory=dict)

    @property
    def protocols(self):
        return list(self.suites)

    @property
    def tls13_suites(self):
        return self.suites.get("TLSv1.3", [])

    @property
    def older_suites(self):
        return {version: suites for version, suites in self.suites.items() if version != "TLSv1.3"}


@dataclass
class Client:
    """Who asks whom."""

    address: tuple
    sni: str | None
    greeting: bytes

    def ask(self, hello):
        return wire.ask(self.address, replace(hello, sni=self.sni, greeting=self.greeting))


def scan(address, sni, greeting=b""):
    """Everything about `address`, a (host, port) pair, for a client that sends `greeting`, then a hello with `sni`."""
    client = Client(address, sni, greeting)
    seen = Observation()
    for version in registry.VERSIONS:
        accepted, refusal = accepted_suites(client, version)
        if refusal.plaintext and version == "SSLv3" and sni is not None:
            # It has no extensions, so that its client comes to wherever those without a name come.
            seen.refused[version] = "plaintext"
            continue
        if refusal.plaintext:
            return Observation(transport="plaintext")
        if not accepted:
            seen.refused[version] = refusal.refusal
            continue
        seen.suites[version] = [registry.suite_name(code) for code in accepted]
        if version in ("TLSv1.2", "TLSv1.3"):
            scan_groups(seen, client, version, accepted)
    return seen


def accepted_suites(client, version):
    """The suites a server accepts, and its answer to the first hello it refused.

    Suites are taken away one by one until it refuses. Then narrower hellos are tried: a server may choose its
    certificate by something in the hello and only then find that no suite is left for it.
    """
    left, accepted = list(SUITES[version]), []

    def drain(among, signatures, beside=()):
        while among:
            hello = wire.Hello(version, [*among, *beside], shares=CHEAP_SHARES, signatures=signatures)
            answer = client.ask(hello)
            if answer.retry:
                # What it asks for comes before it looks at its certificates; only the next answer is a promise.
                answer = client.ask(replace(hello, shares=[answer.group]))
            if answer.plaintext or answer.suite is None or answer.version != version or answer.suite not in among:
                return answer
            accepted.append(answer.suite)
            left.remove(answer.suite)
            among = [code for code in among if code != answer.suite]
        return wire.Answer(refusal="nothing left to offer")

    refusal = drain(left[:], registry.ALL_SIGNATURES)
    if refusal.plaintext:
        return accepted, refusal
    if version == "TLSv1.3":
        for signatures, beside in NARROW_CLIENTS:
            drain(left[:], signatures, beside)
    else:
        for kind in ("kRSA", "DHE-RSA", "ECDHE-RSA", "ECDHE-ECDSA", "anonymous", "other"):
            drain([code for code in left if registry.authentication(code) == kind], registry.ALL_SIGNATURES)
        if version == "TLSv1.2":
            # ECDSA and EdDSA keys share the names of their suites.
            for signatures in (registry.ECDSA_SIGNATURES, registry.EDDSA_SIGNATURES):
                drain([code for code in left if registry.authentication(code) == "ECDHE-ECDSA"], signatures)
            # Before 3.0.11, HAProxy does not take these for clients that know RSA.
            drain([code for code in left if registry.authentication(code).endswith("DHE-RSA")], registry.PSS_SIGNATURES)
    return accepted, refusal


def scan_groups(seen, client, version, accepted):
    """Finds the groups of one version, and whether their order is the server's."""
    if version == "TLSv1.2":
        # A server with an ECDSA certificate also needs the certificate's own curve in the client's list, so taking
        # groups away says nothing about it.
        accepted = [code for code in accepted if registry.authentication(code) in ("ECDHE-RSA", "anonymous")]
        accepted = [code for code in accepted if "_ECDH" in registry.suite_name(code)]
    if not accepted:
        return
    offered = registry.ALL_GROUPS if version == "TLSv1.3" else registry.CLASSIC_GROUPS
    forwards = drain_groups(client, version, accepted, offered, registry.ALL_SIGNATURES)
    backwards = drain_groups(client, version, accepted, offered[::-1], registry.ALL_SIGNATURES)
    # What serves some clients only, under a context of its own, has groups as well.
    for signatures, beside in NARROW_CLIENTS:
        suites = [*accepted, *(beside if version == "TLSv1.3" else [])]
        left = [code for code in offered if code not in forwards]
        forwards += drain_groups(client, version, suites, left, signatures)
    seen.groups[version] = [registry.group_name(code) for code in forwards]
    if forwards == backwards:
        seen.groups_in_server_order.append(version)


def drain_groups(client, version, suites, offered, signatures):
    left, found = list(offered), []
    while left:
        # In TLS 1.3 no share at all: the server has to name the group it wants in a HelloRetryRequest.
        answer = client.ask(wire.Hello(version, suites, groups=left, signatures=signatures))
        if answer.version != version or answer.group not in left:
            break
        found.append(answer.group)
        left.remove(answer.group)
    return found
