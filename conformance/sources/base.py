"""The interface of a source, which provides the answers for a connection. Checks do not know which source is used."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from conformance.connection import Connection
from conformance.errors import UsageError
from conformance.probing.clock import Clock
from conformance.probing.rate_limits import RateLimits
from conformance.probing.transport import SOCKETS


class SourceError(UsageError):
    """The source cannot be used as asked; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Channel:
    """An open source: its transport, its clock, and the connection as used by the source.

    Channels of the same services and the same time share their ``pace``.
    """

    transport: httpx.AsyncBaseTransport
    clock: Clock
    connection: Connection
    pace: RateLimits = field(default_factory=RateLimits)
    sockets: int = SOCKETS
    """Maximum requests in flight at the same time."""


class Source(Protocol):
    """Opens a channel for one connection."""

    @property
    def name(self) -> str:
        """Return the name of the source for reports."""

    def open(self, connection: Connection) -> AbstractAsyncContextManager[Channel]:
        """Return a context in which the channel to the services of a connection is open."""
