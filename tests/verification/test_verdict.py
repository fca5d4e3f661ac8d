"""The verdict of outcomes: a pure function that does not depend on their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.outcome import Accepted, Outcome, Root
from conformance.findings import finding
from conformance.verification.verdict import ExitCode, exit_code, verdict, warnings_as_failures

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


def test_a_blocked_check_is_nonconformant_even_if_its_owner_was_not_selected() -> None:
    result = verdict([BLOCKED])
    assert result.exit_code == ExitCode.NONCONFORMANT
    assert [(issue.root.check, issue.blocks) for issue in result.root_causes] == [("AUTH-003", ("SENT-001",))]


def test_inconclusive_outcomes_and_errors_are_incomplete() -> None:
    for outcome in (WAITING, UNSURE, BROKEN):
        assert verdict([PASSED, outcome]).exit_code == ExitCode.INCOMPLETE


def test_nothing_applicable_is_never_conformant() -> None:
    assert verdict([NOTHING]).exit_code == ExitCode.INCOMPLETE
    assert verdict([]).exit_code == ExitCode.INCOMPLETE


def test_warnings_are_conformant_unless_strict() -> None:
    assert verdict([PASSED, WARNED]).exit_code == ExitCode.CONFORMANT
    other = Outcome("HYG-001", "warning", Root("HYG-001", finding("over_privileged")))
    assert verdict(warnings_as_failures([PASSED, other])).exit_code == ExitCode.NONCONFORMANT


def test_an_announced_retirement_has_its_own_switch() -> None:
    assert verdict(warnings_as_failures([PASSED, WARNED])).exit_code == ExitCode.CONFORMANT
    assert verdict(warnings_as_failures([PASSED, WARNED], announced=True)).exit_code == ExitCode.NONCONFORMANT


ALL = (PASSED, FAILED, WARNED, BLOCKED, WAITING, UNSURE, NOTHING, BROKEN)


@given(st.lists(st.sampled_from(ALL), unique_by=lambda outcome: outcome.check), st.randoms())
def test_order_does_not_matter(outcomes: list[Outcome], random: object) -> None:
    shuffled = list(outcomes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    result, shuffled_result = verdict(outcomes), verdict(shuffled)
    assert result.status == shuffled_result.status
    assert result.counts == shuffled_result.counts
    assert {cause.root.check for cause in result.root_causes} == {
        cause.root.check for cause in shuffled_result.root_causes
    }


@given(st.lists(st.sampled_from(ALL), unique_by=lambda outcome: outcome.check))
def test_conformant_means_some_checks_passed_and_none_failed_or_is_unclear(outcomes: list[Outcome]) -> None:
    statuses = {outcome.status for outcome in outcomes}
    against = statuses & {"failed", "blocked", "inconclusive", "error"}
    assert (verdict(outcomes).status == "conformant") == (not against and bool(statuses & {"passed", "warning"}))


def accepted_outcome(outcome: Outcome) -> Outcome:
    return replace(outcome, accepted=Accepted("known", date(2027, 1, 31)))


def test_accepted_findings_are_listed_separately_and_do_not_count() -> None:
    result = verdict([PASSED, accepted_outcome(FAILED), accepted_outcome(BLOCKED)])
    assert result.status == "conformant"
    assert result.root_causes == ()
    assert [(issue.root.check, issue.blocks) for issue in result.accepted] == [("AUTH-003", ("SENT-001",))]
    assert result.counts == {"passed": 1, "failed": 1, "blocked": 1}
    assert "1 known finding is accepted" in result.summary


def test_an_acceptance_covers_no_other_outcome() -> None:
    assert verdict([PASSED, accepted_outcome(FAILED), UNSURE]).exit_code == ExitCode.INCOMPLETE
    assert verdict([PASSED, accepted_outcome(UNSURE), FAILED]).exit_code == ExitCode.NONCONFORMANT


def test_a_connection_with_only_accepted_failures_is_not_conformant() -> None:
    assert verdict([accepted_outcome(FAILED), accepted_outcome(BLOCKED)]).exit_code == ExitCode.INCOMPLETE


@given(
    st.lists(st.sampled_from(ALL), unique_by=lambda outcome: outcome.check),
    st.sets(st.sampled_from(["AUTH-003", "LA-001"])),
)
def test_an_accepted_root_and_its_blocked_checks_count_as_not_selected(
    outcomes: list[Outcome], accepted: set[str]
) -> None:
    marked = [
        accepted_outcome(outcome) if outcome.root and outcome.root.check in accepted else outcome
        for outcome in outcomes
    ]
    assert verdict(marked).status == verdict([outcome for outcome in marked if not outcome.accepted]).status


def test_the_exit_code_of_a_run_is_its_worst() -> None:
    works, unsure, broken = (verdict([outcome]).exit_code for outcome in (PASSED, UNSURE, FAILED))
    assert exit_code([]) == exit_code([works]) == ExitCode.CONFORMANT
    assert exit_code([works, unsure]) == ExitCode.INCOMPLETE
    assert exit_code([unsure, broken, works]) == ExitCode.NONCONFORMANT
    assert exit_code([works], ["a stale acceptance"]) == ExitCode.NONCONFORMANT
