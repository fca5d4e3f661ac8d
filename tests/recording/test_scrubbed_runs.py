"""A scrubbed recording replays with the outcomes of its run, and contains no value of the customer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.outcome import Outcome
from conformance.fakes import SCENARIOS
from conformance.recording.date_shift import DateShift
from conformance.recording.recorder import Discarded, faithful
from conformance.recording.scrub_cassette import scrub_recording
from tests.contoso import SECRET, made_up
from tests.recording.recorded_tenant import taped
from tests.verified_reports import report_of

IDS = (made_up().workspace_id, made_up().tenant_id)
UNRECORDED = {scenario.name for scenario in SCENARIOS.values() if scenario.credential == "managed_identity"} | {
    "two-secrets",
    "one-secret-expired",
    "all-secrets-refused",
}
"""Scenarios of credentials that cannot be recorded."""
SIGNED_IN = "AUTH-001"
"""A check that always sends a request."""


def telling_checks(scenario: str) -> set[str] | None:
    """Return the ids of the checks whose outcome differs from that on a healthy tenant; None, for all checks, if no
    outcome differs.

    If several checks find the same refusal of the same operation, only one is returned: they replay the same answer.
    """
    healthy = {outcome.check: ending(outcome) for outcome in report_of().outcomes}
    first_of_ending: dict[object, str] = {}
    for outcome in report_of(scenario).outcomes:
        if ending(outcome) != healthy[outcome.check]:
            first_of_ending.setdefault(ending(outcome), outcome.check)
    return {SIGNED_IN, *first_of_ending.values()} if first_of_ending else None


def ending(outcome: Outcome) -> tuple[object, ...]:
    """Return the parts of an outcome that are compared: its status, cause, owner, and the operation answered."""
    operation = outcome.exchange.endpoint if outcome.exchange else None
    return outcome.status, outcome.cause, outcome.blocked_by, operation


@pytest.mark.slow
def test_a_scrubbed_replay_ends_like_the_run_that_was_recorded(subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS.keys() - {"common-tenant"} - UNRECORDED:
        with subtests.test(scenario=scenario):
            run = taped(scenario, checks=telling_checks(scenario))
            causes = {outcome.cause for outcome in run.outcomes}
            assert causes >= {*SCENARIOS[scenario].causes, *SCENARIOS[scenario].notes}
            cassette, _ = faithful(run.tape, run.connection, run.outcomes, "virtual")
            text = msgspec.json.encode(cassette).decode()
            for real in (SECRET, SECRET[:12], *IDS, "law-security", "rg-security", "corp.example", "miller"):
                assert real not in text


def test_a_run_without_requests_cannot_be_recorded() -> None:
    run = taped("common-tenant")
    with pytest.raises(Discarded, match="nothing was sent"):
        faithful(run.tape, run.connection, run.outcomes, "virtual")


@settings(max_examples=10)
@given(
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{2,12}[a-z0-9]", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_().-]{1,20}[a-z0-9]", fullmatch=True),
    st.uuids(),
)
@pytest.mark.slow
def test_names_do_not_change_the_outcomes_of_a_replay(workspace: str, group: str, tenant: Any) -> None:
    run = taped(workspace_name=workspace, resource_group=group, tenant_id=str(tenant))
    faithful(run.tape, run.connection, run.outcomes, "virtual")


def test_a_scrubbed_recording_does_not_contain_the_secret() -> None:
    run = taped("expired-secret")
    clean = scrub_recording(run.tape.interactions, run.connection, DateShift(-1))
    assert SECRET not in repr(clean.interactions) + repr(clean.connection)
