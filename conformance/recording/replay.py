"""The replay of a cassette: its interactions give the answers, its clock gives the time. Nothing is sent, no credential
is needed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from conformance.connection import Connection
from conformance.network.proxy_settings import UnusableSetting
from conformance.probing.clock import VirtualClock
from conformance.recording import replay_connection
from conformance.recording.cassette import SHIPPED, Cassette, exists, names, place, read
from conformance.recording.interaction import Answered, Interaction, content, key, request_of
from conformance.sources.base import Channel, SourceError

FAILURES: Mapping[str, tuple[type[httpx.HTTPError], str]] = {
    "timed_out": (httpx.ConnectTimeout, "timed out"),
    "tls_untrusted": (httpx.ConnectError, "CERTIFICATE_VERIFY_FAILED"),
    "dns_failure": (httpx.ConnectError, "Name or service not known"),
    "intercepted": (httpx.DecodingError, "altered on the way"),
    "proxy_unusable": (UnusableSetting, "the proxy setting of the recording machine cannot be used"),
    "proxy_auth_required": (httpx.ProxyError, "407 Proxy Authentication Required"),
    "proxy_denied": (httpx.ProxyError, "403 Forbidden"),
    "proxy_failed": (httpx.ProxyError, "502 Bad Gateway"),
    "connection_failed": (httpx.ConnectError, "connection failed"),
}
"""The transport error that is diagnosed as each cause."""


class MissingInteraction(Exception):
    """The cassette does not contain this request. Its probe gets an internal error, never a failure."""


class Replay(httpx.AsyncBaseTransport):
    """A transport that answers from interactions. Repeated requests get their answers in recorded order, then the last
    one again.
    """

    def __init__(self, name: str, interactions: tuple[Interaction, ...]) -> None:
        self._name = name
        self._answers: dict[str, list[Answered]] = defaultdict(list)
        for interaction in reversed(interactions):
            self._answers[key(interaction.request)].append(interaction.response)
        self._silent = {
            httpx.URL(interaction.request.url).host: interaction.response
            for interaction in interactions
            if interaction.response.failure == "timed_out"
        }
        """Answers to requests that were not sent because their host had timed out, by host."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded answer to a request.

        Raises :class:`MissingInteraction` if the cassette has none, and the recorded network failure if there was one.
        """
        body = await request.aread()
        await asyncio.sleep(0)  # let other tasks run, as a network would
        question = request_of(request.method, str(request.url), body, request.headers.get("content-type", ""))
        answers = self._answers.get(key(question))
        if not answers and (silence := self._silent.get(request.url.host)):
            answers = [silence]
        if not answers:
            text = f"cassette {self._name} holds no answer to {request.method} {request.url.host}{request.url.path}"
            raise MissingInteraction(text)
        answer = answers.pop() if len(answers) > 1 else answers[0]
        if answer.status is None:
            error, message = FAILURES.get(answer.failure or "", FAILURES["connection_failed"])
            raise error(message, request=request) if issubclass(error, httpx.RequestError) else error(message)
        return httpx.Response(answer.status, headers=answer.headers, content=content(answer), request=request)


@dataclass(frozen=True)
class Played:
    """One cassette as a source, with the recorded connection and the recorded time."""

    cassette: Cassette

    @property
    def name(self) -> str:
        """Return the value of ``--sentinel-source`` that selects it."""
        return f"cassette:{self.cassette.manifest.name}"

    def holds(self, check: str) -> bool:
        """Return whether the recording includes a check, by id."""
        return any(part.id == check for part in self.cassette.manifest.checks)

    def connection(self) -> Connection:
        """Return the connection of the recording, under pseudonyms."""
        manifest = self.cassette.manifest
        return replay_connection.connection(manifest.name, manifest.connection)

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Yield a channel that replays the cassette, at the time of its recording."""
        manifest = self.cassette.manifest
        transport = Replay(manifest.name, self.cassette.interactions)
        recorded = replace(self.connection(), name=connection.name)  # the caller knows it by this name
        yield Channel(transport, VirtualClock(manifest.recorded), recorded)


@dataclass(frozen=True)
class Library:
    """The cassettes of a folder, and those that come with the suite, as a source.

    A connection gets the cassette with its own name, or the ``selected`` one.
    """

    folder: Path
    selected: str | None = None

    @property
    def name(self) -> str:
        """Return the value of ``--sentinel-source`` that selects it."""
        return f"cassette:{self.selected}" if self.selected else "cassette"

    def find(self, name: str) -> Played:
        """Return the cassette with a name, from the folder first, then from the suite.

        Raises :class:`~conformance.sources.base.SourceError`.
        """
        own, shipped = place(self.folder, name), place(SHIPPED, name)
        return Played(read(own if exists(own) or not exists(shipped) else shipped))

    def of(self, connection: Connection) -> Played:
        """Return the selected cassette, or the one with the connection's name. Raises like :meth:`find`."""
        return self.find(self.selected or connection.name)

    def connections(self) -> list[Connection]:
        """Return the connection of the selected cassette, or of all cassettes in the folder.

        Raises :class:`SourceError` if there is none or one cannot be read.
        """
        cassette_names = [self.selected] if self.selected else names(self.folder)
        if not cassette_names:
            raise SourceError(
                f"{self.folder}: holds no cassette; --sentinel-source=cassette:NAME plays one of the suite's"
            )
        return [self.find(name).connection() for name in cassette_names]

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Yield a channel that replays the connection's cassette."""
        async with self.of(connection).open(connection) as channel:
            yield channel
