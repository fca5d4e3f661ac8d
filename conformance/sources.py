"""Where answers come from: the network, the virtual tenant or a cassette. A check never knows which."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary

import httpx

from conformance.connection import Connection
from conformance.probing.clock import Clock


class SourceError(Exception):
    """The source cannot be used as asked; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Channel:
    """An open source: how requests travel, what time it is there, and the connection as the source has it."""

    transport: httpx.AsyncBaseTransport
    clock: Clock
    connection: Connection


class Source(Protocol):
    """Opens a channel for one connection."""

    @property
    def name(self) -> str: ...

    def open(self, connection: Connection) -> AbstractAsyncContextManager[Channel]: ...


class Live:
    """The network. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured.

    A connection takes over the sockets of one that has finished while others of its event loop are under way: the
    services have the same hosts for everybody, and a handshake costs as much as several requests.
    """

    name = "live"

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Clients] = WeakKeyDictionary()

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        async with self._clients.setdefault(asyncio.get_running_loop(), Clients()).lent() as client:
            yield Channel(Routed(client), Clock(), connection)


KEPT = 60.0
"""Seconds that a socket without a request is kept."""


class Clients:
    """HTTP clients, each lent to one connection at a time. They keep no cookies: none travels between tenants.

    One for all would be slow: httpcore looks at each socket of a pool, several times, for every request.
    """

    def __init__(self) -> None:
        self._lent = 0
        self._free: list[httpx.AsyncClient] = []

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client. When the last is given back, all are closed."""
        client = self._free.pop() if self._free else self._made()
        self._lent += 1
        try:
            yield client
        finally:
            self._lent -= 1
            self._free.append(client)
            if not self._lent:
                closing, self._free = self._free, []
                for one in closing:
                    await one.aclose()

    def _made(self) -> httpx.AsyncClient:
        # httpx reads the environment in its client only; its routing of hosts to proxies is what is wanted here.
        return httpx.AsyncClient(
            verify=self._trust,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=KEPT),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Read once: that takes 20 ms."""
        return httpx.create_ssl_context()


class Routed(httpx.AsyncBaseTransport):
    """Sends each request through the proxy (or none) that the environment names for its host."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._client.send(request, stream=True)


CASSETTES = Path("cassettes")
"""The folder of recorded connections, unless told otherwise."""


def source(name: str | Source, *, cassettes: Path = CASSETTES) -> Source:
    """The source of a name: ``live``, ``fake``, ``fake:SCENARIO``, ``fake:FAULT``, ``cassette`` or ``cassette:NAME``.

    ``cassettes`` is the folder in which cassettes are looked for first. Raises :class:`SourceError`.
    """
    if not isinstance(name, str):
        return name
    kind, _, detail = name.partition(":")
    if kind == "live" and not detail:
        return Live()
    if kind == "fake":
        from conformance.fakes import Fake

        return Fake(detail or "healthy")
    if kind == "cassette":
        from conformance.recording.replay import Library

        return Library(cassettes, detail or None)
    raise SourceError(f"unknown source {name!r} (live, fake, fake:SCENARIO, fake:FAULT, cassette or cassette:NAME)")
