"""Random cipher strings, in OpenSSL's grammar and in BoringSSL's."""

# Suites that real configurations name, some that no library of today has, and some that need what a server lacks.
SUITES = [
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "DHE-RSA-AES128-SHA", "DHE-RSA-AES256-SHA256",
    "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA256", "AES128-SHA", "AES256-SHA",
    "CAMELLIA128-SHA", "CAMELLIA256-SHA256", "ECDHE-RSA-CAMELLIA128-SHA256", "ARIA128-GCM-SHA256",
    "ECDHE-ARIA256-GCM-SHA384", "AES128-CCM", "AES256-CCM8", "ECDHE-ECDSA-AES128-CCM", "DHE-RSA-AES256-CCM",
    "DES-CBC3-SHA", "ECDHE-RSA-DES-CBC3-SHA", "RC4-SHA", "RC4-MD5", "NULL-SHA256", "ECDHE-RSA-NULL-SHA",
    "AECDH-AES128-SHA", "ADH-AES256-GCM-SHA384", "PSK-AES128-GCM-SHA256", "SRP-RSA-AES-128-CBC-SHA",
    "DHE-DSS-AES128-SHA", "ECDH-RSA-AES128-SHA", "IDEA-CBC-SHA", "SEED-SHA", "EXP-RC4-MD5",
]  # fmt: skip

ALIASES = [
    "ALL", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "HIGH", "MEDIUM", "LOW", "aNULL", "eNULL", "NULL", "kRSA", "aRSA",
    "RSA", "kDHE", "DHE", "EDH", "kEDH", "DH", "kECDHE", "ECDHE", "EECDH", "kEECDH", "ECDH", "aECDSA", "ECDSA", "aDSS",
    "DSS", "AES128", "AES256", "AES", "AESGCM", "AESCCM", "AESCCM8", "CHACHA20", "CAMELLIA", "CAMELLIA128",
    "CAMELLIA256", "ARIA", "ARIA128", "ARIAGCM", "3DES", "DES", "RC4", "RC2", "IDEA", "SEED", "MD5", "SHA1", "SHA",
    "SHA256", "SHA384", "TLSv1.2", "TLSv1.0", "TLSv1", "SSLv3", "PSK", "kPSK", "aPSK", "SRP", "ADH", "AECDH", "CBC",
    "EXP", "EXPORT", "GOST", "FIPS",
]  # fmt: skip

UNKNOWN = ["NOPE", "high", "aes128-sha", "TLS_AES_128_GCM_SHA256", "TLSv1.3", "TLS_RSA_WITH_AES_128_CBC_SHA", "AES512",
           "PROFILE=SYSTEM", "DEFAULT", "kECDHe", "EECDH-NOPE"]  # fmt: skip

REAL_LISTS = [
    "HIGH:!aNULL:!MD5",
    "DEFAULT",
    "ALL",
    "HIGH:!aNULL:!eNULL:!EXPORT:!CAMELLIA:!DES:!MD5:!PSK:!RC4",
    "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH:AES256+EDH",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384",
    "ALL:!aNULL:!ADH:!eNULL:!LOW:!EXP:RC4+RSA:+HIGH:+MEDIUM",
    "kEECDH+ECDSA+AES128:kEECDH+ECDSA+AES256:kEECDH+AES128:kEECDH+AES256:kEDH+AES128:kEDH+AES256:+SHA:!aNULL:!eNULL",
    "ALL:COMPLEMENTOFALL",
    "SUITEB128",
    "SUITEB192",
]

TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]  # fmt: skip


def openssl(random, separators=":"):
    """A cipher string as OpenSSL reads it; about one in thirty selects nothing or does not parse."""
    kind = random.random()
    if kind < 0.25:
        text = random.choice(REAL_LISTS)
    elif kind < 0.5:
        text = ":".join([random.choice(SUITES[:25]), *random.sample(SUITES, random.randint(0, 6))])
    else:
        text = random.choice(separators).join(item(random, first) for first in [True] + [False] * random.randint(0, 6))
    if random.random() < 0.3:
        text = with_level(random, text)
    if random.random() < 0.08:
        text += random.choice([":@STRENGTH", "@STRENGTH", ":", "::", ":", ":!", "+", ":@NOPE", ":@SECLEVEL=9"])
    return text


