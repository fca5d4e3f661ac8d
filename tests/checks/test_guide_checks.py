"""Tests of the checks of the onboarding guide: each step without effect is reported once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state.tenant import ARM_APP, GRAPH_APP
from conformance.fakes.world import World
from tests.checks.disturbances import JSON
from tests.checks.outcomes import answered, blocked, ends, fails, outcomes_by_check, world

CAUSE = "guide_step_without_effect"
GUIDE = [id for id, check in catalogue().items() if check.area == "guide"]


def consented(*roles: str) -> World:
    """Return a world in which only these Graph permissions were consented."""
    there = world("no-graph-consent")
    there.tenant.consent(GRAPH_APP, *roles)
    return there


def unlike_defender(status: int, body: dict[str, Any]) -> World:
    """Return a world whose Entra gives this answer to the request for a Defender token, and only to that request."""

    def answer(call: Call) -> httpx.Response:
        if b"securitycenter" not in call.request.content:
            return undisturbed(call)
        return httpx.Response(status, headers=JSON, json=body)

    return answered(world(), "entra.token", answer)


# GUIDE-001: user_impersonation


@pytest.mark.parametrize("app_id", [ARM_APP, ARM_APP.upper()])
def test_user_impersonation_is_requested(app_id: str) -> None:
    there = world()
    there.tenant.consent(GRAPH_APP, "Application.Read.All")
    there.tenant.app.requested[app_id] = [("user_impersonation", "Scope")]
    fails("GUIDE-001", there, CAUSE, "Azure role is what counts")


def test_user_impersonation_is_not_requested() -> None:
    there = world()
    there.tenant.consent(GRAPH_APP, "Application.Read.All")
    ends("GUIDE-001", there, "passed")


def test_the_app_may_not_read_its_registration() -> None:
    ends("GUIDE-001", world(), "not_applicable", "Application.Read.All")


# GUIDE-002: one token for both


@pytest.mark.parametrize("scenario", ["defender-not-in-tenant", "defender-api-disabled", "assignment-required"])
def test_only_log_analytics_gets_a_token(scenario: str) -> None:
    fails("GUIDE-002", world(scenario), CAUSE, "refuses with 401")


def test_a_fault_of_entra_is_not_an_error_of_the_guide() -> None:
    there = unlike_defender(503, {"error": "temporarily_unavailable"})
    ended = outcomes_by_check(there, "GUIDE-002")["GUIDE-002"]
    assert (ended.status, ended.cause) == ("blocked", "service_fault")


def test_an_expired_secret_is_not_an_error_of_the_guide() -> None:
    blocked("GUIDE-002", world("expired-secret"), "AUTH-003", "secret_expired")


@pytest.mark.parametrize("apis", [("log_analytics", "graph"), ("defender",)])
def test_only_one_of_the_two_apis_is_used(apis: tuple[str, ...]) -> None:
    ends("GUIDE-002", world(apis=apis), "not_applicable")


# GUIDE-003: SecurityEvents.Read.All


@pytest.mark.parametrize(
    "roles", [("SecurityEvents.Read.All",), ("SecurityEvents.Read.All", "SecurityIncident.Read.All")]
)
def test_a_permission_that_opens_no_alerts(roles: tuple[str, ...]) -> None:
    fails("GUIDE-003", consented(*roles), CAUSE, "no longer opens any alerts")


@pytest.mark.parametrize(
    "roles",
    [(), ("SecurityAlert.Read.All",), ("SecurityEvents.Read.All", "SecurityAlert.ReadWrite.All")],
)
def test_alerts_do_not_depend_on_security_events(roles: tuple[str, ...]) -> None:
    ends("GUIDE-003", consented(*roles), "passed")


# GUIDE-004: AADSTS700011


def test_an_error_that_the_guide_explains_wrongly() -> None:
    text = "AADSTS700011: Application with identifier 'x' was not found in the directory 'y'."
    body = {"error": "unauthorized_client", "error_description": text, "error_codes": [700011]}
    there = answered(world(), "entra.token", httpx.Response(400, headers=JSON, json=body))
    fails("GUIDE-004", there, CAUSE, "redirect mismatch")
    assert outcomes_by_check(there, "AUTH-002")["AUTH-002"].cause == "app_not_in_tenant"
    fails("GUIDE-004", answered(world(apis=("defender",)), "entra.token", there.disturbances[0].answer), CAUSE)


@pytest.mark.parametrize("scenario", ["healthy", "expired-secret", "app-disabled"])
def test_other_errors_are_explained_well_enough(scenario: str) -> None:
    ends("GUIDE-004", world(scenario), "passed")


# GUIDE-005: the permissions that the guide leaves out


def test_the_guide_was_followed_to_the_letter() -> None:
    fails("GUIDE-005", world("no-defender-consent"), CAUSE, "Machine.Read.All and Alert.Read.All")


@pytest.mark.parametrize("scenario", ["healthy", "no-defender-consent+no-graph-consent"])
def test_the_guide_was_not_followed_to_the_letter(scenario: str) -> None:
    ends("GUIDE-005", world(scenario), "passed")


def test_defender_is_not_used() -> None:
    ends("GUIDE-005", world("no-defender-consent", apis=("graph",)), "not_applicable")


def test_healthy_world_passes() -> None:
    there = world()
    there.tenant.consent(GRAPH_APP, "Application.Read.All")
    assert {outcome.status for outcome in outcomes_by_check(there, *GUIDE).values()} == {"passed"}
