"""The virtual tenant as a source of answers."""

from __future__ import annotations

import difflib
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from conformance.connection import Connection
from conformance.fakes.faults import FAULTS
from conformance.fakes.identities import Identities
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.scenarios.registry import Arrange
from conformance.fakes.state.healthy import healthy
from conformance.fakes.world import World
from conformance.sources.base import Channel, SourceError


def arrangement(scenario: str) -> list[Arrange]:
    """Return the functions that put a world into the state of a scenario, of a fault (its name has a slash), or of
    several joined by ``+``.

    Raises :class:`SourceError` for an unknown one.
    """
    return [_fault(name) if "/" in name else _scenario(name) for name in re.split(r"\+(?=[a-z])", scenario)]


def _scenario(name: str) -> Arrange:
    """Return the function of a scenario; numbers behind its name, as in ``living:3:7``, are its options in
    their order.
    """
    name, *options = name.split(":")
    if name not in SCENARIOS:
        raise SourceError(
            f"unknown scenario {name!r}{_suggestion(name, SCENARIOS)}; --sentinel-list-scenarios shows all"
        )
    scenario = SCENARIOS[name]
    if len(options) > len(scenario.options) or not all(re.fullmatch(r"\d{1,9}", option) for option in options):
        takes = ":".join([name, *(option.upper() for option in scenario.options)])
        raise SourceError(f"scenario {name!r} is written {takes}, with whole numbers")
    return partial(scenario.arrange, **dict(zip(scenario.options, map(int, options), strict=False)))


def _fault(name: str) -> Arrange:
    if name not in FAULTS:
        raise SourceError(f"unknown fault {name!r}{_suggestion(name, FAULTS)}; docs/fakes.md lists all")
    if FAULTS[name].endpoint is None:
        raise SourceError(f"fault {name!r} is only met in pasted text: --sentinel-explain reads it")
    return lambda world: world.fault(name)


def _suggestion(name: str, names: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, names, 1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""


def build(
    connection: Connection,
    scenario: str = "healthy",
    start: datetime | None = None,
    began: datetime | None = None,
    identities: Identities | None = None,
) -> World:
    """Return the world of a connection in the state of a scenario; the app has ``identities`` beside the connection's
    own. Raises :class:`SourceError` for an unknown scenario.

        world = build(connection, "no-graph-consent")
        response = world.answer(httpx.Request("GET", "https://graph.microsoft.com/v1.0/security/alerts_v2"))
    """
    world = healthy(connection, start, began)
    if identities is not None:
        identities.add_to(world.tenant)
    for arrange in arrangement(scenario):
        arrange(world)
    return world


class Fake:
    """A source that answers each connection from a separate virtual tenant, in the state of a scenario or a fault, or
    of several joined by ``+``.

        report = verify(connection, source=Fake("no-azure-role"))
    """

    def __init__(self, scenario: str = "healthy", start: datetime | None = None) -> None:
        arrangement(scenario)  # raises SourceError for an unknown one
        self.scenario, self._start = scenario, start

    @property
    def name(self) -> str:
        """Return the value of ``--sentinel-source`` that selects it."""
        return "fake" if self.scenario == "healthy" else f"fake:{self.scenario}"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Yield a channel to a new tenant in its scenario, with a clock of its own."""
        world = build(connection, self.scenario, self._start)
        yield Channel(world.transport(), world.clock, world.connection)
