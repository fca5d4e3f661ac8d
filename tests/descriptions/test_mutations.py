"""The comparison finds each change to an answer, at its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.descriptions.observations import Exchange, exchanges, others
from tests.descriptions.outlines import FREE, TOLD_APART, differences, outline
from tests.descriptions.rules import Fault, body_faults, faults, place, prefers
from tests.descriptions.samples import SAMPLES

Path = tuple[str | int, ...]

OPEN = FREE | {
    "innerError",
    "resourceIdentifiers",
    "queryResult",
    "info",
    "spa",
    "web",
    "api",
    "dataSources",
    "destinations",
    "streamDeclarations",
}
"""Members that the descriptions leave open."""
SIXTY = settings(max_examples=60)


@cache
def answers() -> dict[str, Exchange]:
    """Return the largest success of each operation in a healthy tenant."""
    smallest: dict[str, Exchange] = {}
    for exchange in sorted((*exchanges("healthy"), *others()), key=lambda candidate: len(candidate.response.content)):
        if exchange.response.status_code == 200:
            smallest[exchange.endpoint.name] = exchange
    return smallest


@cache
def places() -> list[tuple[str, Path]]:
    """Return operation and path of each described value of each answer, without the explained differences."""
    explained = {
        name: {fault.where for fault in body_problems(exchange, exchange.body)} for name, exchange in answers().items()
    }
    return [
        (name, path)
        for name, exchange in answers().items()
        for path in walk((), exchange.body)
        if place(path) not in explained[name]
    ]


@cache
def objects() -> list[tuple[str, Path]]:
    return [(name, path) for name, path in places() if isinstance(at(answers()[name].body, path), dict)]


def walk(path: Path, value: Any) -> Iterator[Path]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        if step not in OPEN:
            yield from walk((*path, step), inner)


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(exchange: Exchange, path: Path, value: Any) -> Any:
    """Return a copy of the answer's body with another value at a place."""
    body = copy.deepcopy(exchange.body)
    if not path:
        return value
    at(body, path[:-1])[path[-1]] = value
    return body


def body_problems(exchange: Exchange, body: Any) -> set[Fault]:
    return body_faults(exchange.endpoint, prefers(exchange.request), 200, body)


@SIXTY
@given(st.data())
def test_an_undocumented_key_is_found(data: st.DataObject) -> None:
    name, path = data.draw(st.sampled_from(objects()))
    exchange = answers()[name]
    body = changed(exchange, (*path, "undocumented"), "something")
    assert body_problems(exchange, body) - body_problems(exchange, exchange.body) == {
        Fault(place([*path, "undocumented"]), "unknown")
    }


@SIXTY
@given(st.data())
def test_a_value_of_another_type_is_found(data: st.DataObject) -> None:
    name, path = data.draw(
        st.sampled_from([candidate for candidate in places() if candidate[1] and candidate[1][-1] not in TOLD_APART])
    )
    exchange = answers()[name]
    there, here = at(exchange.body, path), place(path)
    types = WIDER.get(type(there), (type(there),))
    value = data.draw(
        st.sampled_from([value for value in (True, 17, 0.5, "no such thing", [[0]]) if type(value) not in types])
    )
    assert any(
        fault.where.startswith(here)
        for fault in body_problems(exchange, changed(exchange, path, value)) - body_problems(exchange, exchange.body)
    )


WIDER = {type(None): (bool, int, float, str), float: (float, int)}
"""Types that are equally valid: null in place of any value, and a whole number in place of any number."""


DROPPED = [
    ("arm.workspace", "properties.customerId"),
    ("arm.permissions", "value[].actions"),
    ("defender.machines", "value[].healthStatus"),
    ("defender.alerts", "value[].machineId"),
    ("entra.token", "ext_expires_in"),
    ("entra.openid_configuration", "issuer"),
    ("graph.alerts", "value[].id"),
    ("graph.alerts", "@odata.context"),
    ("graph.incidents", "value[].createdDateTime"),
    ("log_analytics.query", "tables[].columns[].type"),
    ("sentinel.incidents", "value[].properties.severity"),
    ("sentinel.alert_rules", "value[].kind"),
    ("sentinel.watchlists", "value[].properties.itemsSearchKey"),
]


def test_a_missing_required_key_is_found(subtests: pytest.Subtests) -> None:
    for name, where in DROPPED:
        with subtests.test(name=name, where=where):
            exchange = answers()[name]
            body = copy.deepcopy(exchange.body)
            path = next(path for path in walk((), body) if place(path) == where)
            del at(body, path[:-1])[path[-1]]
            assert Fault(where, "missing") in body_problems(exchange, body)


