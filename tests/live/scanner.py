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


def scan(address, sni):
    """Everything about `address`, a (host, port) pair, for a client that sends `sni`."""
    seen = Observation()
    for version in registry.VERSIONS:
        accepted, refusal = accepted_suites(address, version, sni)
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
            scan_groups(seen, address, version, sni, accepted)
    return seen


def accepted_suites(address, version, sni):
    """The suites a server accepts, and its answer to the first hello it refused.

    Suites are taken away one by one until it refuses. Then narrower hellos are tried: a server may choose its
    certificate by something in the hello and only then find that no suite is left for it.
    """
    left, accepted = list(SUITES[version]), []

    def drain(among, signatures, beside=()):
        while among:
            hello = wire.Hello(version, [*among, *beside], sni, shares=CHEAP_SHARES, signatures=signatures)
            answer = wire.ask(address, hello)
            if answer.retry:
                # What it asks for comes before it looks at its certificates; only the next answer is a promise.
                answer = wire.ask(address, replace(hello, shares=[answer.group]))
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
    return accepted, refusal


def scan_groups(seen, address, version, sni, accepted):
    """Finds the groups of one version, and whether their order is the server's."""
    if version == "TLSv1.2":
        # A server with an ECDSA certificate also needs the certificate's own curve in the client's list, so taking
        # groups away says nothing about it.
        accepted = [code for code in accepted if registry.authentication(code) in ("ECDHE-RSA", "anonymous")]
        accepted = [code for code in accepted if "_ECDH" in registry.suite_name(code)]
    if not accepted:
        return
    offered = registry.ALL_GROUPS if version == "TLSv1.3" else registry.CLASSIC_GROUPS
    for signatures, beside in ((registry.ALL_SIGNATURES, []), *NARROW_CLIENTS):
        # What serves some clients only still has groups.
        suites = [*accepted, *(beside if version == "TLSv1.3" else [])]
        forwards = drain_groups(address, version, sni, suites, offered, signatures)
        if forwards:
            break
    backwards = drain_groups(address, version, sni, suites, offered[::-1], signatures)
    seen.groups[version] = [registry.group_name(code) for code in forwards]
    if forwards == backwards:
        seen.groups_in_server_order.append(version)


def drain_groups(address, version, sni, suites, offered, signatures):
    left, found = list(offered), []
    while left:
        # In TLS 1.3 no share at all: the server has to name the group it wants in a HelloRetryRequest.
        answer = wire.ask(address, wire.Hello(version, suites, sni, groups=left, signatures=signatures))
        if answer.version != version or answer.group not in left:
            break
        found.append(answer.group)
        left.remove(answer.group)
    return found
