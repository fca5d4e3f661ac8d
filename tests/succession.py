"""A tenant that is in another state at each look: the scenarios of a connection, one after the other.

As a plugin of a pytest run in a process of its own it is the virtual tenant of each connection. The scenarios are in
the name, after dots (``a.expired-secret.healthy``), and the report of each look stays as ``look-N.html``. Where
``holds`` follows a scenario, the pause after it does not end by itself, and a file ``holding`` says that it has begun.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx

from conformance import Connection
from conformance.fakes import build
from conformance.fakes.source import Fake
from conformance.probing.clock import VirtualClock
from conformance.sources.base import Channel

PAGE = Path("out/report.html")
HOLDS = "holds"
HOLDING = Path("holding")


class Succession:
    """A source: the virtual tenant in the first scenario, and after each pause in the next; the last one stays."""

    name = "succession"

    def __init__(self, scenarios: Sequence[str], start: datetime | None = None) -> None:
        self.scenarios, self.start = scenarios, start
        self.looks = 0
        """Pauses so far."""
        self.requests: list[int] = [0] * len(scenarios)
        """Requests in each scenario."""

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        source = self
        worlds = [build(connection, scenario, self.start) for scenario in self.scenarios if scenario != HOLDS]

        class Clock(VirtualClock):
            async def sleep(self, seconds: float) -> None:
                if HOLDS in source.scenarios[source.looks + 1 : source.looks + 2]:
                    HOLDING.touch()  # noqa: ASYNC240 - at once
                    await asyncio.Event().wait()
                await super().sleep(seconds)
                if seconds >= 1.0:  # not the pause before a retry
                    source.looks += 1
                    source.paused()

        async def handler(request: httpx.Request) -> httpx.Response:
            at = min(source.looks, len(worlds) - 1)
            source.requests[at] += 1
            return await worlds[at].handler(request)

        yield Channel(httpx.MockTransport(handler), Clock(self.start), worlds[0].connection)

    def paused(self) -> None:
        """Keep the page of the report as it is at a look."""
        if PAGE.exists():
            shutil.copy(PAGE, f"look-{self.looks}.html")


@asynccontextmanager
async def opened(self: Fake, connection: Connection) -> AsyncIterator[Channel]:
    _, *scenarios = connection.name.split(".")
    async with Succession(scenarios or ["healthy"]).open(connection) as channel:
        yield channel


def pytest_configure() -> None:
    Fake.open = opened  # type: ignore[method-assign]
