"""The changes of a run since a previous one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.comparison import (
    FAILING,
    MAX_FIELDS,
    PastCheck,
    PastRun,
    compare,
)
from tests.report.past_runs import FAILS, PASSES, change_lines, changed, run

# Checks


def test_a_check_that_passed_and_fails_now_is_newly_failing() -> None:
    (change,) = changed(run(PASSES), run(FAILS)).newly_failing
    assert (change.check, change.was, change.outcome, change.cause) == (
        "LA-001",
        "passed",
        "failed",
        "rbac_role_missing",
    )


def test_a_check_that_failed_and_passes_now_is_newly_passing() -> None:
    (change,) = changed(run(FAILS), run(PASSES)).newly_passing
    assert (change.was, change.was_cause, change.outcome, change.cause) == (
        "failed",
        "rbac_role_missing",
        "passed",
        None,
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (("failed", "secret_expired"), ("failed", "app_disabled")),
        (("inconclusive", "timed_out"), ("failed", "secret_expired")),
        (("failed", "secret_expired"), ("blocked", "secret_expired")),
        (("passed", None), ("warning", "data_stale")),
        (("passed", None), ("not_applicable", None)),
    ],
)
def test_another_cause_or_status_is_a_changed_cause(was: tuple[str, str], now: tuple[str, str]) -> None:
    changes = changed(run(PastCheck("LA-001", *was)), run(PastCheck("LA-001", *now)))  # type: ignore[arg-type]
    (change,) = changes.changed_causes
    assert (change.was, change.was_cause, change.outcome, change.cause) == (*was, *now)
    assert not changes.newly_failing
    assert not changes.newly_passing


def test_new_and_lost_checks_are_listed() -> None:
    changes = changed(run(PASSES), run(PastCheck("LA-002", "failed", "x")))
    assert (changes.new_checks, changes.lost_checks) == (("LA-002",), ("LA-001",))
    assert not changes.newly_failing, "a new check has no before"


def test_new_and_lost_connections_are_listed() -> None:
    changes = compare(run(PASSES, name="fabrikam"), run(PASSES))
    assert (changes.connections, changes.new_connections, changes.lost_connections) == ({}, ("contoso",), ("fabrikam",))


STATUSES = ["passed", "warning", "failed", "blocked", "not_applicable", "not_configured", "inconclusive", "error"]
RUNS = st.lists(
    st.builds(
        PastCheck,
        st.sampled_from(["LA-001", "LA-002", "LA-003", "SENT-001"]),
        st.sampled_from(STATUSES),
        st.sampled_from([None, "secret_expired", "timed_out"]),
        st.sampled_from([None, "AUTH-001"]),
    ),
    unique_by=lambda check: check.id,
).flatmap(
    lambda checks: st.lists(
        st.sampled_from(["a: array", "a[]: object", "a[]/b: string", "a[]/c: null", "d: number"])
    ).map(lambda fields: run(*checks, graph_alerts=sorted(set(fields))))
)


@given(RUNS)
def test_a_run_has_not_changed_since_itself(earlier: PastRun) -> None:
    assert not changed(earlier, earlier)
    assert change_lines(earlier, earlier) == ["since    2026-11-24 02:10 UTC (suite 0.1.0): nothing changed"]


@given(RUNS, RUNS)
def test_a_comparison_in_the_other_direction_has_the_opposite_changes(earlier: PastRun, other: PastRun) -> None:
    there, back = changed(earlier, other), changed(other, earlier)
    assert [x.check for x in there.newly_failing] == sorted(
        (x.check for x in back.newly_passing), key=[x.id for x in other.connections["contoso"].checks].index
    )
    assert {x.check for x in there.changed_causes} == {x.check for x in back.changed_causes}
    assert set(there.new_checks) == set(back.lost_checks)
    assert [(s.endpoint, s.came, s.went) for s in there.shapes] == [(s.endpoint, s.went, s.came) for s in back.shapes]


@given(RUNS, RUNS)
def test_a_check_is_in_at_most_one_list_and_in_the_right_one(earlier: PastRun, other: PastRun) -> None:
    changes = changed(earlier, other)
    ids = [x.check for x in (*changes.newly_failing, *changes.newly_passing, *changes.changed_causes)]
    ids += [*changes.new_checks, *changes.lost_checks]
    assert len(ids) == len(set(ids))
    assert all(x.outcome in FAILING for x in changes.newly_failing)
    assert all(x.outcome not in FAILING for x in changes.newly_passing)


# Shapes


def fields(before: list[str], now: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], list[tuple[str, str, str]]]:
    shapes = changed(run(graph_alerts=before), run(graph_alerts=now)).shapes
    came, went = (shapes[0].came, shapes[0].went) if shapes else ((), ())
    return came, went, [(field.field, field.was, field.type) for shape in shapes for field in shape.retyped]


def test_new_lost_and_retyped_fields_are_listed() -> None:
    before = ["value: array", "value[]: object", "value[]/id: string", "value[]/old: string"]
    now = ["value: array", "value[]: object", "value[]/id: number", "value[]/new: string"]
    assert fields(before, now) == (("value[]/new",), ("value[]/old",), [("value[]/id", "string", "number")])


def test_a_lost_object_is_listed_without_its_fields() -> None:
    assert fields(["a: object", "a/b: string", "z: string"], ["z: string"]) == ((), ("a",), [])


def test_an_empty_list_does_not_lose_the_fields_of_its_items() -> None:
    assert fields(["value: array", "value[]: object", "value[]/id: string"], ["value: array"]) == ((), (), [])


def test_a_null_is_not_a_change_of_type() -> None:
    assert fields(["a: null"], ["a: string"]) == ((), (), [])


def test_fields_after_the_end_of_a_cut_shape_are_not_compared() -> None:
    long = [f"a{n:03}: string" for n in range(300)]
    assert fields(long, [*long[:5], "zzz: string"])[0] == ()


def test_a_long_list_of_fields_is_cut_and_counted() -> None:
    (shape,) = changed(run(graph_alerts=["z: string"]), run(graph_alerts=[f"a{n}: string" for n in range(70)])).shapes
    assert (len(shape.came), shape.went, shape.more) == (MAX_FIELDS, ("z",), 20)
    assert change_lines(run(graph_alerts=["z: string"]), run(graph_alerts=[f"a{n}: string" for n in range(70)]))[
        1
    ].endswith("; 63 more")


def test_an_endpoint_that_answered_in_one_run_only_has_no_change_of_shape() -> None:
    assert not changed(run(graph_alerts=["a: string"]), run(graph_incidents=["b: string"]))


# Lines of the comparison


def test_lines_of_root_causes_count_the_checks_that_they_block() -> None:
    blocked = [PastCheck(f"SENT-00{n}", "blocked", "rbac_role_missing", "LA-001") for n in (1, 2)]
    passed_checks = [PastCheck(check.id, "passed") for check in blocked]
    unmatched_checks = (PastCheck("ARM-001", "passed"), PastCheck("ARM-001", "blocked", "x", "AUTH-003"))
    assert change_lines(
        run(PASSES, *passed_checks, unmatched_checks[0], PastCheck("A-001", "passed"), g=["a: string"]),
        run(FAILS, *blocked, unmatched_checks[1], PastCheck("B-001", "passed"), g=["b: string"]),
    ) == [
        "since    2026-11-24 02:10 UTC (suite 0.1.0): changed",
        "failing  LA-001: rbac_role_missing, and 2 checks with it",
        "         ARM-001",
        "new      B-001",
        "lost     A-001",
        "shapes   g: b came; a went",
    ]
    assert change_lines(run(FAILS, *blocked), run(PASSES, *passed_checks))[1:] == [
        "passing  LA-001: passed, was rbac_role_missing, and 2 checks with it"
    ]


def test_changed_causes_have_the_previous_and_the_current_one() -> None:
    other = PastCheck("LA-001", "failed", "subscription_disabled")
    assert (
        change_lines(run(FAILS), run(other))[1]
        == "changed  LA-001: rbac_role_missing before, subscription_disabled now"
    )
    warns = PastCheck("LA-001", "warning", "data_stale")
    assert change_lines(run(PASSES), run(warns))[1] == "changed  LA-001: passed before, warning (data_stale) now"


def test_checks_with_the_same_change_are_one_line() -> None:
    ids = ("LA-001", "LA-002", "SENT-001")
    before = run(*(PastCheck(id, "blocked", "secret_expired", "AUTH-003") for id in ids))
    now = run(*(PastCheck(id, "blocked", "rbac_role_missing", "RBAC-001") for id in ids))
    assert change_lines(before, now)[1:] == [
        "changed  LA-001..002, SENT-001: secret_expired before, rbac_role_missing now"
    ]


def test_a_long_list_is_cut_and_counted() -> None:
    many = [PastCheck(f"LA-{n:03}", "passed") for n in range(20)]
    assert change_lines(run(*many), run(*(PastCheck(check.id, "failed", "x") for check in many)))[-1] == (
        "         12 more in the report"
    )
