"""The one port of the server: a proxy to the services' host names, HTTPS for clients that dial it, and control."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from conformance.fakes.clients import Client, Clients, cancel_all
from conformance.fakes.network.failures import Obstacle
from conformance.probing.open_files import files_left, raise_limit, reserve_files

MAX_HEAD = 16 * 1024
CHUNK = 64 * 1024
FILES = 3
"""Open files per client: its own socket, and the pair between it and the server of HTTP."""
LINGER = 10.0
"""Seconds for a client to hang up after the server did, so that it reads the end of an answer before a reset."""

_TLS_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1, the content type of a ClientHello

Serve = Callable[[socket.socket, Client], Coroutine[Any, Any, None]]
"""Serves the client at the other end of a socket until either hangs up."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Welcome:
    """How to serve a client: by ``serve``, to which already-read bytes are passed on; ``greeting`` is sent first."""

    serve: Serve
    read: bytes = b""
    greeting: bytes = b""


@dataclass(frozen=True)
class Refusal:
    status: HTTPStatus
    reason: str = ""


@dataclass(frozen=True)
class Tunnel:
    """Accepts ``CONNECT host:443`` for ``hosts``, and TLS itself; hands both to ``serve`` as one end of a socket pair.

    ``plain`` serves requests in origin form without TLS, from this machine only. ``obstacle`` gives the network failure
    of a host; behind a foreign certificate, ``foreign`` serves. Anything else gets a short 400, 403, 431, 501 or 502. A
    client has ``patience`` seconds for its first bytes. It serves as many clients as the process may open files for;
    further ones wait until one of these has gone or is idle, and is hung up on.
    """

    hosts: frozenset[str]
    serve: Serve
    plain: Serve | None = None
    foreign: Serve | None = None
    obstacle: Callable[[str], Obstacle | None] = lambda host: None
    patience: float = 30.0

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen while in the context; yield the port. On leaving, all connections are closed at once."""
        raise_limit()
        most = max(files_left() // (FILES + 1), 1)  # clients in the same process need the rest
        clients = Clients(most)
        bound = await asyncio.start_server(lambda *_: None, host, port, start_serving=False)
        with reserve_files(most * FILES), ExitStack() as open_sockets:
            listening = [open_sockets.enter_context(socket.dup()) for socket in bound.sockets]
            bound.close()
            for listener in listening:
                listener.setblocking(False)
                listener.listen(1024)
            accepting = [asyncio.create_task(clients.accept(listener, self._attend)) for listener in listening]
            try:
                yield listening[0].getsockname()[1]
            finally:
                await cancel_all(accepting)
                await clients.end()

    async def _attend(self, sock: socket.socket, client: Client) -> None:
        reader, writer = await asyncio.open_connection(sock=sock, limit=MAX_HEAD)
        try:
            async with _closing(writer):
                async with asyncio.timeout(self.patience):
                    reaction = await self._greet(reader, client.address)
                match reaction:
                    case Welcome():
                        writer.write(reaction.greeting)
                        await _splice(reader, writer, reaction, client)
                    case Refusal():
                        await _refuse(reader, writer, reaction)
        except* (OSError, EOFError) as ended:
            logger.debug("A client's connection ended: %s", ended.exceptions)

    async def _greet(self, reader: StreamReader, peer: str) -> Welcome | Refusal | None:
        """Return how to serve or refuse a client, by its first bytes; None to hang up."""
        first = await reader.readexactly(1)
        if first == _TLS_HANDSHAKE:
            return Welcome(self.serve, first)
        if not first.isalpha():
            return Refusal(HTTPStatus.BAD_REQUEST)
        try:
            head = first + await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        match head.partition(b"\r\n")[0].decode("latin-1").split(" "):
            case ["CONNECT", target, "HTTP/1.1" | "HTTP/1.0"]:
                host, _, port = target.lower().rpartition(":")
                return self._way_to(host) if host in self.hosts and port == "443" else Refusal(HTTPStatus.FORBIDDEN)
            case [_, target, "HTTP/1.1" | "HTTP/1.0" | "HTTP/2.0"] if target.startswith(("/", "*")) and self.plain:
                here = ipaddress.ip_address(peer.partition("%")[0]).is_loopback
                return Welcome(self.plain, head) if here else Refusal(HTTPStatus.FORBIDDEN)
            case [_, _, "HTTP/1.1" | "HTTP/1.0"]:
                return Refusal(HTTPStatus.NOT_IMPLEMENTED)
        return Refusal(HTTPStatus.BAD_REQUEST)

    def _way_to(self, host: str) -> Welcome | Refusal | None:
        established = b"HTTP/1.1 200 Connection established\r\n\r\n"
        match self.obstacle(host):
            case Obstacle.NAME_UNKNOWN:
                return Refusal(HTTPStatus.BAD_GATEWAY, "Name or service not known")
            case Obstacle.REFUSED:
                return None
            case Obstacle.TUNNEL_UNAUTHENTICATED:
                return Refusal(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
            case Obstacle.TUNNEL_DENIED:
                return Refusal(HTTPStatus.FORBIDDEN)
            case Obstacle.TUNNEL_FAILED:
                return Refusal(HTTPStatus.SERVICE_UNAVAILABLE)
            case Obstacle.CERTIFICATE_FOREIGN if self.foreign:
                return Welcome(self.foreign, greeting=established)
        return Welcome(self.serve, greeting=established)


async def _splice(reader: StreamReader, writer: StreamWriter, welcome: Welcome, client: Client) -> None:
    near, far = socket.socketpair()
    with near, far:
        from_server, to_server = await asyncio.open_connection(sock=near, limit=CHUNK)
        async with _closing(to_server), asyncio.TaskGroup() as group:
            group.create_task(welcome.serve(far, client))
            to_server.write(welcome.read)
            upward = group.create_task(_pump(reader, to_server))
            await _pump(from_server, writer)
            await asyncio.wait({upward}, timeout=LINGER)
            upward.cancel()


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    """Pass bytes on until the source has ended, no faster than the sink takes them; then end the sink."""
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()
    sink.write_eof()


async def _refuse(reader: StreamReader, writer: StreamWriter, refusal: Refusal) -> None:
    reason = refusal.reason or refusal.status.phrase
    text = f"{reason}: this port serves HTTPS, and CONNECT to port 443 of the virtual tenant's hosts.\n"
    head = f"HTTP/1.1 {refusal.status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{text}".encode())
    writer.write_eof()
    async with asyncio.timeout(LINGER):
        while await reader.read(CHUNK):
            pass


@asynccontextmanager
async def _closing(writer: StreamWriter) -> AsyncIterator[None]:
    """Close the connection: in order at the normal end, at once on an error or when cancelled."""
    try:
        yield
        writer.close()
        async with asyncio.timeout(LINGER):
            await writer.wait_closed()
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
