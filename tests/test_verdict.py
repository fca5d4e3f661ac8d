"""From outcomes to the verdict: pure, and the same in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.outcome import Outcome, Root
from conformance.findings import finding
from conformance.verdict import ExitCode, strict, verdict, worst

REFUSED = Root("AUTH-003", finding("secret_expired"))
DOWN = Root("LA-001", finding("service_fault"))

PASSED = Outcome("A-001", "passed")
FAILED = Outcome("AUTH-003", "failed", REFUSED)
WARNED = Outcome("MDE-004", "warning", Root("MDE-004", finding("api_retires_soon")))
BLOCKED = Outcome("SENT-001", "blocked", REFUSED)
WAITING = Outcome("LA-002", "blocked", DOWN)
UNSURE = Outcome("LA-001", "inconclusive", DOWN)
NOTHING = Outcome("A-002", "not_applicable", reason="nothing to look at")
BROKEN = Outcome("A-003", "error", reason="a bug")


def test_a_failure_is_nonconformant_whatever_else_passed() -> None:
    assert verdict([PASSED, FAILED]).exit_code == ExitCode.NONCONFORMANT


def test_blocked_by_a_refusal_is_nonconformant_even_if_its_owner_was_not_selected() -> None:
    found = verdict([BLOCKED])
    assert found.exit_code == ExitCode.NONCONFORMANT
    assert [(one.root.check, one.blocks) for one in found.root_causes] == [("AUTH-003", ("SENT-001",))]


def test_what_could_not_be_established_is_incomplete() -> None:
    for one in (WAITING, UNSURE, BROKEN):
        assert verdict([PASSED, one]).exit_code == ExitCode.INCOMPLETE


def test_nothing_applicable_is_never_conformant() -> None:
    assert verdict([NOTHING]).exit_code == ExitCode.INCOMPLETE
    assert verdict([]).exit_code == ExitCode.INCOMPLETE


def test_warnings_are_conformant_unless_strict() -> None:
    assert verdict([PASSED, WARNED]).exit_code == ExitCode.CONFORMANT
    assert verdict(strict([PASSED, WARNED])).exit_code == ExitCode.NONCONFORMANT


ALL = (PASSED, FAILED, WARNED, BLOCKED, WAITING, UNSURE, NOTHING, BROKEN)


@given(st.lists(st.sampled_from(ALL), unique_by=lambda one: one.check), st.randoms())
def test_order_does_not_matter(outcomes: list[Outcome], random: object) -> None:
    shuffled = list(outcomes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = verdict(outcomes), verdict(shuffled)
    assert one.status == other.status
    assert one.counts == other.counts
    assert {cause.root.check for cause in one.root_causes} == {cause.root.check for cause in other.root_causes}


@given(st.lists(st.sampled_from(ALL), unique_by=lambda one: one.check))
def test_conformant_means_that_nothing_stands_against_it(outcomes: list[Outcome]) -> None:
    statuses = {one.status for one in outcomes}
    against = statuses & {"failed", "blocked", "inconclusive", "error"}
    assert (verdict(outcomes).status == "conformant") == (not against and bool(statuses & {"passed", "warning"}))


def test_a_run_over_several_connections_ends_as_the_worst_of_them() -> None:
    good, bad, open_ = ExitCode.CONFORMANT, ExitCode.NONCONFORMANT, ExitCode.INCOMPLETE
    assert worst({good, bad, open_}) == bad
    assert worst({good, open_}) == open_
    assert worst({good}) == worst(set()) == good
