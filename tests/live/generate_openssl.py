"""Random openssl.cnf files, and the other values that nginx and HAProxy hand to OpenSSL unread."""

import generate_ciphers

# Each group under every name that OpenSSL knows it by: a list that holds one twice is refused.
GROUPS = [["X25519"], ["prime256v1", "P-256", "secp256r1"], ["secp384r1", "P-384"], ["secp521r1", "P-521"], ["X448"]]
RARE_GROUPS = ["secp256k1", "brainpoolP256r1", "brainpoolP384r1", "secp224r1", "ffdhe2048", "ffdhe3072", "x25519", "NOPE"]
OPTIONS = ["ServerPreference", "SessionTicket", "PrioritizeChaCha", "Bugs", "NoResumptionOnRenegotiation", "ECDHSingle", "DHSingle",
           "AntiReplay", "EncryptThenMac", "MiddleboxCompat", "UnsafeLegacyRenegotiation", "NoRenegotiation", "AllowNoDHEKEX",
           "Compression", "EmptyFragments", "ExtendedMasterSecret"]  # fmt: skip
PROTOCOLS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


def groups(random):
    names = [random.choice(group) for group in random.sample(GROUPS, random.randint(1, 4))]
    if random.random() < 0.02:
        names.append(random.choice(random.choice(GROUPS)))
    if random.random() < 0.1:
        names.insert(random.randint(0, len(names)), random.choice(RARE_GROUPS))
    return ":".join(names)


# Signature schemes by the names of releases that compare exactly, and pairs; what signs with an ordinary RSA or EC key is likely.
SIGNATURES = ["RSA+SHA256", "RSA+SHA384", "SHA512+RSA", "PSS+SHA256", "RSA-PSS+sha384", "rsa_pss_rsae_sha512",
              "ECDSA+SHA256", "ECDSA+SHA384", "ecdsa_secp521r1_sha512", "ed25519", "rsa_pkcs1_sha1", "ECDSA+SHA1",
              "ECDSA+SHA224", "rsa_pss_pss_sha256", "ed448", "DSA+SHA256"]  # fmt: skip
RARE_SIGNATURES = ["NOPE", "rsa+sha256", "Ed25519", "ecdsa_sha1", "?NOPE", "", "RSA+MD5", "ecdsa_secp256r1_sha256"]


def signatures(random):
    """A list of signature schemes; now and then one that some releases refuse."""
    names = random.sample(SIGNATURES, random.choice([1, 2, 2, 3, 4, 6]))
    if random.random() < 0.08:
        names.insert(random.randint(0, len(names)), random.choice(RARE_SIGNATURES))
    return ":".join(names)


def options(random):
    """A value of the Options command: most words change nothing of what is compared."""
    words = random.sample(OPTIONS, random.choice([1, 1, 2, 3]))
    return ",".join(random.choice(["", "", "-", "+"]) + word for word in words)


def protocol_changes(random):
    """A value of the Protocol command: a list of additions and removals, or a fresh start with ALL."""
    words = [random.choice(["", "-", "-", "+"]) + name for name in random.sample(PROTOCOLS, random.randint(1, 3))]
    if random.random() < 0.5:
        words.insert(0, random.choice(["ALL", "-ALL"]))
    return ",".join(words)


def configuration(random):
    """An openssl.cnf; `openssl_conf` and the sections below it are usually, not always, properly chained."""
    settings = []
    for name, chance, value in (
        ("MinProtocol", 0.4, lambda: random.choice(PROTOCOLS + ["None"])),
        ("MaxProtocol", 0.2, lambda: random.choice(PROTOCOLS[2:])),
        ("Protocol", 0.2, lambda: protocol_changes(random)),
        ("CipherString", 0.5, lambda: generate_ciphers.openssl(random)),
        ("Ciphersuites", 0.35, lambda: generate_ciphers.ciphersuites(random)),
        (random.choice(["Groups", "Curves"]), 0.35, lambda: groups(random)),
        ("SignatureAlgorithms", 0.15, lambda: signatures(random)),
        ("ClientSignatureAlgorithms", 0.05, lambda: signatures(random)),
        ("Options", 0.15, lambda: options(random) if random.random() < 0.9 else "NOPE"),
    ):
        if random.random() < chance:
            settings.append(f"{name} = {value()}")
    random.shuffle(settings)
    first = random.choice(["openssl_conf"] * 9 + ["nginx"])
    last = random.choice(["system_default"] * 9 + ["server"])
    lines = [f"{first} = default_conf", "[default_conf]", "ssl_conf = ssl_sect", "[ssl_sect]", f"{last} = tls_sect"]
    return "\n".join([*lines, "[tls_sect]", *settings]) + "\n"


def environment(random):
    """(case environment, files): which openssl.cnf the server gets."""
    kind = random.random()
    if kind < 0.75:
        return {}, {}
    if kind < 0.8:
        return {"OPENSSL_CONF": "none"}, {}
    return {"OPENSSL_CONF": "openssl.cnf"}, {"openssl.cnf": configuration(random)}