def with_level(random, text):
    level = f"@SECLEVEL={random.choice([0] * 12 + [1] * 5 + [2] * 6 + [3, 4, 5])}"
    return random.choice([f"{text}:{level}", f"{text}{level}", f"{level}:{text}"])


def item(random, first):
    operator = "" if first else random.choice(["", "", "", "", "!", "!", "-", "+"])
    word = random.random()
    if word < 0.3:
        return operator + random.choice(SUITES)
    if word < 0.36:
        return operator + random.choice(UNKNOWN)
    terms = random.sample(ALIASES, random.choice([1, 1, 1, 2, 2, 3]))
    if first and random.random() < 0.5:
        terms = [random.choice(["HIGH", "ALL", "ECDHE", "DEFAULT", "AES", "kRSA", "aRSA", "AESGCM"])]
    if not first and word > 0.97:
        terms[-1] = random.choice(SUITES)
    return operator + "+".join(terms)


def ciphersuites(random):
    """A list of TLS 1.3 suites; now and then with a name that is none, or empty."""
    names = random.sample(TLS13_SUITES, random.randint(1, 3))
    kind = random.random()
    if kind < 0.1:
        names.insert(random.randint(0, len(names)), random.choice(["TLS_NOPE", "", "AES128-SHA"]))
    elif kind < 0.13:
        names = [random.choice(["TLS_NOPE", "AES128-SHA256"])]
    return ":".join(names)


# What BoringSSL knows as words; anything else is fatal in Envoy's strict parser.
BORING_SUITES = [
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA",
    "ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-CBC-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_AES_128_GCM_SHA256",
]  # fmt: skip
BORING_ALIASES = [
    "ALL", "HIGH", "kRSA", "aRSA", "RSA", "ECDHE", "kECDHE", "EECDH", "aECDSA", "ECDSA", "AES", "AES128", "AES256",
    "AESGCM", "CHACHA20", "3DES", "SHA", "SHA1", "TLSv1.2", "TLSv1", "SSLv3", "PSK", "kPSK",
]  # fmt: skip

REFUSED_BY_BORINGSSL = ["NOPE", "!aNULL", "@SECLEVEL=0", "DHE-RSA-AES128-GCM-SHA256", "@STRENGTH", "", "MEDIUM",
                        "[ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA]", " AES128-SHA"]  # fmt: skip


def boringssl(random, faults):
    """The elements of Envoy's cipher_suites; with `faults` it may hold what its strict parser refuses."""
    kind = random.random()
    if kind < 0.45:
        elements = random.sample(BORING_SUITES, random.randint(1, 6))
    elif kind < 0.7:
        elements = [
            group(random) if random.random() < 0.4 else random.choice(BORING_SUITES) for _ in range(random.randint(1, 5))
        ]
    else:
        elements = [boring_item(random, number) for number in range(random.randint(1, 5))]
    if random.random() < 0.15:
        at = random.randrange(len(elements))
        elements[at] += ":" + random.choice(BORING_SUITES)
    if faults and random.random() < 0.2:
        elements.insert(random.randint(0, len(elements)), random.choice(REFUSED_BY_BORINGSSL))
    return elements


def boring_item(random, number):
    operator = "" if number == 0 else random.choice(["", "", "", "-", "!", "+"])
    if random.random() < 0.4:
        return operator + random.choice(BORING_SUITES)
    return operator + "+".join(random.sample(BORING_ALIASES, random.choice([1, 1, 2])))


def group(random):
    return "[" + "|".join(random.sample(BORING_SUITES[:16], random.randint(1, 3))) + "]"
