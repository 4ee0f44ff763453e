"""Tries TLS 1.3 suites over QUIC, with the Python package aioquic where it is at hand."""

import asyncio
import ssl

try:
    from aioquic.asyncio.client import connect
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.tls import CipherSuite
except ImportError:
    connect = None

# How long an answer may take, in seconds: a server that refuses a hello says so at once, one that does not listen says nothing.
PATIENCE = 2.0


def is_available():
    return connect is not None


def scan(address, server_name):
    """{"suites": the suites that complete a handshake for HTTP/3, by their IANA names}."""
    suites = {f"TLS_{suite.name}": suite for suite in CipherSuite if suite.name != "EMPTY_RENEGOTIATION_INFO_SCSV"}

    async def scan_all():
        return await asyncio.gather(*[completes(address, server_name, suite) for suite in suites.values()])

    found = asyncio.run(scan_all())
    return {"suites": sorted(name for name, works in zip(suites, found) if works)}


async def completes(address, server_name, suite):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=["h3"],
        verify_mode=ssl.CERT_NONE,
        server_name=server_name,
        cipher_suites=[suite],
        idle_timeout=PATIENCE,
    )

    async def shake_hands():
        async with connect(*address, configuration=configuration, wait_connected=True):
            return True

    try:
        return await asyncio.wait_for(shake_hands(), PATIENCE)
    except (OSError, asyncio.TimeoutError):
        return False
