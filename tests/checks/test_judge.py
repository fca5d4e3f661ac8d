"""Ownership of findings when services contradict each other: only a check that finds the cause too can own it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.verification.result import Report


def roots(report: Report) -> list[tuple[str, str]]:
    return [(root_cause.root.check, root_cause.root.finding.cause) for root_cause in report.verdict.root_causes]


@pytest.mark.parametrize(
    ("fault", "owner", "speaks", "cause"),
    [
        ("arm/InvalidAuthenticationToken.no_oid", "AUTH-002", "ARM-003", "service_principal_missing"),
        ("arm/InvalidAuthenticationTokenAudience.cloud", "AUTH-001", "ARM-003", "wrong_cloud"),
        ("arm/text.resource_group", "ARM-002", "ARM-003", "resource_group_not_found"),
        ("sentinel/ParentResourceNotFound", "ARM-003", "SENT-001", "workspace_not_found"),
    ],
)
def test_an_owner_that_passes_blocks_no_check(
    fault: str, owner: str, speaks: str, cause: str, verified: Callable[..., Report]
) -> None:
    """Tokens name a service principal that Azure does not know: the check with that answer owns the finding."""
    report = verified(fault)
    assert roots(report) == [(speaks, cause)]
    assert {outcome.check: outcome.status for outcome in report.outcomes}[owner] == "passed"


def test_one_refusal_of_many_requests_is_one_root_cause(
    verified: Callable[..., Report], subtests: pytest.Subtests
) -> None:
    for fault, owner, also_asked in [
        ("log_analytics/400", "LA-001", ["LA-010", "LA-011", "XAPI-001"]),
        ("log_analytics/SEM0100.column", "LA-001", ["LA-010", "LA-011", "XAPI-001"]),
        ("sentinel/400", "SENT-001", ["SENT-003"]),
        ("sentinel/token", "SENT-001", ["SENT-003"]),
        ("network/request", "GRAPH-001", ["GRAPH-003"]),
        ("entra/oauth.invalid_scope", "AUTH-010", ["AUTH-011", "AUTH-012", "AUTH-013"]),
    ]:
        with subtests.test(fault=fault, speaks=owner):
            by = {outcome.check: outcome.blocked_by for outcome in verified(fault).outcomes}
            assert {by[check] for check in also_asked} == {owner}


def test_a_deleted_incident_is_one_root_cause(verified: Callable[..., Report]) -> None:
    assert roots(verified("incident-vanishes")) == [("SENT-010", "object_not_found")]


def test_one_check_can_own_several_root_causes(
    verified: Callable[..., Report],
) -> None:
    causes = roots(verified("host-unknown+connection-refused+no-answer"))
    assert sorted(causes) == [("CONN-006", "connection_failed"), ("CONN-006", "dns_failure"), ("CONN-006", "timed_out")]
