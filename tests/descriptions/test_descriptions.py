"""Every answer of the virtual tenant is as the published descriptions say, but for what is explained."""

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
from tests.descriptions.differences import MEANT, STRANGERS, Difference
from tests.descriptions.observations import Exchange, exchanges, others
from tests.descriptions.results import DECLARED, columns_of
from tests.descriptions.rules import ADMINISTRATION, ERRORS, MODELS, OPERATIONS, faults, refusal_faults


def differing(scenario: str, some: tuple[Exchange, ...]) -> set[Difference]:
    """Where some answers differ from their descriptions; those of strangers are left out."""
    return {
        Difference("descriptions", one.subject, fault.where, fault.what)
        for one in some
        if one.endpoint.api.name != STRANGERS.get(scenario)
        for fault in faults(one.endpoint, one.request, one.response)
    }


def test_answers_are_as_described(subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            assert sorted(differing(scenario, exchanges(scenario)) - MEANT.keys()) == []


def test_answers_to_others_are_as_described() -> None:
    assert sorted(differing("healthy", others()) - MEANT.keys()) == []
    assert {one.response.status_code for one in others()} == {200}


def refused(api: str, kind: object, answer: httpx.Response) -> set[Difference]:
    """Where an error document differs from that of its API. ``kind``: its status, or ``fault``."""
    found = refusal_faults(api, answer.json())
    return {Difference("descriptions", f"{api}/{kind}", one.where, one.what) for one in found}


def test_refusals_are_as_described(subtests: pytest.Subtests) -> None:
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            answer = response(api, name)
            assert refused(api, answer.status_code, answer) - MEANT.keys() == set()


FORMED = {name: one.api for name, one in FAULTS.items() if one.formed and one.api}
"""The faults that are an API's own error documents, and whose. The others are a stranger's, or have lost their form."""


def test_faults_are_as_described(subtests: pytest.Subtests) -> None:
    for name in FORMED:
        with subtests.test(name=name):
            assert refused(FORMED[name], "fault", FAULTS[name].answer(call())) - MEANT.keys() == set()


def test_every_operation_is_described_and_answered() -> None:
    assert OPERATIONS.keys() == ENDPOINTS.keys() - ADMINISTRATION
    assert ENDPOINTS.keys() >= ADMINISTRATION
    answered = {one.endpoint.name for one in (*exchanges("healthy"), *others()) if one.response.status_code == 200}
    assert answered == OPERATIONS.keys()


@pytest.mark.slow
def test_every_explained_difference_is_there() -> None:
    """A reason that no longer applies goes."""
    there = differing("healthy", others()).union(*(differing(name, exchanges(name)) for name in SCENARIOS))
    for api, name in NAMES:
        answer = response(api, name)
        there |= refused(api, answer.status_code, answer)
    for name, api in FORMED.items():
        there |= refused(api, "fault", FAULTS[name].answer(call()))
    assert sorted(one for one in MEANT if one.to == "descriptions" and one not in there) == []


@pytest.mark.parametrize(("scenario", "api"), STRANGERS.items())
def test_strangers_are_strange(scenario: str, api: str) -> None:
    own = [one for one in exchanges(scenario) if one.endpoint.api.name == api]
    assert own
    assert all(faults(one.endpoint, one.request, one.response) for one in own)


# Tables


@pytest.mark.parametrize("table", SCHEMAS.keys() & DECLARED["tables"].keys())
def test_tables_have_the_published_columns(table: str) -> None:
    published = columns_of(table)
    assert {name: kind for name, kind in SCHEMAS[table].items() if published.get(name) != kind} == {}
    assert DECLARED["tables"][table]["columns"].keys() <= SCHEMAS[table].keys()


def test_a_query_for_a_table_answers_its_columns() -> None:
    asked = {
        query.text: query.name.partition(".")[2] for query in kql.QUERIES.values() if query.name.startswith("take.")
    }
    seen = set()
    for one in exchanges("healthy"):
        if one.endpoint.name == "log_analytics.query" and (table := asked.get(one.asked.get("query", ""))):
            (result,) = one.body["tables"]
            assert {column["name"]: column["type"] for column in result["columns"]} == SCHEMAS[table]
            seen.add(table)
    assert seen == set(asked.values())


# The descriptions themselves

REFERENCE = r'"#/\$defs/([^"]+)"'


def test_models_name_only_models(subtests: pytest.Subtests) -> None:
    for file in MODELS:
        with subtests.test(file=file):
            Draft202012Validator.check_schema(MODELS[file])
            assert set(re.findall(REFERENCE, json.dumps(MODELS[file]))) <= MODELS[file]["$defs"].keys()


def test_every_model_is_of_an_operation() -> None:
    """A model that nothing answers with any more goes. Headers have theirs by API and status."""
    answers = [one.get("items") or one["body"] for one in OPERATIONS.values()]
    used = {model for name in (*answers, *ERRORS.values()) for model in reached(name)}
    assert {f"{file}#{name}" for file in MODELS.keys() - {"headers"} for name in MODELS[file]["$defs"]} == used


def reached(name: str) -> Iterator[str]:
    """A model, and all that it is made of."""
    file, _, of = name.partition("#")
    todo, seen = [of], set[str]()
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += re.findall(REFERENCE, json.dumps(MODELS[file]["$defs"][one]))
            yield f"{file}#{one}"


def test_models_say_where_they_are_from(subtests: pytest.Subtests) -> None:
    for file in MODELS:
        with subtests.test(file=file):
            assert MODELS[file]["title"]
            assert MODELS[file]["$comment"].startswith("From ")
