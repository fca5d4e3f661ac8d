"""Disturbances of one question of many to an endpoint, and services that ignore a query option."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import httpx

from conformance.apis.kql import Query
from conformance.fakes.services.routes import Call, respond
from conformance.fakes.source import build
from conformance.fakes.world import Disturbance, World
from tests.checks.outcomes import Change, genuine
from tests.contoso import START, made_up

JSON = {"Content-Type": "application/json; charset=utf-8"}


def on(day: date, **values: object) -> World:
    """The world on another day, its whole history with it."""
    return build(made_up(**values), start=datetime.combine(day, START.timetz()))


@dataclass
class AtQuery(Disturbance):
    """A disturbance of one query, of all that are put to Log Analytics by the workspace's GUID."""

    endpoint: str | None = "log_analytics.query"
    query: str = field(default="", kw_only=True)

    def applies(self, api: str, call: Call) -> bool:
        return super().applies(api, call) and json.loads(call.request.content)["query"] == self.query


def query_changed(world: World, query: Query, change: Change) -> World:
    """The world, with the JSON of one query's answer changed: in place, or to what ``change`` returns."""

    def answer(call: Call) -> httpx.Response:
        response = genuine(call)
        body = json.loads(response.content)
        other = change(body)
        return respond(call, response.status_code, body if other is None else other, JSON)

    world.disturbances.insert(0, AtQuery(answer, query=query.text))
    return world


def query_answered(world: World, query: Query, status: int, body: Any = None) -> World:
    """The world, with this in place of what one query would be answered."""

    def answer(call: Call) -> httpx.Response:
        return respond(call, status, body, JSON)

    world.disturbances.insert(0, AtQuery(answer, query=query.text))
    return world


def ignoring(world: World, endpoint: str, option: str) -> World:
    """The world, with an endpoint that takes no notice of a query option."""

    def answer(call: Call) -> httpx.Response:
        request = call.request
        url = request.url.copy_remove_param(option)
        return genuine(replace(call, request=httpx.Request(request.method, url, headers=request.headers)))

    world.disturbances.insert(0, Disturbance(answer, endpoint=endpoint))
    return world
