"""One socket to a host: httpx opens it, and it is used again without httpcore and h11."""

from __future__ import annotations

import select
import time
from socket import socket
from ssl import SSLObject

import httpcore
import httpx

from conformance.probing.surplus import surplus
from conformance.sources.direct_stream import DirectStream
from conformance.sources.http_answer import HttpAnswer, is_parser_installed

MAX_IDLE = 15.0
"""Maximum seconds that a socket is kept without a request: after longer times, proxies close it more often."""


class KeptSocket(httpx.AsyncBaseTransport):
    """A transport of httpx for one socket, and the stream that this transport has opened.

    httpx opens the socket, through proxies and TLS, and sends the first request on it; so all errors until a service
    answers are reported by httpx and httpcore. Later requests on the same socket are written and parsed here, by llhttp
    (httptools) if it is installed: a request through a proxy and TLS takes 0.30 ms of processor time, against 0.60 ms
    with httpx's transport. httpx-aiohttp (0.2.0) took 0.37 ms. It is not used: it reports both a reset and a failed
    handshake as ConnectTimeout, shows neither the stages of a proxy nor the service's certificate, does not support
    SOCKS, sends a request twice without notice, and keeps the cookies of all tenants.

    If llhttp does not accept an answer, the connection counts as broken: httpx sends the request again, on a new
    socket, and its result counts.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._stream: httpcore.AsyncNetworkStream | None = None
        """Open, and used once by httpx; None where httpx has to open a stream, or must send all requests."""
        self._direct: DirectStream | None = None
        """The same stream from its second request on, where it can be read without anyio."""
        self._tcp: socket | None = None
        self._tls: SSLObject | None = None
        self._idle_since = 0.0
        self._answer: HttpAnswer | None = None
        """The last answer that was parsed here."""

    def is_open(self) -> bool:
        """Return whether :meth:`put` can be used for the next request."""
        if self._stream is None or self._tcp is None or time.monotonic() - self._idle_since > MAX_IDLE:
            return False
        if self._direct is not None and not self._direct.is_idle():
            return False
        return not _is_readable(self._tcp)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request by httpx, which opens the socket if necessary; return the response."""
        if self._direct is not None:
            await self.aclose()  # httpx would wait for data that this stream no longer passes to it
        self._stream = self._answer = None
        response = await self._transport.handle_async_request(request)
        if is_parser_installed() and not isinstance(
            response.stream, httpx.ByteStream
        ):  # a recorder's body is in memory
            self._keep(response.extensions.get("network_stream"))
        return response

    def _keep(self, stream: httpcore.AsyncNetworkStream | None) -> None:
        """Keep a stream for the next requests. Its parts are read only once: anyio builds a table for each call."""
        self._stream = stream
        if stream is not None:
            self._tcp, self._tls = stream.get_extra_info("socket"), stream.get_extra_info("ssl_object")

    async def put(self, request: httpx.Request) -> httpx.Response:
        """Send a request on the open socket, and return its answer as soon as its headers are complete."""
        assert self._stream is not None
        timeouts = request.extensions.get("timeout", {})
        if self._answer is None:
            self._direct = DirectStream.of(self._stream)
        stream = self._direct or self._stream
        answer = self._answer = HttpAnswer(stream, self._stream, timeouts.get("read"), self.aclose)
        try:
            return await answer.response(request, timeouts.get("write"))
        except BaseException:
            await self.aclose()
            raise

    def is_spent(self) -> bool:
        """Return whether the socket must be closed after an answer: it has surplus bytes, or the connection ends."""
        self._idle_since = time.monotonic()
        if self._answer is None:
            return surplus(self._transport)
        if self._direct is not None and not self._direct.is_idle():
            return True
        return not self._answer.is_last_word() or (self._tls is not None and self._tls.pending() > 0)

    async def aclose(self) -> None:
        """Close the socket."""
        self._stream = self._direct = None
        await self._transport.aclose()


def _is_readable(tcp: socket) -> bool:
    """Return whether an idle socket has bytes to read, has reached its end, or is closed."""
    if tcp.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows, where any socket number is allowed
        return bool(select.select([tcp], [], [], 0)[0])
    poll = select.poll()
    poll.register(tcp, select.POLLIN)
    return bool(poll.poll(0))
