"""Each scenario shows exactly its root cause, everything dependent blocked under it, and the right exit code."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema
import msgspec
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes import SCENARIOS, Scenario
from conformance.report.json import schema
from conformance.verification import Report


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_scenario_shows_its_causes_and_nothing_else(scenario: Scenario, verified: Callable[..., Report]) -> None:
    report = verified(scenario.name)
    assert sorted(one.root.finding.cause for one in report.verdict.root_causes) == sorted(scenario.causes)
    assert report.verdict.exit_code == scenario.exit_code
    warned = {one.cause for one in report.outcomes if one.status == "warning"}
    assert set(scenario.notes) <= warned
    assert not [one for one in report.outcomes if one.status == "error"]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_one_cause_is_one_failed_check(scenario: Scenario, verified: Callable[..., Report]) -> None:
    report = verified(scenario.name)
    failed = [one.check for one in report.outcomes if one.status in ("failed", "inconclusive")]
    assert sorted(failed) == sorted(one.root.check for one in report.verdict.root_causes)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_nothing_is_blocked_by_a_check_that_passed(scenario: Scenario, verified: Callable[..., Report]) -> None:
    report = verified(scenario.name)
    status = {one.check: one.status for one in report.outcomes}
    assert not [one for one in report.outcomes if one.blocked_by and status[one.blocked_by] == "passed"]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_report_is_valid_and_keeps_the_secret(scenario: Scenario, verified: Callable[..., Report]) -> None:
    report = verified(scenario.name)
    encoded = report.json()
    jsonschema.validate(msgspec.json.decode(encoded), schema())
    assert b"canary-canary" not in encoded
    assert b"eyJ" not in encoded


def test_healthy_asks_every_question_once(verified: Callable[..., Report]) -> None:
    report = verified()
    urls = [(one.method, one.url) for one in report.gathered.exchanges]
    assert report.gathered.requests == len(urls)


@pytest.mark.parametrize(
    "scenario", ["healthy", "no-azure-role", "expired-secret", "no-graph-consent", "table-missing"]
)
def test_any_selection_gives_the_same_outcome(scenario: str, verified: Callable[..., Report]) -> None:
    whole = {one.check: (one.status, one.cause, one.blocked_by) for one in verified(scenario).outcomes}
    for id in list(catalogue())[::5]:
        if id in whole:
            (alone,) = verified(scenario, checks=[id]).outcomes
            assert (alone.status, alone.cause, alone.blocked_by) == whole[id], id
