"""Disturbances of a single query to an endpoint, and services that ignore a query option."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx

from conformance.apis.kql import Query
from conformance.fakes.scenarios.gateways import without_options
from conformance.fakes.services.routes import Call, respond, undisturbed
from conformance.fakes.source import build
from conformance.fakes.world import Disturbance, World
from tests.checks.outcomes import Change
from tests.contoso import START, made_up

JSON = {"Content-Type": "application/json; charset=utf-8"}


def on(day: date, **values: object) -> World:
    """Return the world of the made-up connection on another day, with its whole history moved to that day."""
    return build(made_up(**values), start=datetime.combine(day, START.timetz()))


@dataclass
class AtQuery(Disturbance):
    """A disturbance of a single query that is sent to Log Analytics by the GUID of the workspace."""

    endpoint: str | None = "log_analytics.query"
    query: str = field(default="", kw_only=True)

    def applies(self, api: str, call: Call) -> bool:
        return super().applies(api, call) and json.loads(call.request.content)["query"] == self.query


def query_changed(world: World, query: Query, change: Change) -> World:
    """Change the JSON of the answer to one query, in place or to the result of ``change``; return the world."""

    def answer(call: Call) -> httpx.Response:
        response = undisturbed(call)
        body = json.loads(response.content)
        other = change(body)
        return respond(call, response.status_code, body if other is None else other, JSON)

    world.disturbances.insert(0, AtQuery(answer, query=query.text))
    return world


def query_answered(world: World, query: Query, status: int, body: Any = None) -> World:
    """Replace the answer to one query; return the world."""

    def answer(call: Call) -> httpx.Response:
        return respond(call, status, body, JSON)

    world.disturbances.insert(0, AtQuery(answer, query=query.text))
    return world


def ignoring(world: World, endpoint: str, option: str) -> World:
    """Make an endpoint ignore a query option; return the world."""
    world.disturbances.insert(0, Disturbance(without_options(option), endpoint=endpoint))
    return world
