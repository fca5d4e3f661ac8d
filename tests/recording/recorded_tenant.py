"""A virtual tenant, recorded in process: the tape of a run, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from conformance import Connection
from conformance.checks.outcome import Outcome
from conformance.fakes import World, build
from conformance.recording.interaction import Interaction, request_of, response_of
from conformance.recording.vcr_persister import Failures, Tape
from conformance.sources.base import Channel
from conformance.verification.pipeline import gather, select_checks
from tests.contoso import START, made_up


@dataclass
class Taping(httpx.AsyncBaseTransport):
    """A source that a world answers, and that records the interactions."""

    world: World
    name: str = "live"
    interactions: list[Interaction] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.world.handler(request)
        body = await response.aread()
        question = request_of(
            request.method, str(request.url), request.content, request.headers.get("content-type", "")
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.interactions.append(
            Interaction(request=question, response=response_of(response.status_code, headers, body))
        )
        return response

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        failures = Failures(self)
        yield Channel(failures, self.world.clock, self.world.connection)
        self.interactions += failures.interactions


@dataclass(frozen=True)
class Taped:
    """A recorded run: its tape, its connection and its outcomes."""

    tape: Tape
    connection: Connection
    outcomes: list[Outcome]


def taped(
    scenario: str = "healthy", world: World | None = None, checks: Iterable[str] | None = None, **values: object
) -> Taped:
    """Run the checks with these ids, by default all, on the virtual tenant; return the recorded run."""
    world = world or build(made_up(**values), scenario, START)
    started = world.clock.now()
    source = Taping(world)
    selection = select_checks(checks)
    examination = asyncio.run(gather(world.connection, source, selection))
    tape = Tape(asyncio.Lock(), started=started, interactions=source.interactions)
    return Taped(tape, examination.connection, examination.outcomes(selection))
