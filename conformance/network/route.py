"""The route of one request: direct or through a proxy, and the last stage that the request reached."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from conformance.network.proxy_settings import Proxy, exemption

EXTENSION = "route"
"""The extension of an ``httpx.Request`` with its :class:`Route`."""
_SCHEME = re.compile(r"(?:^|,\s*)([A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")


class Stage(IntEnum):
    """The stages of a request through a proxy, in order."""

    CONNECT = 1
    """A TCP connection to the proxy."""
    PROXY_TLS = 2
    """The TLS handshake with an https:// proxy itself."""
    TUNNEL = 3
    """The request for a tunnel: CONNECT, or the negotiation of SOCKS."""
    SERVICE_TLS = 4
    """The TLS handshake with the service, within the tunnel."""
    SERVICE = 5
    """The request itself, within TLS."""


_EVENTS: Mapping[str, Stage] = {
    "connection.connect_tcp.started": Stage.CONNECT,
    "socks.connect_tcp.started": Stage.CONNECT,
    "connection.start_tls.started": Stage.PROXY_TLS,
    "socks.setup_socks5_connection.started": Stage.TUNNEL,
    "proxy.start_tls.started": Stage.SERVICE_TLS,
    "socks.start_tls.started": Stage.SERVICE_TLS,
    "proxy.start_tls.complete": Stage.SERVICE,
    "socks.start_tls.complete": Stage.SERVICE,
}
"""The stage that begins with each event of httpcore's ``trace`` extension."""


@dataclass(slots=True)
class Route:
    """The route of one request to ``host``; ``proxy`` is None for a direct connection.

    ``status`` and ``headers`` (lower-case names) are those of the proxy's answer to CONNECT. ``on_tunnel`` is called
    once the tunnel is open and TLS within it is established, also when an earlier connection is reused.
    """

    host: str
    proxy: Proxy | None = None
    stage: Stage = Stage.SERVICE
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    on_tunnel: Callable[[], None] = lambda: None
    _close: Callable[[], Awaitable[None]] | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Record the stage of a request. It is a ``trace`` extension of httpcore, used only with a proxy."""
        if event in ("connection.connect_tcp.complete", "socks.connect_tcp.complete"):
            self._close = info["return_value"].aclose
        if event in _EVENTS:
            self._reach(_EVENTS[event])
        elif event == "http11.send_request_headers.started":
            self._reach(Stage.TUNNEL if info["request"].method == b"CONNECT" else Stage.SERVICE)
        elif event == "http11.receive_response_headers.complete" and self.stage is Stage.TUNNEL:
            _, self.status, _, headers, *_ = info["return_value"]
            for name, value in headers:
                key, text = name.decode("latin-1").lower(), value.decode("latin-1")
                self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    async def abandon(self) -> None:
        """Close the stream that httpcore (1.0.9) leaves open if SOCKS gave no tunnel, or a TLS handshake timed out."""
        if self._close is not None and self.stage is not Stage.SERVICE:
            await self._close()

    def _reach(self, stage: Stage) -> None:
        self.stage = stage
        if stage is Stage.SERVICE:
            self.on_tunnel()

    @property
    def schemes(self) -> tuple[str, ...]:
        """Return the authentication schemes that the proxy offers, such as ("Negotiate", "NTLM")."""
        offered = re.sub(r'"[^"]*"', '""', self.headers.get("proxy-authenticate", ""))
        return tuple(dict.fromkeys(name for name in _SCHEME.findall(offered) if len(name) < 20))

    @property
    def exemption(self) -> str | None:
        """Return the NO_PROXY setting that exempts the request from a configured proxy; None if there is none."""
        return exemption(self.host) if self.proxy is None else None
