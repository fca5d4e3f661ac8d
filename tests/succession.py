"""A tenant that changes its state between observations: a connection goes through several scenarios in order.

As a plugin of a pytest run in its own process, it is the virtual tenant of each connection. The name of a connection
lists its scenarios after dots (``a.expired-secret.healthy``). The report of each observation is kept as
``look-N.html``. If ``holds`` follows a scenario, the pause after that scenario never ends, and a file ``holding`` is
created when the pause begins.
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
    """A source: the virtual tenant in the first scenario, after each pause in the next; the last one remains."""

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
        """Save the report page of the current observation."""
        if PAGE.exists():
            shutil.copy(PAGE, f"look-{self.looks}.html")


@asynccontextmanager
async def open_in_succession(self: Fake, connection: Connection) -> AsyncIterator[Channel]:
    _, *scenarios = connection.name.split(".")
    async with Succession(scenarios or ["healthy"]).open(connection) as channel:
        yield channel


def pytest_configure() -> None:
    Fake.open = open_in_succession  # type: ignore[method-assign]
