"""OData filters of the fakes: valid ones are evaluated, invalid ones are refused with one error."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.fakes.query.odata import Fields, QueryError, order, where
from conformance.fakes.state.timeline import stamp

FIELDS: Fields = {"name": str, "at": datetime, "number": int}
names = st.text(max_size=8)
times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(st.lists(names), names)
def test_quoted_texts_are_compared_literally(values: list[str], text: str) -> None:
    rows = [{"name": value} for value in values]
    literal = text.replace("'", "''")
    assert where(rows, f"name eq '{literal}'", FIELDS) == [row for row in rows if row["name"] == text]
    assert where(rows, f"name ne '{literal}'", FIELDS) == [row for row in rows if row["name"] != text]


@given(st.lists(times), times)
def test_times_compare_as_times(values: list[datetime], since: datetime) -> None:
    rows = [{"at": stamp(value)} for value in values]
    elsewhere = since.astimezone(timezone(timedelta(hours=2)))
    for literal in (since.isoformat().replace("+00:00", "Z"), elsewhere.isoformat()):
        assert where(rows, f"at ge {literal}", FIELDS) == [stamped(value) for value in values if value >= since]
        assert where(rows, f"at lt {literal}", FIELDS) == [stamped(value) for value in values if value < since]


def stamped(value: datetime) -> dict[str, str]:
    return {"at": stamp(value)}


@given(st.lists(st.integers(-9, 9)), st.integers(-9, 9), st.integers(-9, 9))
def test_all_comparisons_must_hold(values: list[int], low: int, high: int) -> None:
    rows = [{"number": value} for value in values]
    matches = where(rows, f"number gt {low} and  number le {high}", FIELDS)
    assert [row["number"] for row in matches] == [value for value in values if low < value <= high]


@given(st.text() | st.from_regex(r"(name|at|number|other) (eq|gt|xx) ('\w*'|[\w:-]+)( and .*)?", fullmatch=True))
def test_any_filter_is_evaluated_or_a_query_error(text: str) -> None:
    with contextlib.suppress(QueryError):
        where([{"name": "a", "at": "2026-11-22T00:00:00Z", "number": 1}], text, FIELDS)


def test_null_equals_only_null() -> None:
    rows: list[dict[str, str | None]] = [{"name": None}, {"name": "a"}, {}]
    assert where(rows, "name eq null", FIELDS) == [{"name": None}, {}]
    assert where(rows, "name ne null", FIELDS) == [{"name": "a"}]
    assert where(rows, "name gt 'A'", FIELDS) == [{"name": "a"}]


def test_rows_can_be_ordered_both_ways() -> None:
    rows: list[dict[str, str | None]] = [{"name": "b"}, {"name": None}, {"name": "a"}]
    assert [row["name"] for row in order(rows, "name", FIELDS)] == [None, "a", "b"]
    assert [row["name"] for row in order(rows, "name desc", FIELDS)] == ["b", "a", None]
    with pytest.raises(QueryError, match="orderby"):
        order(rows, "name sideways", FIELDS)
