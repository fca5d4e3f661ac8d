"""Every answer of the virtual tenant is as the published descriptions state, except for explained differences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from jsonschema import Draft202012Validator

from conformance.apis import kql
from conformance.fakes import FAULTS, SCENARIOS
from conformance.fakes.services.routes import ENDPOINTS
from conformance.fakes.state.table_rows import SCHEMAS
from tests.declared_refusals import NAMES, call, response
from tests.descriptions.differences import EXPLAINED, STRANGERS, Difference
from tests.descriptions.observations import Exchange, exchanges, others
from tests.descriptions.results import DECLARED, columns_of
from tests.descriptions.rules import ADMINISTRATION, ERRORS, MODELS, OPERATIONS, faults, refusal_faults


def differing(scenario: str, some: tuple[Exchange, ...]) -> set[Difference]:
    """Return the differences of answers from their descriptions, without those of a scenario's foreign API."""
    return {
        Difference("descriptions", exchange.subject, fault.where, fault.what)
        for exchange in some
        if exchange.endpoint.api.name != STRANGERS.get(scenario)
        for fault in faults(exchange.endpoint, exchange.request, exchange.response)
    }


def test_answers_are_as_described(subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            assert sorted(differing(scenario, exchanges(scenario)) - EXPLAINED.keys()) == []


def test_answers_to_others_are_as_described() -> None:
    assert sorted(differing("healthy", others()) - EXPLAINED.keys()) == []
    assert {exchange.response.status_code for exchange in others()} == {200}


def refused(api: str, kind: object, answer: httpx.Response) -> set[Difference]:
    """Return the differences of an error document from that of its API. ``kind``: its status, or ``fault``."""
    faults = refusal_faults(api, answer.json())
    return {Difference("descriptions", f"{api}/{kind}", fault.where, fault.what) for fault in faults}


def test_refusals_are_as_described(subtests: pytest.Subtests) -> None:
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            answer = response(api, name)
            assert refused(api, answer.status_code, answer) - EXPLAINED.keys() == set()


FORMED = {name: fault.api for name, fault in FAULTS.items() if fault.formed and fault.api}
"""Faults that are error documents of an API, with that API; others are of another server or are malformed."""


def test_faults_are_as_described(subtests: pytest.Subtests) -> None:
    for name in FORMED:
        with subtests.test(name=name):
            assert refused(FORMED[name], "fault", FAULTS[name].answer(call())) - EXPLAINED.keys() == set()


def test_every_operation_is_described_and_answered() -> None:
    assert OPERATIONS.keys() == ENDPOINTS.keys() - ADMINISTRATION
    assert ENDPOINTS.keys() >= ADMINISTRATION
    answered = {
        exchange.endpoint.name
        for exchange in (*exchanges("healthy"), *others())
        if exchange.response.status_code == 200
    }
    assert answered == OPERATIONS.keys()


@pytest.mark.slow
def test_every_explained_difference_exists() -> None:
    """An explanation that no longer applies must be removed."""
    there = differing("healthy", others()).union(*(differing(name, exchanges(name)) for name in SCENARIOS))
    for api, name in NAMES:
        answer = response(api, name)
        there |= refused(api, answer.status_code, answer)
    for name, api in FORMED.items():
        there |= refused(api, "fault", FAULTS[name].answer(call()))
    assert (
        sorted(difference for difference in EXPLAINED if difference.to == "descriptions" and difference not in there)
        == []
    )


@pytest.mark.parametrize(("scenario", "api"), STRANGERS.items())
def test_foreign_answers_differ_from_the_descriptions(scenario: str, api: str) -> None:
    own = [exchange for exchange in exchanges(scenario) if exchange.endpoint.api.name == api]
    assert own
    assert all(faults(exchange.endpoint, exchange.request, exchange.response) for exchange in own)


# Tables


@pytest.mark.parametrize("table", SCHEMAS.keys() & DECLARED["tables"].keys())
def test_tables_have_the_published_columns(table: str) -> None:
    published = columns_of(table)
    assert {name: kind for name, kind in SCHEMAS[table].items() if published.get(name) != kind} == {}
    assert DECLARED["tables"][table]["columns"].keys() <= SCHEMAS[table].keys()


def test_a_query_for_a_table_answers_its_columns() -> None:
    table_of = {
        query.text: query.name.partition(".")[2] for query in kql.QUERIES.values() if query.name.startswith("take.")
    }
    tables = set()
    for exchange in exchanges("healthy"):
        if exchange.endpoint.name == "log_analytics.query" and (
            table := table_of.get(exchange.question.get("query", ""))
        ):
            (result,) = exchange.body["tables"]
            assert {column["name"]: column["type"] for column in result["columns"]} == SCHEMAS[table]
            tables.add(table)
    assert tables == set(table_of.values())


# The descriptions

REFERENCE = r'"#/\$defs/([^"]+)"'


def test_models_name_only_models(subtests: pytest.Subtests) -> None:
    for file in MODELS:
        with subtests.test(file=file):
            Draft202012Validator.check_schema(MODELS[file])
            assert set(re.findall(REFERENCE, json.dumps(MODELS[file]))) <= MODELS[file]["$defs"].keys()


def test_every_model_is_of_an_operation() -> None:
    """A model that no answer uses any more must be removed. Header models are named by API and status."""
    answers = [operation.get("items") or operation["body"] for operation in OPERATIONS.values()]
    used = {model for name in (*answers, *ERRORS.values()) for model in reached(name)}
    assert {f"{file}#{name}" for file in MODELS.keys() - {"headers"} for name in MODELS[file]["$defs"]} == used


def reached(name: str) -> Iterator[str]:
    """Yield a model and all models that it uses, as ``<file>#<model>``."""
    file, _, of = name.partition("#")
    todo, models = [of], set[str]()
    while todo:
        model = todo.pop()
        if model not in models:
            models.add(model)
            todo += re.findall(REFERENCE, json.dumps(MODELS[file]["$defs"][model]))
            yield f"{file}#{model}"


def test_models_state_their_source(subtests: pytest.Subtests) -> None:
    for file in MODELS:
        with subtests.test(file=file):
            assert MODELS[file]["title"]
            assert MODELS[file]["$comment"].startswith("From ")
