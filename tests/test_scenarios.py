"""Each scenario shows exactly its root cause, blocks everything that depends on it, and gives the right exit code."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from jsonschema import ValidationError

from conformance.checks.registry import catalogue
from conformance.fakes import FAULTS, SCENARIOS
from conformance.findings import CAUSES
from conformance.findings.catalogue import catalogue as entries
from conformance.verification.result import Report
from tests.agreement_table import disagreements, explained, observed
from tests.report_schema import assert_valid
from tests.verified_reports import entries_of


def test_scenario_shows_its_causes_and_nothing_else(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS.values():
        with subtests.test(scenario=scenario.name):
            report = verified(scenario.name)
            assert sorted(issue.root.finding.cause for issue in report.verdict.root_causes) == sorted(scenario.causes)
            assert report.verdict.exit_code == scenario.exit_code
            warned = {outcome.cause for outcome in report.outcomes if outcome.status == "warning"}
            assert set(scenario.notes) <= warned
            assert not [outcome for outcome in report.outcomes if outcome.status == "error"]


def test_one_cause_is_one_failed_check(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS.values():
        with subtests.test(scenario=scenario.name):
            report = verified(scenario.name)
            failed = [outcome.check for outcome in report.outcomes if outcome.status in ("failed", "inconclusive")]
            assert sorted(failed) == sorted(issue.root.check for issue in report.verdict.root_causes)


def test_nothing_is_blocked_by_a_check_that_passed(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS.values():
        with subtests.test(scenario=scenario.name):
            report = verified(scenario.name)
            status = {outcome.check: outcome.status for outcome in report.outcomes}
            assert not [
                outcome for outcome in report.outcomes if outcome.blocked_by and status[outcome.blocked_by] == "passed"
            ]


def test_report_is_valid_and_keeps_the_secret(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS.values():
        with subtests.test(scenario=scenario.name):
            report = verified(scenario.name)
            encoded = report.json()
            assert_valid(encoded)
            assert b"canary-canary" not in encoded
            assert b"eyJ" not in encoded


def test_clients_of_microsoft_agree_except_for_explained_differences(
    verified: Callable[..., Report], subtests: pytest.Subtests
) -> None:
    for scenario, ended in observed().items():
        with subtests.test(scenario):
            report = verified(scenario)
            statuses = {outcome.check: outcome.status for outcome in report.outcomes}
            contradicting = set(disagreements(ended, statuses, conformant=report.verdict.exit_code == 0))
            assert contradicting == {name for there, name in explained() if there == scenario}


@pytest.mark.parametrize(
    "change", [{"outcome": "unheard-of"}, {"title": 3}, {"duration_s": "long"}, {"id": None}, {"more": 1}]
)
def test_invalid_report_is_refused(change: dict[str, object], verified: Callable[..., Report]) -> None:
    document = json.loads(verified().json())
    document["connections"][0]["checks"][-1].update(change)
    with pytest.raises(ValidationError):
        assert_valid(json.dumps(document))


PAIRS = [
    "no-graph-consent+no-azure-role",
    "table-missing+no-licence",
    "wrong-workspace+no-defender-consent",
    "no-azure-role+service-down",
    "role-too-small+rows-hidden",
    "network-access-disabled+alerts-not-consented",
    "defender-api-disabled+sentinel-not-onboarded",
    "throttled-for-good+workspace-name-as-id",
    "incident-vanishes+no-defender-consent",
]


def test_two_independent_faults_are_both_reported(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for pair in PAIRS:
        with subtests.test(pair=pair):
            report = verified(pair)
            causes = [cause for name in pair.split("+") for cause in SCENARIOS[name].causes]
            assert sorted(issue.root.finding.cause for issue in report.verdict.root_causes) == sorted(causes)


UNSHOWN = {
    **{
        name: SCENARIOS[name].causes
        for name in (
            "network-access-disabled",
            "sentinel-not-onboarded",
            "mismatched-workspace-id",
            "subscription-disabled",
            "no-azure-role",
            "role-denied",
            "role-just-assigned",
            "rows-hidden",
            "table-missing",
            "service-down",
            "no-licence",
        )
    },
    "wrong-workspace": ("workspace_not_found",),
    "wrong-resource-group": ("workspace_not_found",),  # only the three names are seen not to be this workspace's
    "other-subscription": ("rbac_wrong_scope",),  # resources in the other subscription are not listed
}
"""Scenarios with their causes if ``workspaces/*/read`` does not include the workspace itself."""


def test_cause_is_found_without_the_workspaces_own_properties(
    verified: Callable[..., Report], subtests: pytest.Subtests
) -> None:
    for name, causes in UNSHOWN.items():
        with subtests.test(scenario=name):
            report = verified(f"workspace-not-shown+{name}")
            assert sorted(issue.root.finding.cause for issue in report.verdict.root_causes) == sorted(causes)


# Causes that no verification can find, and the reason. explain() knows all of them.
UNMET = {
    "scope_invalid": "the scopes are this suite's own",
    "grant_type_unsupported": "the grant is this suite's own",
    "request_malformed": "the request is this suite's own",
    "user_credentials_wrong": "no user signs in here",
    "interaction_required": "no user signs in here",
    "token_expired": "every run has fresh tokens",
    "token_revoked": "a fresh token works: token-withdrawn passes; the fault network/claims_challenge",
    "token_malformed": "the tokens are passed on as they came",
    "auth_method_unsupported": "only bearer tokens are sent",
    "principal_not_found": "only met by who assigns roles",
    "policy_denied": "only met by who changes something",
    "api_version_unsupported": "the versions are this suite's own",
    "feature_not_enabled": "no operation here is behind a feature switch",
    "ip_blocked": "Entra says conditional_access_blocked for apps",
    "kql_invalid": "the queries are this suite's own",
    "response_too_large": "the queries ask for little",
    "other_service": "no other service is asked: only met in pasted text",
    "link_expired": "no download link is followed: only met in pasted text",
    "answer_hidden": "answers are not hidden from this suite: only met in pasted text",
    "request_invalid": "the options are this suite's own",
    "conflict": "only met by who changes something",
    "proxy_unusable": "a setting of this machine, not of a tenant: tests/network",
}


def test_every_cause_has_a_scenario_or_a_reason() -> None:
    provoked = {cause for scenario in SCENARIOS.values() for cause in (*scenario.causes, *scenario.notes)} | {
        "api_retires_soon"
    }
    assert provoked | set(UNMET) == set(CAUSES)
    assert not provoked & set(UNMET)


SHOWN_TWICE = {
    "arm.InvalidAuthenticationTokenAudience",
    "arm.fault",
    "defender.fault",
    "defender.payload.foreign",
    "entra.AADSTS700011",
    "graph.fault",
    "log_analytics.SignatureVerificationFailed",
}
"""Entries of faults with names that users know, which a scenario shows too: by its state, or for other operations."""


@pytest.mark.slow
def test_each_entry_is_shown_by_a_state_or_a_fault() -> None:
    by_state = {entry for scenario in SCENARIOS for entry in entries_of(scenario)}
    by_fault = {fault.entry for fault in FAULTS.values()}
    documented = {entry.id for entry in entries()}
    assert documented - by_state - by_fault == set()  # documented entries that no state or fault shows
    assert by_fault - documented == set()  # faults without a documented entry
    assert by_fault & by_state == SHOWN_TWICE  # canned faults that a state shows too


# Checks that no scenario can show, and the reason. The tests in tests/checks let them fail.
UNSHOWN_CHECKS = {
    "AUTH-031": "the negative control is no part of a run unless it is selected",
    "AUTH-032": "the negative control is no part of a run unless it is selected",
    "HYG-003": "the calendar decides, and nothing that is still used has a date",
    "PERM-014": "no profile has a part that needs a permission of Defender",
    "LA-020": "the documented columns are Microsoft's to keep",
    "LA-021": "the documented columns are Microsoft's to keep",
    "LA-032": "only something else than Log Analytics finds a table that does not exist",
}


def test_every_check_has_a_scenario_or_a_reason(verified: Callable[..., Report]) -> None:
    provoked = {
        outcome.check
        for scenario in SCENARIOS
        for outcome in verified(scenario).outcomes
        if outcome.status in ("failed", "warning", "inconclusive")
    }
    assert provoked | set(UNSHOWN_CHECKS) == set(catalogue())
    assert not provoked & set(UNSHOWN_CHECKS)


@pytest.mark.parametrize("scenario", ["role-just-assigned", "just-consented"])
def test_waiting_resolves_transient_causes(scenario: str, verified: Callable[..., Report]) -> None:
    assert verified(scenario, wait=60).verdict.exit_code == 1
    assert verified(scenario, wait=900).verdict.exit_code == 0


def test_waiting_does_not_delay_other_causes(verified: Callable[..., Report]) -> None:
    assert verified("no-azure-role", wait=900).gathered.requests == verified("no-azure-role").gathered.requests


def test_healthy_asks_every_question_once(verified: Callable[..., Report]) -> None:
    report = verified()
    urls = [(exchange.method, exchange.url) for exchange in report.gathered.exchanges]
    assert report.gathered.requests == len(urls)


@pytest.mark.parametrize(
    "scenario", ["healthy", "no-azure-role", "expired-secret", "no-graph-consent", "table-missing"]
)
def test_any_selection_gives_the_same_outcome(scenario: str, verified: Callable[..., Report]) -> None:
    whole = {
        outcome.check: (outcome.status, outcome.cause, outcome.blocked_by) for outcome in verified(scenario).outcomes
    }
    for id in list(catalogue())[::5]:
        if id in whole:
            (alone,) = verified(scenario, checks=(id,)).outcomes
            assert (alone.status, alone.cause, alone.blocked_by) == whole[id], id
