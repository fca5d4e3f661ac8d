"""Network failures in place of an answer: an httpx error in process, and the same failure over sockets.

The messages are those of OpenSSL and of glibc, as Python shows them.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn

import httpx

from conformance.fakes.services.routes import Call


class Obstacle(Enum):
    """A handler of the virtual tenant that raises its error in place of an answer."""

    NAME_UNKNOWN = (httpx.ConnectError, "[Errno -2] Name or service not known")
    """Over sockets: a refusal by the proxy in place of a tunnel, because the proxy resolves names."""
    REFUSED = (httpx.ConnectError, "[Errno 111] Connection refused")
    """Over sockets: the connection ends before any byte is sent."""
    CERTIFICATE_FOREIGN = (
        httpx.ConnectError,
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain",
    )
    """Over sockets: a certificate by an unknown authority."""
    SILENT = (httpx.ReadTimeout, "timed out")
    """Over sockets: no answer, for as long as the client waits."""

    TUNNEL_UNAUTHENTICATED = (httpx.ProxyError, "407 Proxy Authentication Required")
    TUNNEL_DENIED = (httpx.ProxyError, "403 Forbidden")
    TUNNEL_FAILED = (httpx.ProxyError, "503 Service Unavailable")
    """Over sockets: this status in place of a tunnel."""

    def __call__(self, call: Call) -> NoReturn:
        kind, message = self.value
        raise kind(message, request=call.request)
