"""A server of the virtual tenant that answers with the request that it received, and sockets to it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from conformance.fakes.network.server import Server

ARM = "management.azure.com"
LOGIN = "login.microsoftonline.com"
HOSTS = (ARM, LOGIN, "api.loganalytics.io", "graph.microsoft.com")


async def echo(request: httpx.Request) -> httpx.Response:
    """Return an answer that contains the request; raise LookupError for the path ``/broken``."""
    if request.url.path == "/broken":
        raise LookupError("no such state")
    received = {
        "method": request.method,
        "url": str(request.url),
        "target": request.extensions["target"].decode(),
        "headers": dict(request.headers),
        "params": dict(request.url.params),
        "body": request.content.decode(),
    }
    headers = [("Date", "Mon, 01 Jun 2026 10:00:00 GMT"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    return httpx.Response(int(request.headers.get("x-status", 200)), json=received, headers=headers)


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    """Start an echo server and yield it with a client that trusts it."""
    async with Server(echo, HOSTS, **options) as server:
        trust = ssl.create_default_context(cafile=server.ca_file)
        async with httpx.AsyncClient(proxy=server.url, verify=trust, timeout=60) as client:
            yield server, client


NET = 60.0
"""Timeout in seconds, long enough for a slow machine."""


def dial(server: Server, *, timeout: float = NET) -> socket.socket:
    """Return a plain socket to the server, with a timeout in seconds."""
    url = httpx.URL(server.url)
    return socket.create_connection((url.host, url.port), timeout=timeout)


def read_answer(server: Server, data: bytes) -> bytes:
    """Send these bytes and return everything that the server answers until it closes the connection."""
    with dial(server) as sock:
        sock.sendall(data)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def direct(server: Server, request: bytes) -> bytes:
    """Send a request over TLS, without the proxy, and return everything that the server answers."""
    trust = ssl.create_default_context(cafile=server.ca_file)
    with dial(server) as sock, trust.wrap_socket(sock, server_hostname="localhost") as tls:
        tls.sendall(request)
        return b"".join(iter(lambda: tls.recv(65536), b""))
