"""A tenant with events during the verification is healthy, or has the same cause as without events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import Connection, verify
from conformance.fakes import SCENARIOS, Fake, build
from conformance.fakes.living import EVENTS, Life
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.world import World
from conformance.sources.base import Channel, SourceError
from conformance.verification.result import Report
from tests.contoso import START, made_up


@cache
def still() -> frozenset[str]:
    """Return the checks that warn in the healthy tenant without events."""
    outcomes = verify(made_up(), source=Fake(start=START)).outcomes
    return frozenset(outcome.check for outcome in outcomes if outcome.status == "warning")


FIXED_BY_LIFE = frozenset(
    {
        "data-stale",
        "defender-options-dropped",
        "empty-tenant",
        "graph-options-dropped",
        "incidents-not-in-table",
        "pages-repeated",
    }
)
"""Scenarios that end, or are hidden, as soon as an event happens."""


@dataclass
class Living:
    """A source: the healthy tenant, in which ``random`` chooses the events."""

    rate: int
    random: Random
    name: str = "living"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, start=START)
        world.life = Life(world, self.rate, self.random)
        yield Channel(world.transport(), world.clock, world.connection)


def false_words(report: Report) -> list[tuple[str, str, str | None, str | None]]:
    """Return the outcomes that differ from those of a healthy tenant without events."""
    return [
        (outcome.check, outcome.status, outcome.cause, outcome.reason)
        for outcome in report.outcomes
        if outcome.status not in ("passed", "not_applicable", "not_configured")
        and not (outcome.status == "warning" and outcome.check in still())
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rate=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_a_healthy_tenant_with_events_is_healthy(rate: int, seed: int) -> None:
    """The test fixes the seed, not each event: the order of requests differs between two runs with the same seed."""
    report = verify(made_up(), source=Living(rate, Random(seed)))
    assert false_words(report) == []
    assert report.ok


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=st.sampled_from(sorted(SCENARIOS.keys() - FIXED_BY_LIFE - {"living"})), seed=st.integers(0, 10**6))
def test_a_broken_tenant_with_events_has_the_same_cause_as_without(scenario: str, seed: int) -> None:
    report = verify(made_up(), source=Fake(f"{scenario}+living:1:{seed}", START))
    assert sorted(root_cause.root.finding.cause for root_cause in report.verdict.root_causes) == sorted(
        SCENARIOS[scenario].causes
    )
    assert not [outcome for outcome in report.outcomes if outcome.status == "error"]


# The events themselves


def lived(seed: int, events: int = 300) -> World:
    world = build(made_up(), start=START)
    world.life = Life(world, 1, Random(seed))
    for _ in range(events):
        world.life.go_on()
    return world


def state_of(tenant: Tenant) -> Any:
    defender = tenant.defender
    lists = defender.machines, defender.alerts, defender.graph_alerts, defender.graph_incidents
    return tenant.workspace.incidents, lists, {name: table.rows for name, table in tenant.workspace.tables.items()}


def test_the_same_seed_gives_the_same_events() -> None:
    assert state_of(lived(7).tenant) == state_of(lived(7).tenant)
    assert state_of(lived(7).tenant) != state_of(lived(8).tenant)


def test_all_routes_show_the_same_events() -> None:
    tenant = lived(3).tenant
    in_graph = {incident["id"]: incident for incident in tenant.defender.graph_incidents}
    assert len(tenant.workspace.incidents) > 3
    for incident in tenant.workspace.incidents:
        listed = in_graph[str(incident.number)]
        assert listed["severity"] == incident.severity.lower()
        assert listed["status"] == "redirected" or listed["displayName"] == incident.title
    merged = [listed for listed in in_graph.values() if listed["redirectIncidentId"]]
    assert merged
    assert not {listed["id"] for listed in merged} & {alert["incidentId"] for alert in tenant.defender.graph_alerts}
    rows = {row["IncidentName"] for row in tenant.workspace.tables["SecurityIncident"].rows}
    assert len(rows) > 8  # of the timeline, and already ingested


def test_every_event_is_possible_in_an_empty_tenant(subtests: pytest.Subtests) -> None:
    for event in EVENTS:
        with subtests.test(event=event.__name__):
            world = build(made_up(), "empty-tenant", START)
            event(Life(world, 1, Random(0)))


def test_a_rate_and_a_seed_are_given_with_the_name() -> None:
    assert build(made_up(), "living:3:42+no-licence", START).life is not None
    with pytest.raises(SourceError, match="living:RATE:SEED"):
        Fake("living:much")
    with pytest.raises(SourceError, match="is written no-licence,"):
        Fake("no-licence:1")
