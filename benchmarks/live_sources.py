"""Variants of the live source: with other limits, and with a counter."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from conformance import Connection
from conformance.probing import transport
from conformance.probing.clock import Clock
from conformance.sources.base import Channel
from conformance.sources.live import ConnectionPool, Live


@dataclass(frozen=True)
class OneByOne:
    """The live source with one request in flight at a time: the probes run one after the other."""

    name: str = "serial"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        async with Live().open(connection) as channel:
            yield replace(channel, transport=_Lock(channel.transport))


@dataclass
class Unbounded:
    """The live source without today's limits: 8 requests in flight to Log Analytics, 24 to each other host."""

    name: str = "unbounded"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        bounded = transport.CONCURRENCY
        transport.CONCURRENCY = {**dict.fromkeys(bounded, 24), "log_analytics": 8}
        try:
            async with ConnectionPool().reserve(1000) as sockets:
                yield Channel(sockets, Clock(), connection, sockets=1000)
        finally:
            transport.CONCURRENCY = bounded


@dataclass
class Counting:
    """The live source with a counter of the requests that are in flight at the same time: each needs a socket."""

    most: int = 0
    name: str = "counting"

    @asynccontextmanager
    async def open(self, connection: Connection):  # type: ignore[no-untyped-def]
        async with Live().open(connection) as channel:
            yield replace(channel, transport=_Counting(channel.transport, self))


class _Counting(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, counts: Counting) -> None:
        self._transport, self._counts, self._now = transport, counts, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._now += 1
        self._counts.most = max(self._counts.most, self._now)
        try:
            response = await self._transport.handle_async_request(request)
            await response.aread()
            return response
        finally:
            self._now -= 1


class _Lock(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport, self._lock = transport, asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._lock:
            response = await self._transport.handle_async_request(request)
            await response.aread()
            return response
