from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import gather, kql, log_analytics
from conformance.apis.log_analytics import COLUMN_TYPES, QUERY, QUERY_BY_RESOURCE
from conformance.apis.tables import TABLES
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params, without

DECLARED = list(gather(log_analytics).values())

ANSWER = {
    "tables": [
        {
            "name": "PrimaryResult",
            "columns": [
                {"name": "N", "type": "long"},
                {"name": "At", "type": "datetime"},
                {"name": "Who", "type": "dynamic"},
            ],
            "rows": [[2, "2026-11-20T10:00:00.1234567Z", '{"a": [1]}'], [None, None, "plain"], [3, None, {"b": 2}]],
        }
    ]
}


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        loganalytics_query_post=QUERY,
        loganalytics_query_post_cross_workspace=QUERY,
        loganalytics_query_post_getschema=QUERY,
        loganalytics_query_post_partial_error=QUERY,
        loganalytics_query_post_with_statistics=QUERY,
        loganalytics_query_post_resource_centric=QUERY_BY_RESOURCE,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            answer = decode(body, endpoint)
            assert len(answer.records()) == len(body["tables"][0]["rows"])
            assert {column.type for column in answer.primary.columns} <= COLUMN_TYPES


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


def test_records_read_datetimes_and_the_json_of_dynamic_columns() -> None:
    first, second, third = decode(ANSWER, QUERY).records()
    assert first == {"N": 2, "At": datetime(2026, 11, 20, 10, 0, 0, 123457, tzinfo=UTC), "Who": {"a": [1]}}
    assert second == {"N": None, "At": None, "Who": "plain"}
    assert third["Who"] == {"b": 2}


def test_schema_is_column_to_type() -> None:
    assert decode(ANSWER, QUERY).primary.schema == {"N": "long", "At": "datetime", "Who": "dynamic"}


def test_primary_table_is_found_beside_others_and_under_another_name() -> None:
    table = {"name": "Other", "columns": [], "rows": []}
    assert decode({"tables": [table, *ANSWER["tables"]]}, QUERY).primary.name == "PrimaryResult"
    assert decode({"tables": [table]}, QUERY).primary.name == "Other"
    assert decode({"tables": []}, QUERY).records() == []


def test_partial_answer_keeps_both_tables_and_error() -> None:
    error = {"code": "PartialError", "details": [{"code": "EngineError", "innererror": {"code": "-2133196788"}}]}
    answer = decode({**ANSWER, "error": error}, QUERY)
    assert answer.error.code == "PartialError"
    assert answer.error.details[0].innererror.code == "-2133196788"
    assert len(answer.records()) == 3


def test_permissions_list_omitted_tables() -> None:
    permissions = {"resources": [], "dataSources": [{"resourceId": "/ws", "denyTables": ["Tables.Custom"]}]}
    answer = decode({**ANSWER, "permissions": permissions}, QUERY)
    assert answer.permissions.data_sources[0].deny_tables == ("Tables.Custom",)


@pytest.mark.parametrize(
    "path", [["tables"], ["tables", 0, "columns"], ["tables", 0, "rows"], ["tables", 0, "columns", 1, "type"]]
)
def test_missing_member_is_refused(path: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"`{path[-1]}`"):
        decode(without(ANSWER, path), QUERY)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["tables", 0, "name"], 7, r"\$\.tables\[0\]\.name"),
        (["tables", 0, "rows", 1], [1], r"row 1 has 1 values for 3 columns - at `\$\.tables\[0\]`"),
        (["tables", 0, "rows", 0, 1], "yesterday", r"column At: .* at `\$\.tables\[0\]`"),
        (["tables", 0, "rows", 0, 1], "2026-11-20T10:00:00", r"column At: "),
    ],
)
def test_mistyped_member_is_refused_with_its_path(path: Any, value: Any, complaint: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        decode(having(ANSWER, path, value), QUERY)


def test_new_column_types_and_members_pass() -> None:
    body = having(having(ANSWER, ["brandNew"], 1), ["tables", 0, "columns", 0, "type"], "vector")
    assert decode(body, QUERY).primary.columns[0].type == "vector"


@given(
    st.lists(st.lists(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(), min_size=2, max_size=2))
)
def test_rows_of_native_values_are_unchanged(rows: Any) -> None:
    table = {"name": "T", "columns": [{"name": "A", "type": "string"}, {"name": "B", "type": "long"}], "rows": rows}
    assert [list(record.values()) for record in decode({"tables": [table]}, QUERY).records()] == rows


def test_queries_have_one_name_and_one_text_each() -> None:
    texts = [query.text for query in kql.QUERIES.values()]
    assert len(set(texts)) == len(texts)
    assert all(name == query.name for name, query in kql.QUERIES.items())
    assert not any(text.lstrip().startswith(".") for text in texts)


def test_the_query_of_a_table_asks_for_one_row() -> None:
    assert kql.table("SecurityIncident").text == "SecurityIncident | take 1"
    with pytest.raises(KeyError):
        kql.table("SecretTable")


@pytest.mark.parametrize("table", kql.FRESHNESS_TABLES)
def test_freshness_queries_each_table_under_its_own_label(table: Any) -> None:
    assert kql.FRESHNESS.text.count(f"({table} |") == 1
    assert f'T="{table}"' in kql.FRESHNESS.text


def test_table_columns_have_types_of_the_query_api() -> None:
    assert {name: len(table.documented) for name, table in TABLES.items()} == {
        "SecurityIncident": 31,
        "SecurityAlert": 31,
    }
    for table in TABLES.values():
        assert {*table.documented.values(), *table.unverified.values()} <= COLUMN_TYPES
        assert not table.documented.keys() & table.unverified.keys()
    assert TABLES["SecurityIncident"].documented["IncidentNumber"] == "int"
    assert TABLES["SecurityAlert"].documented["Entities"] == "string"
