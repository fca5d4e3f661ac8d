"""A virtual tenant, recorded in process: what a tape holds after a run, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from conformance import Connection
from conformance.checks.judge import judge
from conformance.checks.outcome import Outcome
from conformance.fakes import World, build
from conformance.recording.interaction import Interaction, answered, asked
from conformance.recording.vcr_persister import Failures, Tape
from conformance.sources.base import Channel
from conformance.verification.pipeline import gather, select_checks
from tests.contoso import START, made_up


@dataclass
class Taping(httpx.AsyncBaseTransport):
    """A world as a source that notes its interactions."""

    world: World
    name: str = "live"
    interactions: list[Interaction] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.world.handler(request)
        body = await response.aread()
        question = asked(request.method, str(request.url), request.content, request.headers.get("content-type", ""))
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.interactions.append(Interaction(request=question, response=answered(response.status_code, headers, body)))
        return response

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        failures = Failures(self)
        yield Channel(failures, self.world.clock, self.world.connection)
        self.interactions += failures.interactions


@dataclass(frozen=True)
class Taped:
    """A run: the tape, the connection and what came of it."""

    tape: Tape
    connection: Connection
    outcomes: list[Outcome]


def taped(scenario: str = "healthy", world: World | None = None, **values: object) -> Taped:
    """A run of all checks on the virtual tenant, recorded."""
    world = world or build(made_up(**values), scenario, START)
    started = world.clock.now()
    source = Taping(world)
    found = asyncio.run(gather(world.connection, source, select_checks()))
    outcomes = [judge(check, found.connection, found.gathered.evidence) for check in select_checks()]
    return Taped(Tape(asyncio.Lock(), started=started, interactions=source.interactions), found.connection, outcomes)
