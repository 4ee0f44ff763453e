"""Runs one case on the real server and writes down what it did, in the form of the recorded cases."""

import os
import pathlib
import socket
import tempfile

import listener
import quic
import scanner
import servers

# What a listener waits for that is told to take the client's address from who stands before it (HAProxy's PROXY protocol).
PROXY_LINE = b"PROXY UNKNOWN\r\n"

# Below the range that the kernel picks client ports from, so that no connection can take a port before its server does.
FIRST_PORT, PORTS_PER_CASE, PORT_BLOCKS = 20000, 20, 600


def run(case, certificates, build, ask):
    """Starts the server of `case`, scans it, and calls `ask(directory, ports, result)` while its files exist.

    `result` is what the server did: {"server", "tls_library", "build", "starts", "endpoints"?, "upstreams"?}.
    """
    server, library, build_name, _ = build
    result = {"server": server, "tls_library": library, "build": build_name, "starts": False}
    with tempfile.TemporaryDirectory(prefix="tlslint-live-") as directory:
        # nginx's workers give up root and still have to read certificates that a variable names.
        os.chmod(directory, 0o755)
        ports = free_ports(case)
        case.lay_out(directory, certificates, ports)
        upstreams = {}
        try:
            for upstream in case.upstreams:
                upstreams[upstream["port"]] = listener.Upstream(("127.0.0.1", ports[upstream["port"]]))
            running = servers.Server(case, directory, ports)
            try:
                result["starts"] = running.starts
                if running.starts:
                    observe_endpoints(case, ports, result)
                    observe_upstreams(case, ports, upstreams, certificates, result)
                else:
                    result["start_messages"] = running.messages()[:5]
            finally:
                running.stop()
        finally:
            for upstream in upstreams.values():
                upstream.close()
        return ask(pathlib.Path(directory), ports, result)


def observe_endpoints(case, ports, result):
    if case.probes:
        result["endpoints"] = []
    for probe in case.probes:
        address = probe.get("host", "127.0.0.1"), ports[probe["port"]]
        if probe.get("quic"):
            if quic.is_available():
                seen = quic.scan(address, probe.get("sni"))
                result["endpoints"].append({"probe": probe["name"], "sni": probe.get("sni"), "quic": seen})
            continue
        if probe.get("starttls", "proxy") != "proxy":
            continue
        greeting = PROXY_LINE if probe.get("starttls") else b""
        seen = scanner.scan(address, probe.get("sni"), greeting)
        result["endpoints"].append(
            {
                "probe": probe["name"],
                "sni": probe.get("sni"),
                "transport": seen.transport,
                "protocols": seen.protocols,
                "tls12_and_below": seen.older_suites,
                "tls13": seen.tls13_suites,
                "refused": seen.refused,
                "groups": seen.groups,
                "groups_in_server_order": seen.groups_in_server_order,
            }
        )


def observe_upstreams(case, ports, upstreams, certificates, result):
    if case.upstreams:
        result["upstreams"] = []
    for upstream in case.upstreams:
        if upstream["trigger"].get("tls"):
            continue
        waiting = upstreams[upstream["port"]]
        reply = trigger(upstream["trigger"], ports)
        # The connection comes before the reply to the request that caused it; health checks come by themselves.
        waiting.arrived.wait(1 if reply else 5)
        hello = waiting.first
        seen = {"upstream": upstream["name"], "front_reply": reply, "client_hello": hello}
        if hello is not None and not hello.get("plaintext"):
            seen["accepts"] = accepted_certificates(waiting, certificates, upstream["trigger"], ports)
        result["upstreams"].append(seen)


def accepted_certificates(waiting, certificates, request, ports):
    """{kind of upstream certificate: whether the server goes on to talk to who shows it}."""
    accepts = {}
    for kind in ("right", "wrong-name", "untrusted"):
        waiting.show(certificates, kind)
        trigger(request, ports)
        waiting.arrived.wait(5)
        accepts[kind] = bool(waiting.accepted)
    return accepts


def trigger(request, ports):
    """Sends an HTTP request through the proxy; the first line of what comes back, or an empty string."""
    headers = f"Host: {request.get('host', 'front.test')}\r\nConnection: close"
    text = f"GET {request.get('path', '/')} HTTP/1.1\r\n{headers}\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", ports[request["port"]]), 20) as connection:
            connection.sendall(text.encode())
            return connection.makefile("rb").readline().decode(errors="replace").strip()
    except OSError:
        return ""


def free_ports(case):
    """A port for each placeholder of `case`, in a block that no other process of this machine uses now."""
    names = case.ports()
    start = os.getpid() * 7
    for step in range(PORT_BLOCKS):
        first = FIRST_PORT + (start + step) % PORT_BLOCKS * PORTS_PER_CASE
        ports = {name: first + offset for offset, name in enumerate(names)}
        if all(is_free(port) for port in ports.values()):
            return ports
    raise servers.Unavailable("no free block of ports")


def is_free(port):
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
