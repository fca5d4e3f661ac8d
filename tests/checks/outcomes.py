"""Arranged worlds, and how checks end in them.

A test arranges a world - its tenant's state, or one endpoint's answers - and says how a check must end there::

    def test_ended_secret():
        fails("AUTH-003", world("expired-secret"), "secret_expired")
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from conformance import Connection
from conformance.checks.outcome import Outcome
from conformance.checks.registry import catalogue
from conformance.fakes.services.routes import ANSWERS, GATES, Call, Handler, respond
from conformance.fakes.source import build
from conformance.fakes.world import Disturbance, World
from conformance.findings import CAUSES
from conformance.sources.base import Channel
from conformance.verification.api import verify
from tests.contoso import START, made_up

Change = Callable[[dict[str, Any]], "dict[str, Any] | None"]


def world(scenario: str = "healthy", **values: object) -> World:
    """The world of the made-up connection with these values, in the state of a scenario (or several: ``a+b``)."""
    return build(made_up(**values), scenario, START)


@dataclass(frozen=True)
class Arranged:
    """A source: answers come from a world as it was arranged, to the connection as the world has it."""

    world: World
    name: str = "arranged"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        yield Channel(self.world.transport(), self.world.clock, self.world.connection)


# How checks end


def outcomes_by_check(world: World, *ids: str) -> dict[str, Outcome]:
    """The outcomes of these checks by id; of all but the negative control, if none is named."""
    report = verify(world.connection, source=Arranged(world), checks=ids or None)
    return {outcome.check: outcome for outcome in report.outcomes}


def outcome(id: str, world: World) -> Outcome:
    """How one check ends."""
    return outcomes_by_check(world, id)[id]


def fails(id: str, world: World, cause: str, says: str = "") -> Outcome:
    """The check fails with this cause and, somewhere in the reason, this text. The outcome, for more.

    A check that is but advice warns instead; where no service gave a sign, the check is inconclusive. Every check must
    have such a test: ``test_every_check_can_fail`` looks for it.
    """
    ended = outcome(id, world)
    statuses = {"failed" if catalogue()[id].level == "must" else "warning"}
    if not CAUSES[cause].conclusive:
        statuses.add("inconclusive")
    assert (ended.status, ended.cause) in {(status, cause) for status in statuses}, ended.reason
    assert says in (ended.reason or ""), ended.reason
    return ended


def blocked(id: str, world: World, by: str, cause: str) -> None:
    """The check does not fail a second time for what another one owns."""
    ended = outcome(id, world)
    assert (ended.status, ended.blocked_by, ended.cause) == ("blocked", by, cause), ended.reason


def ends(id: str, world: World, status: str, says: str = "") -> None:
    """The check ends so, its reason holding this text: passed, not_applicable, not_configured, inconclusive."""
    ended = outcome(id, world)
    assert ended.status == status, (ended.status, ended.cause, ended.reason)
    assert says in (ended.reason or ""), ended.reason


# What disturbs one endpoint


def changed(world: World, endpoint: str, change: Change) -> World:
    """The world, with the JSON of an endpoint's successful answers changed: in place, or to what ``change`` returns."""

    def answer(call: Call) -> httpx.Response:
        response = genuine(call)
        if response.status_code != 200:
            return response
        body = json.loads(response.content)
        other = change(body)
        body = body if other is None else other
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return httpx.Response(200, headers=headers, content=json.dumps(body).encode())

    world.disturbances.insert(0, Disturbance(answer, endpoint=endpoint))
    return world


def answered(world: World, endpoint: str, response: httpx.Response | Exception | Handler) -> World:
    """The world, with this response (or error of the transport) in place of what the endpoint would answer."""

    def answer(call: Call) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        if isinstance(response, httpx.Response):
            return respond(call, response.status_code, response.content, dict(response.headers))
        return response(call)

    world.disturbances.insert(0, Disturbance(answer, endpoint=endpoint))
    return world


def genuine(call: Call) -> httpx.Response:
    """Return the endpoint's undisturbed answer."""
    assert call.endpoint is not None
    gate = GATES.get(call.endpoint.api.name)
    return (gate(call) if gate else None) or ANSWERS[call.endpoint.name](call)
