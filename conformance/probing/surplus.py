"""Surplus bytes after an answer, which would be read as the answer to the next request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx


def surplus(transport: httpx.AsyncBaseTransport) -> bool:
    """Return whether an idle connection of this transport has unread bytes after its answer.

    httpcore closes an idle connection if the operating system has unread bytes; bytes that arrived together with the
    answer are in the buffer of h11 or of TLS; this function looks for them.
    """
    pool = getattr(transport, "_pool", None)
    return any(map(_has_surplus, _connections(pool)))


def _connections(pool: Any) -> Iterator[Any]:
    """Yield the innermost connection for each connection of a pool: proxies wrap them."""
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
