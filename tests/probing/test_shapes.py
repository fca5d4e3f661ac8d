"""The shape of answers: fields and types, without any values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.probing.evidence import Answer, Exchange, NotAsked
from conformance.probing.shapes import MAX_LENGTH, shapes
from conformance.verification.result import Report

EXCHANGE = Exchange("GET", "https://x", 200, None, None, None, 0.0, 0.0, endpoint="graph.alerts")


def shape(*bodies: Any) -> list[str]:
    answers = {str(n): Answer(str(n), None, EXCHANGE, {}, json.dumps(body).encode()) for n, body in enumerate(bodies)}
    return list(shapes(answers).get("graph.alerts", ()))


def test_a_field_is_named_by_its_path() -> None:
    assert shape({"value": [{"id": "1", "n": 1, "f": 1.5, "b": True, "none": None}], "@odata.count": 1}) == [
        "@odata.count: number",
        "value: array",
        "value[]: object",
        "value[]/b: boolean",
        "value[]/f: number",
        "value[]/id: string",
        "value[]/n: number",
        "value[]/none: null",
    ]


def test_all_answers_of_an_endpoint_make_one_shape() -> None:
    assert shape({"a": None}, {"a": "x", "b": 1}, {"b": "x"}) == ["a: string", "b: number|string"]


def test_objects_of_several_kinds_are_distinguished() -> None:
    evidence = [{"@odata.type": "#microsoft.graph.security.ipEvidence", "ip": ""}, {"kind": "Host", "name": ""}]
    assert [line for line in shape(evidence) if line.count("/") == 1 and "odata" not in line] == [
        "[]<Host>/kind: string",
        "[]<Host>/name: string",
        "[]<ipEvidence>/ip: string",
    ]


def test_rows_of_a_query_are_named_and_typed_by_their_columns() -> None:
    table = {"name": "PrimaryResult", "columns": [{"name": "TimeGenerated", "type": "datetime"}], "rows": []}
    assert "tables[]/rows[]/TimeGenerated: datetime" in shape({"tables": [table]})


def test_keys_that_customers_choose_are_not_shown() -> None:
    assert shape({"tags": {"owner of ada@firma.de": "x"}}) == ["tags: object", "tags/*: string"]
    assert shape({"ada@firma.de <x>": 1}) == ["*: number"]
    assert shape({f"k{n}": 1 for n in range(100)}) == ["*: number"]


def test_a_next_page_does_not_change_the_shape() -> None:
    assert shape({"value": [], "nextLink": "https://x"}) == shape({"value": []})


def test_a_request_without_an_answer_has_no_shape() -> None:
    assert shapes({"a": NotAsked("a", "nothing to ask for"), "b": Answer("b", None, EXCHANGE)}) == {}


def test_a_run_has_the_shapes_of_its_answers_without_their_values(verified: Callable[..., Report]) -> None:
    by_endpoint = shapes(verified().gathered.evidence)
    assert "access_token: string" in by_endpoint["entra.token"]
    assert "value[]/properties/incidentNumber: number" in by_endpoint["sentinel.incidents"]
    assert len(json.dumps(by_endpoint)) < 60_000
    text = json.dumps(by_endpoint)
    assert not [word for word in ("a.miller", "corp.example", "rg-security", "eyJ") if word in text]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=30,
)


@given(JSON)
def test_any_answer_has_a_bounded_sorted_shape(body: Any) -> None:
    lines = shape(body)
    paths = [line.rsplit(": ", 1)[0] for line in lines]
    assert paths == sorted(set(paths))
    assert len(lines) <= MAX_LENGTH


@given(JSON)
def test_a_shape_does_not_depend_on_order_or_repetition(body: Any) -> None:
    assert shape(body, body) == shape(body)
    if isinstance(body, dict):
        assert shape(dict(reversed(body.items()))) == shape(body)


def test_columns_without_a_name_are_left_out() -> None:
    columns = [{"type": "string"}, {"name": None}, {"name": "Computer", "type": "string"}]
    assert shape({"tables": [{"columns": columns, "rows": []}]}) == [
        "tables: array",
        "tables[]: object",
        "tables[]/rows[]: object",
        "tables[]/rows[]/Computer: string",
    ]
