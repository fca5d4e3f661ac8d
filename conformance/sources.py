"""Where answers come from: the network, the virtual tenant or a cassette. A check never knows which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Live:
    """The network. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured."""

    name: str = "live"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        # httpx reads the environment in its client only; its routing of hosts to proxies is what is wanted here.
        client = httpx.AsyncClient(limits=httpx.Limits(max_connections=None, max_keepalive_connections=64))
        async with client:
            yield Channel(Routed(client), Clock(), connection)


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
