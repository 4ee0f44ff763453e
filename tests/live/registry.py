"""Names of what the wire carries as numbers (IANA TLS registries)."""

import pathlib

# The wire's number for each protocol version, lowest first.
VERSIONS = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
VERSION_NAMES = {number: name for name, number in VERSIONS.items()}

# Every suite that a release of OpenSSL since 1.1.0, BoringSSL or AWS-LC implements; one that is missing is never offered.
SUITES = {
    int(code, 16): name
    for code, name in (
        line.split() for line in (pathlib.Path(__file__).parent / "suites.txt").read_text().splitlines()
    )
}

# Signalling values and GREASE (RFC 8701) are no suites or groups that could be negotiated.
FALLBACK_SCSV = 0x5600
RENEGOTIATION_SCSV = 0x00FF
GREASE = {0x0A0A + 0x1010 * step for step in range(16)}

GROUPS = {
    19: "secp192r1",
    21: "secp224r1",
    22: "secp256k1",
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    26: "brainpoolP256r1",
    27: "brainpoolP384r1",
    28: "brainpoolP512r1",
    29: "x25519",
    30: "x448",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
    512: "MLKEM512",
    513: "MLKEM768",
    514: "MLKEM1024",
    4587: "SecP256r1MLKEM768",
    4588: "X25519MLKEM768",
    4589: "SecP384r1MLKEM1024",
}

# The order in which this scanner offers groups: a server that follows the client's preference shows this order.
CLASSIC_GROUPS = [29, 23, 24, 25, 30, 22, 26, 27, 28, 21, 19]
ALL_GROUPS = [4588, 4587, 4589, 514, 513, 512, *CLASSIC_GROUPS, 256, 257, 258, 259, 260]

# RSA-PSS, RSA-PKCS1, ECDSA, EdDSA and DSA, with SHA-1 last: what no list has can never be the reason of a refusal.
RSA_SIGNATURES = [0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201]
PSS_SIGNATURES = RSA_SIGNATURES[:6]
ECDSA_SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0303, 0x0203]
EDDSA_SIGNATURES = [0x0807, 0x0808]
DSA_SIGNATURES = [0x0402, 0x0502, 0x0602, 0x0302, 0x0202]
ALL_SIGNATURES = ECDSA_SIGNATURES + EDDSA_SIGNATURES + RSA_SIGNATURES + DSA_SIGNATURES


def suite_name(code):
    return SUITES.get(code, f"0x{code:04X}")


def group_name(code):
    return GROUPS.get(code, f"0x{code:04x}")


def is_tls13(code):
    """Whether a suite belongs to TLS 1.3, whose suites name no key exchange."""
    return "_WITH_" not in SUITES[code]


def authentication(code):
    """What kind of key has to sign or decrypt for a suite below TLS 1.3: the axis on which servers choose certificates."""
    key_exchange = SUITES[code].removeprefix("TLS_").split("_WITH_")[0]
    return {"RSA": "kRSA", "DHE_RSA": "DHE-RSA", "ECDHE_RSA": "ECDHE-RSA", "ECDHE_ECDSA": "ECDHE-ECDSA"}.get(
        key_exchange, "anonymous" if key_exchange.endswith("anon") else "other"
    )
