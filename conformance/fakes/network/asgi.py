"""The virtual tenant as an ASGI 3 application: requests of a real server become httpx requests, and answers go back."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx

from conformance.fakes.network import content_coding

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]
Latency = float | Callable[[httpx.Request], float]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 1_000_000
"""Bytes. The largest body that a declared operation sends, an Advanced Hunting query, is far below it."""

# RFC 9110 section 7.6.1: these belong to one connection. The server frames the body anew, and sends it decoded.
_OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_OF_THE_CODED_BODY = frozenset({b"content-length", b"content-encoding"})
_DROPPED = _OF_THE_CONNECTION | _OF_THE_CODED_BODY
_PORT = re.compile(r":\d+$")

logger = logging.getLogger(__name__)


@dataclass
class Application:
    """Answers requests to ``hosts`` with ``handler``, after ``latency`` seconds; any port may be named with the host.

    ``log`` gets one line of JSON per request: time, method, host, path, status (null: there was no answer) and
    duration_ms; no query, no header and no body. ``requests`` counts all requests, refused ones included. If the
    handler raises ``httpx.TransportError``, the client gets no answer for a timeout, else a cut connection.

    The handler sees the URL as httpx writes it, so that it is the same as without a server in between; the target as
    it came over the wire is in ``request.extensions["target"]``.
    """

    handler: Handler
    hosts: frozenset[str]
    latency: Latency = 0.0
    log: Callable[[str], None] | None = None
    requests: int = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        self.requests += 1
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        host = _PORT.sub("", _values(headers, b"host").lower())
        try:
            response = await self._answer(scope, headers, host, receive)
        except ConnectionAbortedError:
            return
        except httpx.TransportError as nothing:
            self._note(scope, host, None, time.monotonic() - started)
            await _withhold(nothing, scope, receive)
            return
        self._note(scope, host, response.status_code, time.monotonic() - started)
        await _send(response, send)

    async def _answer(
        self, scope: Message, headers: list[tuple[bytes, bytes]], host: str, receive: Receive
    ) -> httpx.Response:
        if host not in self.hosts:
            return httpx.Response(421, text="This host is not one of the virtual tenant's.\n")
        body = await _body(headers, receive)
        if body is None:
            return content_coding.too_large(MAX_BODY)
        if codings := _values(headers, b"content-encoding"):
            try:
                body = content_coding.decode(body, codings, MAX_BODY)
            except content_coding.UndecodableBody as undecodable:
                return undecodable.response
            headers = [(name, value) for name, value in headers if name.lower() not in _OF_THE_CODED_BODY]
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        try:
            url = _url(host, target)
        except (httpx.InvalidURL, UnicodeDecodeError):
            return httpx.Response(400, text="The request target is not a URL.\n")
        forwarded = [(name, value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION]
        request = httpx.Request(scope["method"], url, headers=forwarded, content=body, extensions={"target": target})
        try:
            if delay := self.latency(request) if callable(self.latency) else self.latency:
                await asyncio.sleep(delay)
            response = await self.handler(request)
            await response.aread()
        except httpx.TransportError:
            raise
        except Exception:
            logger.exception("The virtual tenant could not answer %s https://%s%s", request.method, host, url.path)
            return httpx.Response(500, text="The virtual tenant could not answer.\n")
        return response

    def _note(self, scope: Message, host: str, status: int | None, seconds: float) -> None:
        if self.log is None:
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "method": scope["method"],
            "host": host,
            "path": scope["path"],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
        }
        try:
            self.log(json.dumps(line))
        except Exception:  # the client still gets its answer
            logger.exception("The log of requests could not be written")


@lru_cache(maxsize=1024)
def _url(host: str, target: bytes) -> httpx.URL:
    """Return the URL of a request. Cached: parsing takes a tenth of the time of an answer, and clients repeat URLs."""
    return httpx.URL(scheme="https", host=host, raw_path=target)


async def _withhold(nothing: httpx.TransportError, scope: Message, receive: Receive) -> None:
    """Send no answer: cut the connection, or stay silent until the client hangs up."""
    if not isinstance(nothing, httpx.TimeoutException):
        scope["state"]["abort"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _values(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    """Return the values of a header, given in lower case, as one text; empty if it is missing."""
    return ", ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


async def _body(headers: list[tuple[bytes, bytes]], receive: Receive) -> bytes | None:
    """Return the whole body, or None if it is too large. Raises ConnectionAbortedError when the client goes away."""
    if int(_values(headers, b"content-length") or 0) > MAX_BODY:
        return None
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        more = message.get("more_body", False)
    return bytes(body)


async def _send(response: httpx.Response, send: Send) -> None:
    headers = [(name, value) for key, value in response.headers.raw if (name := key.lower()) not in _DROPPED]
    # RFC 9110 sections 6.4.1 and 8.6: these two have no body.
    bodiless = response.status_code in (204, 304)
    body = b"" if bodiless else response.content
    if not bodiless:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