RENAMED = [
    ("arm.subscription", "state", "enabled"),
    ("arm.workspace", "properties.publicNetworkAccessForQuery", "On"),
    ("arm.role_assignments", "value[].properties.principalType", "servicePrincipal"),
    ("defender.machines", "value[].riskScore", "low"),
    ("defender.alerts", "value[].status", "inProgress"),
    ("graph.alerts", "value[].severity", "High"),
    ("graph.alerts", "value[].serviceSource", "microsoftSentinel"),
    ("graph.incidents", "value[].status", "Active"),
    ("log_analytics.query", "tables[].columns[].type", "integer"),
    ("sentinel.incidents", "value[].properties.status", "active"),
    ("sentinel.incident_entities", "entities[].kind", "IP"),
    ("sentinel.data_connectors", "value[].kind", "OfficeATP"),
    ("sentinel.settings", "value[].kind", "UEBA"),
]


def test_an_undocumented_member_is_found(subtests: pytest.Subtests) -> None:
    """Graph's newer members are faults if the client has not asked for them."""
    for name, where, member in RENAMED:
        with subtests.test(name=name, where=where):
            exchange = answers()[name]
            path = next(path for path in walk((), exchange.body) if place(path) == where)
            assert Fault(where, f"value {json.dumps(member)}") in body_problems(
                exchange, changed(exchange, path, member)
            )


FORMATS = [
    ("arm.workspace", "properties.createdDate", "Wed, 16 Sep 2020 03:34:22 GMT", "format"),
    ("arm.workspace", "properties.customerId", "law-security", "format"),
    ("defender.machines", "value[].id", "1e5bc9d7", "pattern"),
    ("entra.token", "access_token", "opaque", "pattern"),
    ("graph.alerts", "value[].createdDateTime", "2026-02-30T00:00:00Z", "format"),
    ("graph.app_role_assignments", "value[].appRoleId", "Machine.Read.All", "format"),
    ("sentinel.incidents", "value[].properties.createdTimeUtc", "2026-11-24T09:00:00+00:00", "format"),
    ("sentinel.incidents", "nextLink", "/subscriptions", "format"),
]


def test_a_text_of_another_format_is_found(subtests: pytest.Subtests) -> None:
    for name, where, text, what in FORMATS:
        with subtests.test(name=name, where=where):
            exchange = answers()[name]
            body = copy.deepcopy(exchange.body)
            path = next((path for path in walk((), body) if place(path) == where), (where,))
            assert Fault(where, what) in body_problems(exchange, changed(exchange, path, text))


def test_a_cell_of_another_type_is_found() -> None:
    exchange = answers()["log_analytics.query"]
    body = copy.deepcopy(exchange.body)
    (table,) = body["tables"]
    for number, column in enumerate(table["columns"]):
        table["rows"][0][number] = {"string": 1, "dynamic": "not JSON"}.get(column["type"], "text")
    assert {fault.where for fault in body_problems(exchange, body)} == {"tables[].rows[][]"}


def test_a_missing_or_wrong_header_is_found() -> None:
    exchange = answers()["sentinel.incidents"]
    answer = copy.copy(exchange.response)
    answer.headers = exchange.response.headers.copy()
    del answer.headers["x-ms-request-id"]
    answer.headers["Date"] = "2026-11-24T09:00:00Z"
    answer.headers["x-powered-by"] = "ASP.NET"
    wrong = {("headers.x-ms-request-id", "missing"), ("headers.date", "format"), ("headers.x-powered-by", "unknown")}
    assert {(fault.where, fault.what) for fault in faults(exchange.endpoint, exchange.request, answer)} >= wrong


@SIXTY
@given(st.data())
def test_a_key_missing_from_our_answers_is_found(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    ours = outline([answers()[name].body])
    theirs = {where: frozenset(kinds) for where, kinds in SAMPLES[name]["keys"].items()}
    keys = [where for where in ours.keys() & theirs.keys() if where[-1:] not in ("", "]", ">")]
    key = data.draw(st.sampled_from(sorted(keys)))
    without = {where: kinds for where, kinds in ours.items() if not where.startswith(key)}
    assert (key, "lacking") in set(differences(without, theirs))
    other = {**ours, key: frozenset({"cassette"})}
    assert key in {where for where, what in differences(other, theirs) if what.startswith("cassette for ")}
