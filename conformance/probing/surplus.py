"""Whether a service has sent more on a socket than one answer: the rest would be read as the next answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx


def surplus(transport: httpx.AsyncBaseTransport) -> bool:
    """Return whether something is left to read on a connection of this transport that has been answered.

    httpcore closes an idle connection where the operating system has something to read; what came together with the
    answer is in h11's buffer, or in that of TLS, and is looked for here.
    """
    pool = getattr(transport, "_pool", None)
    return any(map(_has_surplus, _connections(pool)))


def _connections(pool: Any) -> Iterator[Any]:
    """Yield the innermost connection of each of a pool's: proxies wrap them."""
    for connection in getattr(pool, "connections", ()):
        while (inner := getattr(connection, "_connection", None)) is not None:
            connection = inner
        yield connection


def _has_surplus(connection: Any) -> bool:
    state, stream = getattr(connection, "_h11_state", None), getattr(connection, "_network_stream", None)
    if state is not None and state.trailing_data[0]:
        return True
    secured = stream.get_extra_info("ssl_object") if stream is not None else None
    return secured is not None and secured.pending() > 0
