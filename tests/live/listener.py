"""An upstream: keeps the first ClientHello somebody sends it, then serves TLS under certificates of choice."""

import socket
import ssl
import threading

import registry
import wire


class Upstream:
    """Stands where a proxy believes its upstream to be.

    `first` is the first thing received: the offer as a dictionary in the form of the recorded cases, or
    `{"plaintext": True}`; None while nothing came. `accepted` tells of the last connection under `context`, whether the
    peer went on to send data.
    """

    def __init__(self, address):
        self.first = None
        self.context = None
        self.accepted = None
        self.arrived = threading.Event()
        self.socket = socket.create_server(address)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    self.handle(connection)
                except OSError:
                    continue

    def handle(self, connection):
        if self.context is not None:
            self.accepted = is_accepted(connection, self.context)
            self.arrived.set()
            return
        received = receive(connection)
        if received is not None and self.first is None:
            self.first = received
            self.arrived.set()

    def show(self, certificates, kind):
        """From now on, serves TLS with the certificates of this kind."""
        self.accepted = None
        self.arrived.clear()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1
        # Whatever the proxy offers, as long as it makes the certificate matter.
        context.set_ciphers("ALL:!aNULL:!PSK:!SRP:@SECLEVEL=0")
        for algorithm in ("rsa", "ecdsa"):
            name = f"{certificates}/upstream-{kind}-{algorithm}"
            context.load_cert_chain(f"{name}.crt", f"{name}.key")
        self.context = context

    def close(self):
        # A blocked accept() is not woken by close() alone.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def is_accepted(connection, context):
    """Whether the peer, having seen the certificate, sends data. Some check it only after the handshake."""
    try:
        with context.wrap_socket(connection, server_side=True) as secure:
            accepted = bool(secure.recv(1))
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    except OSError:
        return False
    return accepted


def receive(connection):
    """What the peer starts with, or None when it says nothing or gives up at once."""
    stream = connection.makefile("rb")
    header = stream.read(5)
    if header == b"PROXY":
        # HAProxy's `send-proxy`: one line about the client.
        stream.readline()
        header = stream.read(5)
    if len(header) < 5:
        return None
    if header[0] == 21:
        # An alert in place of a ClientHello: the proxy has nothing that it could offer.
        return None
    if header[0] != 22:
        return {"plaintext": True}
    data = stream.read(int.from_bytes(header[3:5], "big"))
    while len(data) < 4 + int.from_bytes(data[1:4], "big"):
        header = stream.read(5)
        data += stream.read(int.from_bytes(header[3:5], "big"))
    return read_client_hello(data[4:])


def read_client_hello(body):
    legacy = registry.VERSION_NAMES.get(int.from_bytes(body[0:2], "big"), "?")
    at = 35 + body[34]
    suites = read_shorts(body[at + 2 : at + 2 + int.from_bytes(body[at : at + 2], "big")])
    at += 2 + int.from_bytes(body[at : at + 2], "big")
    offer = {
        # Without supported_versions only the highest version shows.
        "versions": [f"<={legacy}"],
        "suites": [registry.suite_name(code) for code in suites if is_choice(code)],
        "sni": None,
        "groups": [],
        "legacy_version": legacy,
    }
    for number, data in wire.read_extensions(body[at + 1 + body[at] :]):
        if number == 0:
            offer["sni"] = data[5 : 5 + int.from_bytes(data[3:5], "big")].decode()
        elif number == 10:
            offer["groups"] = [registry.group_name(code) for code in read_shorts(data[2:]) if code not in registry.GREASE]
        elif number == 43:
            versions = [code for code in read_shorts(data[1:]) if code not in registry.GREASE]
            offer["versions"] = [registry.VERSION_NAMES.get(code, hex(code)) for code in versions]
    return offer


def is_choice(code):
    return code not in registry.GREASE and code not in (registry.RENEGOTIATION_SCSV, registry.FALLBACK_SCSV)


def read_shorts(data):
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2)]
