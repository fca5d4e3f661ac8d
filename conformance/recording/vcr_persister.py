"""Recording with vcrpy, which keeps all traffic in memory until it is scrubbed and checked.

vcrpy patches httpx globally, so only one tape runs at a time: connections are recorded one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.connection import Connection
from conformance.network.route import EXTENSION
from conformance.probing.network_finding import network_finding
from conformance.recording.interaction import Answered, Interaction, request_of, response_of
from conformance.sources.base import Channel
from conformance.sources.live import Live

DROPPED = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers about the transfer of a body; they do not apply to its recorded form."""


class Keeper:
    """A vcrpy persister that keeps interactions in memory only, before scrubbing."""

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []

    def load_cassette(self, path: str, serializer: object) -> tuple[list[Any], list[Any]]:
        """Return no interactions: each run records all of them."""
        return [], []

    def save_cassette(self, path: str, cassette_dict: dict[str, list[Any]], serializer: object) -> None:
        """Store the interactions in memory instead of writing a file."""
        self.interactions = [
            Interaction(request=_request_part(request), response=_response(response))
            for request, response in zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        ]


@dataclass
class Tape:
    """The network as a source, with recording. ``lock`` is shared by the tapes of a session."""

    lock: asyncio.Lock
    live: Live = field(default_factory=Live)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    interactions: list[Interaction] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        """Return the name of the recorded source."""
        return self.live.name

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Yield a channel of the source whose answers and network failures are recorded."""
        from vcr import VCR

        keeper = Keeper()
        recorder = VCR(record_mode="all", match_on=("uri",), decode_compressed_response=True)
        recorder.persister = keeper
        async with self.lock, self.live.open(connection) as channel:
            failures = Failures(channel.transport)
            self.started = channel.clock.now()
            with recorder.use_cassette(path=connection.name):
                yield replace(channel, transport=failures)
        self.interactions = [*keeper.interactions, *failures.interactions]


class Failures(httpx.AsyncBaseTransport):
    """A transport that records requests with a network error, which vcrpy does not record."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self.interactions: list[Interaction] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request; a network failure is recorded and raised again."""
        try:
            return await self._transport.handle_async_request(request)
        except httpx.HTTPError as error:
            question = request_of(
                request.method, str(request.url), await request.aread(), request.headers.get("content-type", "")
            )
            failure = Answered(
                failure=network_finding(error, request.url.host, request.extensions.get(EXTENSION)).cause
            )
            self.interactions.append(Interaction(request=question, response=failure))
            raise

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


def _request_part(request: Any) -> Any:
    body = request.body or b""
    return request_of(request.method, request.uri, body, str(request.headers.get("content-type", "")))


def _response(response: dict[str, Any]) -> Answered:
    headers = {
        name.lower(): ", ".join(values) for name, values in response["headers"].items() if name.lower() not in DROPPED
    }
    return response_of(response["status"]["code"], headers, response["body"]["string"] or b"")
