"""Arranged worlds, and assertions about the outcomes of checks in them.

A test arranges a world (the state of its tenant, or the answers of one endpoint) and states the outcome of a check::

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
from conformance.fakes.services.routes import Call, Handler, respond, undisturbed
from conformance.fakes.source import build
from conformance.fakes.world import Disturbance, World
from conformance.findings import CAUSES
from conformance.sources.base import Channel
from conformance.verification.api import verify
from tests.contoso import START, made_up

Change = Callable[[dict[str, Any]], "dict[str, Any] | None"]


def world(scenario: str = "healthy", **values: object) -> World:
    """Return the world of the made-up connection with these values, in a scenario or several (``a+b``)."""
    return build(made_up(**values), scenario, START)


@dataclass(frozen=True)
class Arranged:
    """A source that answers from an arranged world; the connection is the one of the world."""

    world: World
    name: str = "arranged"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        yield Channel(self.world.transport(), self.world.clock, self.world.connection)


# Outcomes of checks


def outcomes_by_check(world: World, *ids: str) -> dict[str, Outcome]:
    """Return the outcomes of these checks by id; without ids, of all checks except the negative control."""
    report = verify(world.connection, source=Arranged(world), checks=ids or None)
    return {outcome.check: outcome for outcome in report.outcomes}


def outcome(id: str, world: World) -> Outcome:
    """Return the outcome of one check."""
    return outcomes_by_check(world, id)[id]


def fails(id: str, world: World, cause: str, says: str = "") -> Outcome:
    """Assert that the check fails with this cause, and that its reason contains ``says``; return the outcome.

    A check of level ``should`` warns instead. If the cause is not conclusive, the check may also be inconclusive. Every
    check must have such a test: ``test_every_check_can_fail`` looks for it.
    """
    ended = outcome(id, world)
    statuses = {"failed" if catalogue()[id].level == "must" else "warning"}
    if not CAUSES[cause].conclusive:
        statuses.add("inconclusive")
    assert (ended.status, ended.cause) in {(status, cause) for status in statuses}, ended.reason
    assert says in (ended.reason or ""), ended.reason
    return ended


def blocked(id: str, world: World, by: str, cause: str) -> None:
    """Assert that the check is blocked by another check, which owns the cause, and does not fail itself."""
    ended = outcome(id, world)
    assert (ended.status, ended.blocked_by, ended.cause) == ("blocked", by, cause), ended.reason


def ends(id: str, world: World, status: str, says: str = "") -> None:
    """Assert the check's status (passed, not_applicable, not_configured, inconclusive) and a text of its reason."""
    ended = outcome(id, world)
    assert ended.status == status, (ended.status, ended.cause, ended.reason)
    assert says in (ended.reason or ""), ended.reason


# Disturbances of one endpoint


def changed(world: World, endpoint: str, change: Change) -> World:
    """Change the JSON of an endpoint's successes, in place or to the result of ``change``; return the world."""

    def answer(call: Call) -> httpx.Response:
        response = undisturbed(call)
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
    """Replace the answer of an endpoint by a response, an error of the transport or a handler; return the world."""

    def answer(call: Call) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        if isinstance(response, httpx.Response):
            return respond(call, response.status_code, response.content, dict(response.headers))
        return response(call)

    world.disturbances.insert(0, Disturbance(answer, endpoint=endpoint))
    return world
