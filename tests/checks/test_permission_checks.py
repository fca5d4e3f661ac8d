"""Tests of the checks of admin consent: the permissions in the tokens and in the registration."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.connection import Profile
from conformance.connection.requirement import AppPermission
from conformance.fakes.state import tenant as state
from conformance.fakes.world import World
from tests.checks.outcomes import blocked, changed, ends, fails, outcomes_by_check, world
from tests.profile_worlds import verified

OF_GRAPH = ("SecurityAlert.Read.All", "SecurityIncident.Read.All", "SecurityEvents.Read.All")
OF_DEFENDER = ("Machine.Read.All", "Alert.Read.All")
ROWS = [
    ("PERM-001", "SecurityAlert.Read.All", state.GRAPH_APP),
    ("PERM-002", "SecurityIncident.Read.All", state.GRAPH_APP),
    ("PERM-003", "SecurityEvents.Read.All", state.GRAPH_APP),
    ("PERM-011", "Machine.Read.All", state.DEFENDER_APP),
    ("PERM-012", "Alert.Read.All", state.DEFENDER_APP),
]


def seeing_itself() -> World:
    """Return a world in which the app may read its own registration."""
    there = world()
    there.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    return there


# PERM-001 to PERM-012: the permissions in the tokens


@pytest.mark.parametrize(("id", "role", "api"), ROWS)
def test_permission_is_missing(id: str, role: str, api: str) -> None:
    there = world()
    there.tenant.revoke(role)
    outcome = fails(id, there, "app_role_missing", says=role)
    assert outcome.root
    assert any(api in command for command in outcome.root.finding.fix.commands)


@pytest.mark.parametrize(("id", "role", "api"), ROWS)
def test_permission_to_write_includes_reading(id: str, role: str, api: str) -> None:
    there = world()
    there.tenant.revoke(role)
    there.tenant.consent(api, role.replace(".Read.", ".ReadWrite."))
    ends(id, there, "passed")


@pytest.mark.parametrize("api", [state.GRAPH_APP, state.DEFENDER_APP])
def test_the_permissions_to_write_suffice_for_reading(api: str) -> None:
    """The services answer too; the permission to change things is a warning."""
    there = world()
    roles = [role for _, role, app in ROWS if app == api]
    there.tenant.consent(api, *(role.replace(".Read.", ".ReadWrite.") for role in roles))
    there.tenant.revoke(*roles)
    report = verified(there)
    assert report.verdict.exit_code == 0
    assert "PERM-020" in [outcome.check for outcome in report.outcomes if outcome.status == "warning"]


@pytest.mark.parametrize(
    ("scenario", "first", "rest"),
    [("no-graph-consent", "PERM-001", ("PERM-002", "PERM-003")), ("no-defender-consent", "PERM-011", ("PERM-012",))],
)
def test_missing_permissions_of_one_api_are_one_finding(scenario: str, first: str, rest: tuple[str, ...]) -> None:
    missing = OF_GRAPH if first == "PERM-001" else OF_DEFENDER
    fails(first, world(scenario), "app_role_missing", says=", ".join(missing))
    for id in rest:
        blocked(id, world(scenario), first, "app_role_missing")


@pytest.mark.parametrize(
    ("id", "app", "roles"),
    [("PERM-001", state.GRAPH_APP, OF_GRAPH), ("PERM-011", state.DEFENDER_APP, OF_DEFENDER)],
)
def test_recent_consent(id: str, app: str, roles: tuple[str, ...]) -> None:
    there = seeing_itself()
    there.tenant.revoke(*roles)
    there.tenant.consent(app, *roles, ago=timedelta(minutes=1), delay=timedelta(minutes=3))
    fails(id, there, "app_role_stale_token", says="try again")
    there.clock.skip(timedelta(minutes=3))
    ends(id, there, "passed")


def test_opaque_token_is_not_judged() -> None:
    there = changed(world("no-graph-consent"), "entra.token", lambda body: {**body, "access_token": "opaque"})
    ends("PERM-001", there, "passed")


@pytest.mark.parametrize(("id", "apis"), [("PERM-001", ["defender"]), ("PERM-011", ["graph"])])
def test_permissions_of_an_api_that_is_not_used(id: str, apis: list[str]) -> None:
    ends(id, world(apis=apis), "not_applicable")


def test_without_a_token_permissions_are_blocked() -> None:
    blocked("PERM-012", world("defender-api-disabled"), "AUTH-013", "resource_disabled")


# PERM-004 to PERM-016: permissions of a profile beyond the guide

FURTHER = [
    ("PERM-004", "google-secops-graph-security", "Mail.Read"),
    ("PERM-005", "splunk-defender", "ThreatHunting.Read.All"),
    ("PERM-013", "opencti-defender-intel", "Ti.ReadWrite.All"),
    ("PERM-014", "own", "Software.Read.All"),
    ("PERM-016", "opencti-sentinel-incidents", "Data.Read"),
]


@pytest.mark.parametrize(("id", "name", "role"), FURTHER)
def test_a_further_permission_is_missing(id: str, name: str, role: str) -> None:
    own = Profile("own", "own", optional=(AppPermission("defender", "Software.Read.All"),))
    there = world(profile=own if name == "own" else name)
    there.tenant.revoke(role)
    outcome = fails(id, there, "app_role_missing", says=f"Missing: {role} ")
    assert outcome.root
    assert role in outcome.root.finding.fix.values["roles"]
    ends(id, world(), "not_applicable")


# PERM-020: no more permissions than needed


@pytest.mark.parametrize(
    ("app", "role", "says"),
    [
        (state.GRAPH_APP, "SecurityAlert.ReadWrite.All", "can change things"),
        (state.GRAPH_APP, "Directory.Read.All", "holds Directory.Read.All."),
        (state.DEFENDER_APP, "Machine.Isolate", "can change things"),
        (state.DEFENDER_APP, "Ti.ReadWrite.All", "can change things"),
    ],
)
def test_unneeded_permission(app: str, role: str, says: str) -> None:
    there = world()
    there.tenant.consent(app, role)
    outcome = fails("PERM-020", there, "over_privileged", says)
    assert role in (outcome.reason or "")


@pytest.mark.parametrize(
    ("app", "role"), [(state.LOG_ANALYTICS_APP, "Data.Read"), (state.GRAPH_APP, "Application.Read.All")]
)
def test_harmless_permissions_are_accepted(app: str, role: str) -> None:
    there = world()
    there.tenant.consent(app, role)
    ends("PERM-020", there, "passed")


def test_least_privilege_is_judged_by_the_available_tokens() -> None:
    there = world("defender-api-disabled")
    there.tenant.consent(state.GRAPH_APP, "SecurityAlert.ReadWrite.All")
    fails("PERM-020", there, "over_privileged")


def test_least_privilege_needs_a_token() -> None:
    blocked("PERM-020", world("wrong-secret"), "AUTH-003", "wrong_client_secret")
    ends("PERM-020", world(apis=[]), "not_applicable")


# PERM-021: the permissions that the registration requests


def test_requested_and_never_consented() -> None:
    there = seeing_itself()
    there.tenant.revoke("SecurityAlert.Read.All")
    fails(
        "PERM-021",
        there,
        "app_role_missing",
        says="SecurityAlert.Read.All of Microsoft Graph is requested but no admin",
    )


def test_requested_as_delegated() -> None:
    there = seeing_itself()
    there.tenant.app.requested[state.DEFENDER_APP] = [("Machine.Read.All", "Scope"), ("Alert.Read.All", "Role")]
    fails(
        "PERM-021", there, "app_role_missing", says="Machine.Read.All of WindowsDefenderATP is requested as delegated"
    )


def test_requested_permission_that_is_unknown() -> None:
    there = seeing_itself()
    there.tenant.app.requested["0f0f0f0f-0c0f-4c0f-a11c-00000000000a"] = [("Some.Permission", "Role")]
    fails("PERM-021", there, "app_role_missing", says="of 0f0f0f0f-0c0f-4c0f-a11c-00000000000a is requested")


def test_requested_and_consented() -> None:
    ends("PERM-021", seeing_itself(), "passed")


def test_registration_that_the_app_may_not_read() -> None:
    ends("PERM-021", world(), "not_applicable", says="Application.Read.All, which it does not need")


def test_a_warning_about_the_registration_blocks_no_check() -> None:
    there = seeing_itself()
    there.tenant.app.requested[state.DEFENDER_APP] = [("Machine.Read.All", "Scope")]
    assert {id: outcome.status for id, outcome in outcomes_by_check(there, "PERM-011", "PERM-021").items()} == {
        "PERM-011": "passed",
        "PERM-021": "warning",
    }
