"""ClientHellos as bytes, and what servers answer to them. No TLS library, no cryptography.

A server shows its choice of version, suite and group before it can notice that the client holds no private key: every
share below is a public value that anybody may send (the curve's own generator, the number 2, zeros).
"""

import os
import socket
import struct
from dataclasses import dataclass, field

import registry

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
    42: "bad_certificate", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 50: "decode_error",
    51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip

# ServerHello.random of a HelloRetryRequest (RFC 8446, section 4.1.3).
RETRY_RANDOM = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")

# Base points of NIST P-256, P-384 and P-521, uncompressed (FIPS 186-4, D.1.2): the public key of the private key 1.
P256 = bytes.fromhex(
    "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
)
P384 = bytes.fromhex(
    "04AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7"
    "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F"
)
P521 = bytes.fromhex(
    "0400C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A"
    "429BF97E7E31C2E5BD66011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013F"
    "AD0761353C7086A272C24088BE94769FD16650"
)
X25519 = bytes([9]) + bytes(31)
X448 = bytes([5]) + bytes(55)

# An ML-KEM encapsulation key of zeros is well-formed: every coefficient is below the modulus (FIPS 203, section 7.2).
SHARES = {
    23: P256, 24: P384, 25: P521, 29: X25519, 30: X448,
    256: bytes(255) + b"\2", 257: bytes(383) + b"\2", 258: bytes(511) + b"\2", 259: bytes(767) + b"\2",
    260: bytes(1023) + b"\2",
    512: bytes(800), 513: bytes(1184), 514: bytes(1568),
    4587: P256 + bytes(1184), 4588: bytes(1184) + X25519, 4589: P384 + bytes(1568),
}  # fmt: skip

# In bytes, with what is around it: less than an Ed25519 certificate with nothing in it, more than EncryptedExtensions.
SHORTEST_CERTIFICATE = 200


class Silence(Exception):
    """The server neither answered nor closed in time, so nothing can be said."""


@dataclass
class Hello:
    """What a ClientHello offers."""

    version: str
    suites: list
    sni: str | None = None
    groups: list = field(default_factory=lambda: list(registry.ALL_GROUPS))
    shares: list = field(default_factory=list)
    signatures: list = field(default_factory=lambda: list(registry.ALL_SIGNATURES))
    # What goes before it.
    greeting: bytes = b""


@dataclass
class Answer:
    """What came back: a choice (`suite` is set), a refusal, or something that is not TLS."""

    version: str | None = None
    suite: int | None = None
    group: int | None = None
    retry: bool = False
    refusal: str | None = None
    plaintext: bool = False


def vector(length, data):
    """`data` behind its length in `length` bytes."""
    return len(data).to_bytes(length, "big") + data


def shorts(values):
    return struct.pack(f">{len(values)}H", *values)


def extension(number, data):
    return struct.pack(">H", number) + vector(2, data)


def client_hello(hello):
    """The record that carries `hello`."""
    legacy = min(registry.VERSIONS[hello.version], registry.VERSIONS["TLSv1.2"])
    body = struct.pack(">H", legacy) + os.urandom(32)
    body += vector(1, os.urandom(32) if hello.version == "TLSv1.3" else b"")
    body += vector(2, shorts([*hello.suites, registry.RENEGOTIATION_SCSV])) + vector(1, b"\0")
    if hello.version != "SSLv3":
        body += vector(2, extensions(hello))
    record_version = min(legacy, registry.VERSIONS["TLSv1"])
    return b"\x16" + struct.pack(">H", record_version) + vector(2, b"\x01" + vector(3, body))


def extensions(hello):
    out = b""
    if hello.sni is not None:
        out += extension(0, vector(2, b"\0" + vector(2, hello.sni.encode())))
    out += extension(10, vector(2, shorts(hello.groups)))
    out += extension(11, vector(1, b"\0"))
    if hello.version in ("TLSv1.2", "TLSv1.3"):
        out += extension(13, vector(2, shorts(hello.signatures)))
    if hello.version == "TLSv1.3":
        out += extension(43, vector(1, shorts([registry.VERSIONS["TLSv1.3"]])))
        out += extension(45, vector(1, b"\1"))
        out += extension(51, vector(2, b"".join(shorts([group]) + vector(2, SHARES[group]) for group in hello.shares)))
    return out


def ask(address, hello, timeout=20.0):
    """Sends `hello` to `address` and reads as far as the server's choice is certain.

    That is beyond the ServerHello, for a server may choose a suite and then fail to sign for it: the ServerHelloDone
    below TLS 1.3, and in TLS 1.3 as many encrypted bytes as a certificate needs and an alert does not.
    """
    try:
        with socket.create_connection(address, timeout) as connection:
            # No lingering port per probe: a scan makes tens of thousands of connections.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(hello.greeting + client_hello(hello))
            return read_answer(connection.makefile("rb"))
    except (BrokenPipeError, ConnectionResetError):
        return Answer(refusal="reset")
    except TimeoutError as late:
        raise Silence(f"{address[0]}:{address[1]} did not answer a {hello.version} hello") from late


def read_answer(stream):
    answer, pending, encrypted = Answer(), b"", 0
    while encrypted < SHORTEST_CERTIFICATE:
        header = stream.read(5)
        if not header:
            return Answer(refusal="closed" if answer.suite is None else "an alert, encrypted")
        if header[0] not in (20, 21, 22, 23) or header[1:2] != b"\x03":
            return Answer(plaintext=True)
        data = stream.read(int.from_bytes(header[3:5], "big"))
        if header[0] == 21:
            return Answer(refusal="alert " + ALERTS.get(data[1], str(data[1])) if len(data) == 2 else "alert")
        if header[0] != 22:
            encrypted += len(data) if header[0] == 23 else 0
            continue
        pending += data
        while len(pending) >= 4 and len(pending) >= 4 + int.from_bytes(pending[1:4], "big"):
            end = 4 + int.from_bytes(pending[1:4], "big")
            kind, body, pending = pending[0], pending[4:end], pending[end:]
            if kind == 2:
                read_server_hello(answer, body)
                if answer.retry:
                    return answer
            elif kind == 12:
                read_server_key_exchange(answer, body)
            elif kind == 14:
                return answer
            elif kind == 1:
                # Our own hello: something echoes.
                return Answer(plaintext=True)
    return answer


def read_server_hello(answer, body):
    version = int.from_bytes(body[0:2], "big")
    answer.retry = body[2:34] == RETRY_RANDOM
    at = 35 + body[34]
    answer.suite = int.from_bytes(body[at : at + 2], "big")
    for number, data in read_extensions(body[at + 3 :]):
        if number == 43:
            version = int.from_bytes(data, "big")
        elif number == 51:
            answer.group = int.from_bytes(data[0:2], "big")
    answer.version = registry.VERSION_NAMES.get(version, hex(version))


def read_extensions(data):
    """(number, body) of each extension in `data`, a vector with its length in front, or nothing at all."""
    data = data[2 : 2 + int.from_bytes(data[0:2], "big")]
    while len(data) >= 4:
        number, length = struct.unpack(">HH", data[:4])
        yield number, data[4 : 4 + length]
        data = data[4 + length :]


def read_server_key_exchange(answer, body):
    # ECCurveType named_curve (RFC 8422, section 5.4); finite-field parameters start with a length instead, whose first
    # byte is zero or one for every prime in use.
    if body[0] == 3 and "_ECDH" in registry.suite_name(answer.suite):
        answer.group = int.from_bytes(body[1:3], "big")
