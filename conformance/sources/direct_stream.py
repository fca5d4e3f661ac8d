"""An open socket of asyncio, with or without TLS, used without anyio."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass

import httpcore

READ = 64 * 1024
"""Bytes that are decrypted at once."""
MAX_BUFFERED = 4 * READ
"""Bytes of an answer that wait to be read; then nothing more is taken from the network."""


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS between two buffers: one for data from the network, one for data to the network."""

    ssl_object: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO

    @classmethod
    def of(cls, stream: object) -> Tls | None:
        """Return the parts of anyio's stream; None for any other."""
        parts = [getattr(stream, name, None) for name in ("_ssl_object", "_read_bio", "_write_bio")]
        return None if None in parts else cls(*parts)  # type: ignore[arg-type]

    def is_busy(self) -> bool:
        """Return whether data waits to be read or sent."""
        return bool(self.incoming.pending or self.outgoing.pending or self.ssl_object.pending())


class DirectStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A stream that httpcore and anyio have opened, and that is read and written without them from then on.

    For each read and write, anyio creates a time limit and a cancel scope, takes a turn of the event loop, and has the
    system watch the socket again. This takes a fifth of the processor time of a request on a kept socket, for limits
    that requests here do not use (:class:`conformance.probing.host.Host` limits them). httpcore accepts another network
    backend, but httpx's transport has no option for it.

    Errors are httpcore's, with those of the system or of TLS as their causes. As in httpcore, the end of a stream reads
    as ``b""``, with or without TLS's ``close_notify``.
    """

    def __init__(self, transport: asyncio.Transport, tls: Tls | None) -> None:
        self._transport, self._tls = transport, tls
        self._received: deque[bytes] = deque()
        self._buffered = 0
        self._paused = self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @classmethod
    def of(cls, stream: httpcore.AsyncNetworkStream) -> DirectStream | None:
        """Return the stream of an idle socket as a direct stream. Return None if it is not a socket of asyncio with at
        most one layer of TLS (an https proxy adds a second), or if received data was not read.

        This uses private parts of httpcore and anyio: with versions that lack them, their own streams stay in use.
        """
        outer = getattr(stream, "_stream", None)
        tls = Tls.of(outer)
        inner = outer if tls is None else getattr(outer, "transport_stream", None)
        transport, before = getattr(inner, "_transport", None), getattr(inner, "_protocol", None)
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            return None
        if getattr(before, "read_queue", True) or (tls is not None and tls.is_busy()):
            return None
        direct = cls(transport, tls)
        transport.set_protocol(direct)
        transport.resume_reading()
        return direct

    def is_idle(self) -> bool:
        """Return whether all received data was read, and the stream has not ended."""
        return not (self._received or self._ended or self._error)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return received data, as soon as there is any; ``b""`` at the end."""
        while not self._received:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            if timeout is None:
                await self._waiter
                continue
            try:
                async with asyncio.timeout(timeout):
                    await self._waiter
            except TimeoutError as error:
                raise httpcore.ReadTimeout from error
        part = self._received.popleft()
        if len(part) > max_bytes:
            self._received.appendleft(part[max_bytes:])
            part = part[:max_bytes]
        self._buffered -= len(part)
        if self._paused and self._buffered <= MAX_BUFFERED:
            self._paused = False
            self._transport.resume_reading()
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Pass a request to the transport, which sends it while the caller waits for the answer."""
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        if self._tls is None:
            self._transport.write(buffer)
            return
        try:
            self._tls.ssl_object.write(buffer)
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error)) from error
        self._flush(self._tls)

    async def aclose(self) -> None:
        """Close the socket at once."""
        self._transport.abort()

    # Methods that the event loop calls:

    def data_received(self, data: bytes) -> None:
        """Store or decrypt received data, and wake the reader."""
        if self._tls is None:
            self._take(data)
        else:
            self._tls.incoming.write(data)
            self._decrypt(self._tls)
        if self._buffered > MAX_BUFFERED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Record the end of the stream; return True, so that the transport stays open until the socket is closed."""
        if self._tls is not None:
            self._tls.incoming.write_eof()
            self._decrypt(self._tls)
        self._ended = True
        self._wake()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Record that the connection is closed, by an error or by this side."""
        if error is not None:
            self._fail(error)
        self._ended = True
        self._wake()

    def _take(self, data: bytes) -> None:
        self._received.append(data)
        self._buffered += len(data)

    def _decrypt(self, tls: Tls) -> None:
        try:
            while tls.incoming.pending or tls.ssl_object.pending():
                if not (data := tls.ssl_object.read(READ)):
                    self._ended = True
                    break
                self._take(data)
        except ssl.SSLWantReadError:
            pass  # an incomplete TLS record
        except ssl.SSLEOFError:
            self._ended = True
        except ssl.SSLError as error:
            self._fail(error)
        self._flush(tls)

    def _fail(self, error: Exception) -> None:
        """Record the first error, which reading raises."""
        if self._error is None:
            self._error = httpcore.ReadError(str(error))
            self._error.__cause__ = error

    def _flush(self, tls: Tls) -> None:
        """Send the output of TLS: requests, and its own messages to the service."""
        if tls.outgoing.pending and not self._transport.is_closing():
            self._transport.write(tls.outgoing.read())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and not self.is_idle():
            self._waiter.set_result(None)
