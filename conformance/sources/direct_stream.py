"""A socket of asyncio that is open already, with or without TLS, without anyio between them."""

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
    """TLS between two buffers: of what came from the network, and of what is to go there."""

    ssl_object: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO

    @classmethod
    def of(cls, stream: object) -> Tls | None:
        """Return the parts of anyio's stream; None for any other."""
        parts = [getattr(stream, name, None) for name in ("_ssl_object", "_read_bio", "_write_bio")]
        return None if None in parts else cls(*parts)  # type: ignore[arg-type]

    def is_busy(self) -> bool:
        """Return whether something waits to be read or sent."""
        return bool(self.incoming.pending or self.outgoing.pending or self.ssl_object.pending())


class DirectStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A stream that httpcore and anyio have opened, read and written without them from now on.

    anyio makes a time limit, a scope to cancel and a turn of the event loop for each read and write, and asks the
    system to watch the socket anew: a fifth of the processor time of a request on a kept socket, for limits that
    requests here do not use (:class:`conformance.probing.host.Host` has theirs). httpcore would take another
    network backend, but httpx's transport cannot be given one.

    Errors are httpcore's, with those of the system or of TLS as their causes; an end with or without TLS's own
    goodbye reads as ``b""``, as httpcore has it.
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
        """Return the stream of an idle socket as a direct one; None where it is no socket of asyncio with at most one
        layer of TLS (there are two through an https proxy), or data was received that was not read.

        The parts are private to httpcore and anyio: with versions that have others, streams stay theirs.
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
        """Return whether nothing was received that was not read, and no end was met."""
        return not (self._received or self._ended or self._error)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return what was received, as soon as something was; ``b""`` at the end."""
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
        """Hand a request to the transport, which sends it while an answer is waited for."""
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

    # What the event loop calls:

    def data_received(self, data: bytes) -> None:
        """Take what came."""
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
        """Note the end; the transport stays open until the socket is closed."""
        if self._tls is not None:
            self._tls.incoming.write_eof()
            self._decrypt(self._tls)
        self._ended = True
        self._wake()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is closed, by an error or by this side."""
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
            pass  # a record that is not complete
        except ssl.SSLEOFError:
            self._ended = True
        except ssl.SSLError as error:
            self._fail(error)
        self._flush(tls)

    def _fail(self, error: Exception) -> None:
        """Have reading fail by the first error."""
        if self._error is None:
            self._error = httpcore.ReadError(str(error))
            self._error.__cause__ = error

    def _flush(self, tls: Tls) -> None:
        """Send what TLS has to say: requests, and its own answers to the service."""
        if tls.outgoing.pending and not self._transport.is_closing():
            self._transport.write(tls.outgoing.read())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and not self.is_idle():
            self._waiter.set_result(None)
