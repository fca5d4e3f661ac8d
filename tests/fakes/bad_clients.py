"""Clients of the served virtual tenant that misbehave."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from conformance.fakes.network.server import Server
from tests.fakes.echo_server import ARM, dial, direct, read_answer


def garbage(server: Server) -> None:
    """Send bytes that are not HTTP, a wrong method, and a head that is too long."""
    assert read_answer(server, b"\x00\xff\x01garbage").startswith(b"HTTP/1.1 400 ")
    assert read_answer(server, b"hello there\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert read_answer(server, f"GET http://{ARM}/ HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 501 ")
    assert read_answer(server, b"CONNECT x HTTP/1.1\r\nA: " + b"b" * 17_000).startswith(b"HTTP/1.1 431 ")


def open_and_close(server: Server) -> None:
    """Connect and send nothing."""
    for _ in range(20):
        dial(server).close()


def reset(server: Server) -> None:
    """Reset the connection at several points."""
    for beginning in (b"", b"\x16", b"CONN", f"CONNECT {ARM}:443 HTTP/1.1\r\n\r\n".encode()):
        with dial(server) as sock:
            sock.sendall(beginning)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_after_an_answer(server: Server) -> None:
    """Reset the connection after an answer, with TLS's closure alert unread."""
    trust = ssl.create_default_context(cafile=server.ca_file)
    for name in (ARM, "localhost"):
        with dial(server) as sock:
            if name == ARM:
                sock.sendall(f"CONNECT {ARM}:443 HTTP/1.1\r\n\r\n".encode())
                sock.recv(65536)
            tls = trust.wrap_socket(sock, server_hostname=name)
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {ARM}\r\n\r\n".encode())
            assert tls.recv(65536).startswith(b"HTTP/1.1 200 ")
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            tls.close()


def close_unread(server: Server) -> None:
    """Close while the answer is on its way, so that the server writes into a reset."""
    trust = ssl.create_default_context(cafile=server.ca_file)
    for _ in range(10):
        with dial(server) as sock, trust.wrap_socket(sock, server_hostname="localhost") as tls:
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {ARM}\r\nConnection: close\r\n\r\n".encode())


def hello() -> bytes:
    """Return a ClientHello as ssl writes it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=ARM).do_handshake()
    return outgoing.read()


def half_a_handshake(server: Server) -> None:
    """Close the connection during the TLS handshake."""
    for beginning in (b"", f"CONNECT {ARM}:443 HTTP/1.1\r\n\r\n".encode()):
        with dial(server) as sock:
            sock.sendall(beginning + hello()[:80])
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass


def plain_text_in_the_tunnel(server: Server) -> None:
    """Send HTTP instead of TLS in the tunnel."""
    answer = read_answer(server, f"CONNECT {ARM}:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\n")


def no_http_in_the_tunnel(server: Server) -> None:
    """Send bytes that are not HTTP over TLS."""
    assert direct(server, b"\x00\x01\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def websocket(server: Server) -> None:
    """Ask for an upgrade to WebSocket, which is ignored."""
    head = f"GET / HTTP/1.1\r\nHost: {ARM}\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n".encode()
    assert direct(server, head).startswith(b"HTTP/1.1 200 ")


MISBEHAVIOUR = [
    garbage,
    open_and_close,
    reset,
    reset_after_an_answer,
    close_unread,
    half_a_handshake,
    plain_text_in_the_tunnel,
    no_http_in_the_tunnel,
    websocket,
]
