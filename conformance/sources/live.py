"""Where answers come from: the network, the virtual tenant or a cassette. A check never knows which."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Protocol
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

import httpx

from conformance.connection import Connection
from conformance.probing.clock import Clock
from conformance.probing.rate_limits import RateLimits
from conformance.probing.surplus import surplus
from conformance.redaction import describe, remember_environment


class SourceError(Exception):
    """The source cannot be used as asked; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Channel:
    """An open source: how requests travel, what time it is there, and the connection as the source has it.

    Channels of the same services and the same time share their ``pace``.
    """

    transport: httpx.AsyncBaseTransport
    clock: Clock
    connection: Connection
    pace: RateLimits = field(default_factory=RateLimits)


class Source(Protocol):
    """Opens a channel for one connection."""

    @property
    def name(self) -> str: ...

    def open(self, connection: Connection) -> AbstractAsyncContextManager[Channel]: ...


class Live:
    """The network. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured.

    Connections that are open at the same time in one event loop use the same sockets, one after the other: the services
    have the same hosts for everybody, and a handshake costs as much as several requests. They share a pace as well.
    """

    name = "live"

    def __init__(self) -> None:
        self._shared: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[ConnectionPool, RateLimits]] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        sockets, pace = self._shared.setdefault(asyncio.get_running_loop(), (ConnectionPool(), RateLimits()))
        async with sockets:
            yield Channel(sockets, Clock(), connection, pace)


MAX_IDLE = 60.0
"""Seconds that a socket without a request is kept."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """A transport of httpx for each socket: one that is free, or a new one. The last who leaves closes all.

    One transport for all sockets is slow: httpcore looks at each of them, several times, for every request. A client
    for each is slow too, and keeps cookies, which must not travel between tenants.
    """

    def __init__(self) -> None:
        self._users = 0
        self._free: dict[str, list[httpx.AsyncBaseTransport]] = {}

    async def __aenter__(self) -> ConnectionPool:
        self._users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            closing, self._free = self._free, {}
            for transport in chain.from_iterable(closing.values()):
                await transport.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        free = self._free.setdefault(request.url.host, [])
        transport = free.pop() if free else self._made(request.url.host)
        leave = partial(self._leave, free, transport)
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await leave()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Read(response.stream, leave)
        return response

    @staticmethod
    async def _leave(free: list[httpx.AsyncBaseTransport], transport: httpx.AsyncBaseTransport) -> None:
        """A transport is free again; one that has more to read than was asked for is closed instead."""
        if surplus(transport):
            await transport.aclose()
        else:
            free.append(transport)

    def _made(self, host: str) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(
            verify=self._trust, limits=httpx.Limits(keepalive_expiry=MAX_IDLE), proxy=proxy_for(host)
        )

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Read once: that takes 20 ms."""
        return httpx.create_ssl_context()


@dataclass(slots=True)
class _Read(httpx.AsyncByteStream):
    """The body of an answer, whose socket is free once it is closed."""

    stream: httpx.AsyncByteStream
    leave: Callable[[], Awaitable[None]]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self.stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self.stream.aclose()
        finally:
            await self.leave()


def proxy_for(host: str) -> str | None:
    """The proxy that the environment (or, on macOS and Windows, the system) has for https:// on a host."""
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


CASSETTES = Path("cassettes")
"""The folder of recorded connections, unless told otherwise."""


def source(name: str | Source, *, cassettes: Path = CASSETTES) -> Source:
    """The source of a name: ``live``, ``fake``, ``fake:SCENARIO``, ``fake:FAULT``, ``cassette`` or ``cassette:NAME``.

    ``cassettes`` is the folder in which cassettes are looked for first. Raises :class:`SourceError`.
    """
    remember_environment()
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
    raise SourceError(
        f"unknown source {describe(name)} (live, fake, fake:SCENARIO, fake:FAULT, cassette or cassette:NAME)"
    )
