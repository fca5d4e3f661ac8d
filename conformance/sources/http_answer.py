"""An answer of HTTP/1.1 from an open stream, parsed by llhttp (httptools)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec

import httpcore
import httpx

READ = 64 * 1024
"""Maximum bytes that are read at once."""
LARGEST_HEAD = 100 * 1024
"""Maximum bytes of status line and headers, the same as httpcore's."""


@cache
def is_parser_installed() -> bool:
    """Return whether httptools is installed: the extra ``fast``."""
    return find_spec("httptools") is not None


class HttpAnswer(httpx.AsyncByteStream):
    """The answer to one request on a stream that is open: its headers first, then its body as it is read.

    Raises the errors of httpx's own transport: ``httpx.RemoteProtocolError`` for an incomplete answer or one that is
    not HTTP, ``httpx.ReadError`` and the like for errors of the stream. ``close`` ends the connection.
    ``network_stream`` becomes the response's extension of this name.
    """

    def __init__(
        self,
        stream: httpcore.AsyncNetworkStream,
        network_stream: httpcore.AsyncNetworkStream,
        timeout: float | None,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        from httptools import HttpResponseParser

        self._stream, self._timeout, self._close = stream, timeout, close
        self._network_stream = network_stream
        self._parser = HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._head = b""
        """The bytes received until the headers were complete."""
        self._in_body = self._complete = self._cut = self._more = False
        self._framed = self._chunked = False
        self._body_length = 0
        self._length = 0
        self._tail = b""

    async def response(self, request: httpx.Request, write: float | None) -> httpx.Response:
        """Send the request, and return the response, whose body is not read yet."""
        with _as_httpx():
            with suppress(httpcore.WriteError):  # as httpcore does: a service may answer early
                await self._stream.write(_message(request), write)
            while not self._in_body:
                await self._read()
        extensions = {"http_version": b"HTTP/1.1", "network_stream": self._network_stream}
        status = self._parser.get_status_code()
        return httpx.Response(status, headers=self._headers, stream=self, extensions=extensions)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._parts or not self._complete:
            if self._parts:
                part = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
                self._parts.clear()
                yield part
            else:
                with _as_httpx():
                    await self._read()

    async def aclose(self) -> None:
        """Close the socket, unless the answer is complete."""
        if not self._complete:
            await self._close()

    def is_last_word(self) -> bool:
        """Return whether the answer is complete, no bytes followed it, and the connection stays open."""
        if not self._complete or self._more or self._cut:
            return False
        if self._chunked:
            return not self._tail.endswith(b"\r\n\r\n\r\n")
        head = self._head.find(b"\r\n\r\n") + 4
        return head >= 4 and self._length == head + self._body_length

    async def _read(self) -> None:
        from httptools import HttpParserError

        data = await self._stream.read(READ, self._timeout)
        if not data:
            if not self._in_body:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            if self._framed:
                raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
            self._complete = self._cut = True
            return
        self._length += len(data)
        self._tail = (self._tail + data)[-6:]
        if not self._in_body:
            self._head += data
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            if not self._complete:
                raise httpx.RemoteProtocolError(str(error)) from error
            self._more = True
        if not self._in_body and len(self._head) > LARGEST_HEAD:
            raise httpx.RemoteProtocolError("the headers are too long")

    # Methods that httptools calls:

    def on_message_begin(self) -> None:
        """Record that more bytes came after a complete answer (called by the parser)."""
        self._more |= self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; trailers are ignored (called by the parser)."""
        if not self._in_body:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Determine how the body ends; interim answers are skipped (called by the parser)."""
        if self._complete:
            return
        if self._parser.get_status_code() < 200:  # an interim answer
            self._more = True
            self._headers.clear()
            return
        names = {name.lower() for name, _ in self._headers}
        self._chunked = b"transfer-encoding" in names
        self._framed = self._chunked or b"content-length" in names
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        """Take a part of the body (called by the parser)."""
        if not self._complete:
            self._body_length += len(body)
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Determine whether the connection stays open (called by the parser)."""
        if self._in_body and not self._complete:
            self._complete = True
            self._cut = not self._parser.should_keep_alive()


def _message(request: httpx.Request) -> bytes:
    """Return the bytes of a request. httpx has added ``Host`` and the length of the content."""
    lines = [request.method.encode("ascii") + b" " + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.content


@contextmanager
def _as_httpx() -> Iterator[None]:
    """While entered, raise errors of httpcore as the httpx errors of the same names."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
