"""The virtual tenant as a source of answers."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from conformance.connection import Connection
from conformance.fakes.building import healthy
from conformance.fakes.scenarios import SCENARIOS, Scenario
from conformance.fakes.world import World
from conformance.sources import Channel, SourceError


def arrangement(scenario: str) -> list[Scenario]:
    """The scenarios of a name, or of several joined by ``+``. Raises :class:`SourceError` for an unknown one."""
    found = []
    for name in scenario.split("+"):
        if name not in SCENARIOS:
            near = difflib.get_close_matches(name, SCENARIOS, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise SourceError(f"unknown scenario {name!r}{hint}; --sentinel-list-scenarios shows all")
        found.append(SCENARIOS[name])
    return found


def build(
    connection: Connection,
    scenario: str = "healthy",
    start: datetime | None = None,
    began: datetime | None = None,
) -> World:
    """The world of a connection in the state of a scenario. Raises :class:`SourceError` for an unknown one."""
    world = healthy(connection, start, began)
    for one in arrangement(scenario):
        one.arrange(world)
    return world


class Fake:
    """Answers every connection from a virtual tenant of its own, in the state of a scenario (or several: ``a+b``)."""

    def __init__(self, scenario: str = "healthy", start: datetime | None = None) -> None:
        arrangement(scenario)  # an unknown one is told now
        self.scenario, self._start = scenario, start

    @property
    def name(self) -> str:
        return "fake" if self.scenario == "healthy" else f"fake:{self.scenario}"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, self.scenario, self._start)
        yield Channel(world.transport(), world.clock, world.connection)
