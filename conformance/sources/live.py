"""The network as a source: sockets that the connections of a run share, and the proxy of the environment."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from weakref import WeakKeyDictionary

import httpx

from conformance.connection import Connection
from conformance.network.proxy_settings import Proxy, proxy_to
from conformance.network.route import EXTENSION, Route, Stage
from conformance.network.trust import trust
from conformance.probing.clock import Clock
from conformance.probing.rate_limits import RateLimits
from conformance.probing.transport import CONCURRENCY, FRESH, SOCKETS
from conformance.sources.base import Channel
from conformance.sources.kept_socket import MAX_IDLE, KeptSocket
from conformance.sources.permits import socket_permits


class Live:
    """The network. HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are used; without the last two, the operating
    system's certificates are trusted.

    Connections that are open at the same time in one event loop reuse each other's sockets: the services have the same
    hosts for every tenant, and a handshake costs as much as several requests. They also share the rate limits. A
    connection is opened only when this process may open the sockets that it needs. Raises
    :class:`~conformance.probing.shortage.Shortage` if it may open too few.
    """

    name = "live"

    def __init__(self) -> None:
        self._shared: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[ConnectionPool, RateLimits]] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Yield a channel over sockets that all connections of the event loop share."""
        permits = socket_permits()
        async with permits.take(MAX_SOCKETS, MIN_SOCKETS) as count:
            sockets, pace = self._shared.setdefault(asyncio.get_running_loop(), (ConnectionPool(), RateLimits()))
            async with sockets.reserve(count, permits.next_is_here):
                yield Channel(sockets, Clock(), connection, pace, min(SOCKETS, count))


MAX_SOCKETS = sum(CONCURRENCY.values()) - CONCURRENCY["sentinel"]
"""Sockets of a connection: for each host its maximum in flight, so that no socket is closed to open another.
Microsoft Sentinel has the host of Azure Resource Manager.
"""
MIN_SOCKETS = 4
"""Minimum sockets to verify a connection in reasonable time."""
TUNNEL = 10.0
"""Seconds for a proxy to open a tunnel and for TLS within it."""


class ConnectionPool(httpx.AsyncBaseTransport):
    """One httpx transport per socket: a request gets a free socket, or a new one up to the reserved number
    (:meth:`reserve`).

    One transport for all sockets is slow: httpcore checks each of them, several times, for every request. A client per
    socket is slow too, and keeps cookies, which must not travel between tenants.
    """

    def __init__(self) -> None:
        self._reserved = self._open = 0
        self._free: dict[str, list[KeptSocket]] = {}
        self._proxies: dict[str, Proxy | None] = {}

    @asynccontextmanager
    async def reserve(
        self, count: int, has_successor: Callable[[], bool] = lambda: False
    ) -> AsyncIterator[ConnectionPool]:
        """Reserve ``count`` more sockets while entered. The caller must not have more requests in flight than that.

        At the end the same number is closed, unless another caller takes over the reservation (``has_successor``) and
        others still have a reservation.
        """
        self._reserved += count
        try:
            yield self
        finally:
            self._reserved -= count
            if not (self._reserved and has_successor()):
                await self._close(self._reserved)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on a free or a new socket of its host; return the response."""
        host = request.url.host
        route = request.extensions[EXTENSION] = Route(host)
        if host not in self._proxies:
            self._proxies[host] = proxy_to(host)
        route.proxy = self._proxies[host]
        free = self._free.setdefault(host, [])
        if free and FRESH not in request.extensions:
            socket = free.pop()
        else:
            self._open += 1
            await self._close(self._reserved)
            socket = KeptSocket(self.create_transport(host))
        leave = partial(self._leave, free, socket)
        try:
            response = await self._through(socket, request, route)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            await self._close(0, [free])  # the idle connections may have ended for the same reason
            await leave()
            raise
        except BaseException:
            await leave()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Read(response.stream, leave)
        return response

    async def _close(self, most: int, among: Collection[list[KeptSocket]] | None = None) -> None:
        """Close free sockets, first those of the host with the most, until at most ``most`` are left in total."""
        lists = self._free.values() if among is None else among
        while self._open > most and (longest := max(lists, key=len, default=None)):
            self._open -= 1
            await longest.pop(0).aclose()

    async def _through(self, socket: KeptSocket, request: httpx.Request, route: Route) -> httpx.Response:
        """Return the answer over a socket. A proxy has ``TUNNEL`` seconds to open the tunnel to the service."""
        if socket.is_open():
            return await socket.put(request)
        if route.proxy is None:
            return await socket.handle_async_request(request)
        route.stage = Stage.CONNECT
        request.extensions["trace"] = route.trace
        try:
            async with asyncio.timeout(TUNNEL) as limit:
                route.on_tunnel = partial(limit.reschedule, None)
                return await socket.handle_async_request(request)
        except TimeoutError:
            if not limit.expired():
                raise
            raise httpx.ConnectTimeout(f"no tunnel within {TUNNEL:g} s", request=request) from None
        finally:
            await route.abandon()

    async def _leave(self, free: list[KeptSocket], socket: KeptSocket) -> None:
        """Return a socket to the free sockets; close it if a service sent surplus bytes."""
        if socket.is_spent():
            self._open -= 1
            await socket.aclose()
        else:
            free.append(socket)

    def create_transport(self, host: str) -> httpx.AsyncBaseTransport:
        """Return a transport for one socket to a host, through its proxy if it has one."""
        proxy = self._proxies[host]
        return httpx.AsyncHTTPTransport(
            verify=self._trust,
            limits=httpx.Limits(keepalive_expiry=MAX_IDLE),
            proxy=httpx.Proxy(proxy.url, ssl_context=self._trust if proxy.url.startswith("https:") else None)
            if proxy
            else None,
        )

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Return the TLS context. It is created only once: that takes 20 ms."""
        return trust()


@dataclass(slots=True)
class _Read(httpx.AsyncByteStream):
    """The body of an answer. Closing it frees the socket."""

    stream: httpx.AsyncByteStream
    leave: Callable[[], Awaitable[None]]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.stream)

    async def aclose(self) -> None:
        try:
            await self.stream.aclose()
        finally:
            await self.leave()
