"""The one port of the server: an HTTP proxy for the services' host names, and HTTPS for clients that dial it."""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

MAX_HEAD = 16 * 1024
CHUNK = 64 * 1024
LINGER = 10.0
"""Seconds for a client to hang up after the server did, so that it reads the end of an answer before a reset."""

_TLS_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1, the content type of a ClientHello

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tunnel:
    """Accepts ``CONNECT host:443`` for ``hosts``, and TLS itself; hands both to ``serve`` as one end of a socket pair.

    Anything else gets a short 400, 403, 431 or 501. A client has ``patience`` seconds for its first bytes.
    """

    hosts: frozenset[str]
    serve: Callable[[socket.socket], Coroutine[Any, Any, None]]
    patience: float = 10.0

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen while in the context, and give the port. On leaving, all connections are closed at once."""
        clients: set[asyncio.Task[None]] = set()

        def attend(reader: StreamReader, writer: StreamWriter) -> None:
            if not listener.is_serving():  # accepted just before the end
                writer.transport.abort()
                return
            task = asyncio.create_task(self._attend(reader, writer))
            clients.add(task)
            task.add_done_callback(clients.discard)
            task.add_done_callback(lambda _: writer.transport.abort())  # also when cancelled before its first step

        listener = await asyncio.start_server(attend, host, port, limit=MAX_HEAD, backlog=1024, start_serving=False)
        try:
            await listener.start_serving()
            yield listener.sockets[0].getsockname()[1]
        finally:
            listener.close()
            ending = list(clients)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await listener.wait_closed()

    async def _attend(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with _closing(writer):
                async with asyncio.timeout(self.patience):
                    status, beginning = await self._greet(reader)
                if status is HTTPStatus.OK:
                    if not beginning:
                        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    await self._splice(reader, writer, beginning)
                else:
                    await _refuse(reader, writer, status)
        except* (OSError, EOFError) as ended:
            logger.debug("A client's connection ended: %s", ended.exceptions)

    async def _greet(self, reader: StreamReader) -> tuple[HTTPStatus, bytes]:
        """What to tell the client, and what of its TLS was read already (nothing after a CONNECT)."""
        first = await reader.readexactly(1)
        if first == _TLS_HANDSHAKE:
            return HTTPStatus.OK, first
        if not first.isalpha():
            return HTTPStatus.BAD_REQUEST, b""
        try:
            head = first + await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, b""
        match head.partition(b"\r\n")[0].decode("latin-1").split(" "):
            case ["CONNECT", target, "HTTP/1.1" | "HTTP/1.0"]:
                host, _, port = target.lower().rpartition(":")
                allowed = host in self.hosts and port == "443"
                return HTTPStatus.OK if allowed else HTTPStatus.FORBIDDEN, b""
            case [_, _, "HTTP/1.1" | "HTTP/1.0"]:
                return HTTPStatus.NOT_IMPLEMENTED, b""
        return HTTPStatus.BAD_REQUEST, b""

    async def _splice(self, reader: StreamReader, writer: StreamWriter, beginning: bytes) -> None:
        near, far = socket.socketpair()
        with near, far:
            from_server, to_server = await asyncio.open_connection(sock=near, limit=CHUNK)
            async with _closing(to_server), asyncio.TaskGroup() as group:
                group.create_task(self.serve(far))
                to_server.write(beginning)
                upward = group.create_task(_pump(reader, to_server))
                await _pump(from_server, writer)
                await asyncio.wait({upward}, timeout=LINGER)
                upward.cancel()


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    """Pass bytes on until the source has ended, no faster than the sink takes them; then tell the sink."""
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()
    sink.write_eof()


async def _refuse(reader: StreamReader, writer: StreamWriter, status: HTTPStatus) -> None:
    text = f"{status.phrase}: this port serves HTTPS, and CONNECT to port 443 of the virtual tenant's hosts.\n"
    head = f"HTTP/1.1 {status} {status.phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{text}".encode())
    writer.write_eof()
    async with asyncio.timeout(LINGER):
        while await reader.read(CHUNK):
            pass


@asynccontextmanager
async def _closing(writer: StreamWriter) -> AsyncIterator[None]:
    """Close in good order at the end, at once on an error or when cancelled; either way it is closed afterwards."""
    try:
        yield
        writer.close()
        async with asyncio.timeout(LINGER):
            await writer.wait_closed()
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
