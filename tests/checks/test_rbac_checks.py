"""Tests of the checks of Azure roles: the allowed actions, the scope, and excess permissions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.checks.azure_needs import changes
from conformance.fakes.state.assignments import Denial
from conformance.fakes.state.roles import BUILT_IN, RoleDefinition
from conformance.fakes.state.tenant import LOG_ANALYTICS_APP
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world

AUTHORIZATION = "Microsoft.Authorization/*/read"
WORKSPACE = "Microsoft.OperationalInsights/workspaces/read"
QUERY = ("Microsoft.OperationalInsights/workspaces/query/read", "Microsoft.OperationalInsights/workspaces/query/*/read")
TABLES = "Microsoft.OperationalInsights/workspaces/tables/read"
SENTINEL = "Microsoft.SecurityInsights/*/read"
UNAVAILABLE = httpx.Response(503, json={"error": {"code": "ServiceUnavailable", "message": "Try later"}})


def holding(
    *actions: str, without: tuple[str, ...] = (), scope: str | None = None, there: World | None = None
) -> World:
    """Return a world in which the app has only a custom role with these actions, less those of ``without``."""
    there = there or world()
    there.tenant.revoke_roles()
    there.tenant.custom_roles.append(RoleDefinition(stable_id("role"), "Custom", actions, without, custom=True))
    there.tenant.assign("Custom", scope=scope)
    return there


def world_with(*roles: str) -> World:
    """Return a world in which the app has only these roles, on the resource group."""
    there = world()
    there.tenant.revoke_roles()
    for role in roles:
        there.tenant.assign(role)
    return there


# RBAC-001: the effective permissions can be read


def test_no_role_at_all() -> None:
    there = world("no-azure-role")
    fails("RBAC-001", there, "rbac_role_missing", says="sees no Azure role of its own")
    for id in ("RBAC-010", "RBAC-011", "RBAC-013", "RBAC-020", "RBAC-021", "RBAC-022"):
        blocked(id, there, "RBAC-001", "rbac_role_missing")


def test_list_of_permissions_is_empty() -> None:
    there = changed(world(), "arm.permissions", lambda body: {**body, "value": []})
    fails("RBAC-001", there, "rbac_role_missing", says="the list of effective permissions is empty")


def test_role_that_may_not_be_read() -> None:
    there = holding(WORKSPACE, *QUERY, TABLES, SENTINEL)
    for id in ("RBAC-001", "RBAC-020", "RBAC-021", "RBAC-022"):
        ends(id, there, "not_applicable", says="does not show what it allows")
    without_queries = holding(WORKSPACE, TABLES, SENTINEL)
    fails("RBAC-001", without_queries, "rbac_role_missing", says="Microsoft.Authorization/permissions/read")
    # Operations that were seen to work need no computation.
    ids = ("RBAC-010", "RBAC-011", "RBAC-012", "RBAC-013")
    assert {outcome.status for outcome in outcomes_by_check(there, *ids).values()} == {"passed"}


# RBAC-010 to RBAC-013: each kind of action


@pytest.mark.parametrize(
    ("id", "actions", "action"),
    [
        ("RBAC-010", (*QUERY, TABLES, SENTINEL), WORKSPACE),
        ("RBAC-011", (WORKSPACE, TABLES, SENTINEL), "query/read"),
        ("RBAC-012", (WORKSPACE, *QUERY, SENTINEL), TABLES),
        ("RBAC-013", (WORKSPACE, *QUERY, TABLES), "Microsoft.SecurityInsights/"),
    ],
)
def test_role_lacks_an_action(id: str, actions: tuple[str, ...], action: str) -> None:
    fails(id, holding(*actions, AUTHORIZATION), "rbac_role_missing", says=action)


@pytest.mark.parametrize(
    ("id", "action"),
    [("RBAC-010", WORKSPACE), ("RBAC-011", QUERY[0]), ("RBAC-012", TABLES), ("RBAC-013", SENTINEL)],
)
def test_action_is_taken_away(id: str, action: str) -> None:
    by_role = holding("*/read", without=(action,))
    fails(id, by_role, "rbac_denied", says="takes it away again")
    by_denial = world_with("Reader")
    by_denial.tenant.denials.append(
        Denial(by_denial.tenant.app.service_principal_id or "", by_denial.tenant.workspace.scope, (action,))
    )
    fails(id, by_denial, "rbac_denied")


def test_first_missing_kind_blocks_the_others() -> None:
    there = holding(WORKSPACE, AUTHORIZATION)
    fails("RBAC-011", there, "rbac_role_missing")
    for id in ("RBAC-012", "RBAC-013"):
        blocked(id, there, "RBAC-011", "rbac_role_missing")


def test_roles_add_up() -> None:
    there = world_with("Log Analytics Data Reader")
    there.tenant.custom_roles.append(
        RoleDefinition(stable_id("role"), "Rest", (TABLES, SENTINEL, AUTHORIZATION), custom=True)
    )
    there.tenant.assign("Rest")
    ids = ("RBAC-001", "RBAC-010", "RBAC-011", "RBAC-012", "RBAC-013", "RBAC-020")
    assert {outcome.status for outcome in outcomes_by_check(there, *ids).values()} == {"passed"}


@pytest.mark.parametrize("id", ["RBAC-010", "RBAC-011", "RBAC-012", "RBAC-013"])
def test_operations_that_worked_outweigh_the_computed_permissions(id: str) -> None:
    nothing = {"actions": ["Microsoft.Support/*"], "notActions": [], "dataActions": [], "notDataActions": []}
    ends(id, changed(world(), "arm.permissions", lambda body: {**body, "value": [nothing]}), "passed")


def test_operation_that_failed_otherwise_is_judged_by_the_permissions() -> None:
    ends("RBAC-012", answered(world(), "arm.table", UNAVAILABLE), "passed")
    there = answered(holding(WORKSPACE, AUTHORIZATION), "arm.table", UNAVAILABLE)
    ends("RBAC-012", there, "not_applicable", says="refused for another reason")


@pytest.mark.parametrize(
    ("id", "apis"),
    [("RBAC-010", ["graph"]), ("RBAC-011", ["sentinel"]), ("RBAC-012", ["graph"]), ("RBAC-013", ["log_analytics"])],
)
def test_action_that_is_not_used(id: str, apis: list[str]) -> None:
    ends(id, world(apis=apis), "not_applicable")


def test_query_that_could_not_be_sent() -> None:
    there = world()
    del there.tenant.resources[LOG_ANALYTICS_APP]
    blocked("RBAC-011", there, "AUTH-011", "resource_not_in_tenant")


# RBAC-020: an assignment reaches the workspace


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("role-on-wrong-principal", "rbac_wrong_principal"),
        ("role-on-wrong-scope", "rbac_wrong_scope"),
        ("role-just-assigned", "rbac_propagating"),
    ],
)
def test_role_at_another_scope(scenario: str, cause: str) -> None:
    there = world(scenario)
    fails("RBAC-020", there, cause)
    blocked("RBAC-010", there, "RBAC-020", cause)


def test_role_on_one_table_does_not_reach_the_workspace() -> None:
    there = world()
    there.tenant.revoke_roles()
    there.tenant.assign(READER, scope=f"{there.tenant.workspace.scope}/tables/SecurityIncident")
    fails("RBAC-020", there, "rbac_wrong_scope")


@pytest.mark.parametrize("parts", [3, 5, 9], ids=["subscription", "resource group", "workspace"])
def test_role_at_or_above_the_workspace_reaches_it(parts: int) -> None:
    there = world()
    scope = "/".join(there.tenant.workspace.scope.split("/")[:parts])
    there.tenant.revoke_roles()
    there.tenant.assign(READER, scope=scope)
    ends("RBAC-020", there, "passed")


def test_role_that_is_listed_nowhere() -> None:
    lighthouse = changed(world(), "arm.role_assignments", lambda body: {**body, "value": []})
    ends("RBAC-020", lighthouse, "not_applicable", says="Azure Lighthouse")
    ends("RBAC-021", lighthouse, "not_applicable", says="no role assignment is listed")
    nothing = changed(lighthouse, "arm.permissions", lambda body: {**body, "value": []})
    blocked("RBAC-020", nothing, "RBAC-001", "rbac_role_missing")


def test_role_that_may_not_read_assignments() -> None:
    there = holding(WORKSPACE, *QUERY, TABLES, SENTINEL, "Microsoft.Authorization/permissions/read")
    ends("RBAC-020", there, "not_applicable", says="does not show what it allows")


def test_token_that_names_no_principal() -> None:
    ends("RBAC-020", world(apis=["graph"]), "not_applicable")


# RBAC-021: the role that Microsoft recommends


def test_role_on_the_workspace_alone() -> None:
    fails("RBAC-021", world("role-on-workspace"), "rbac_wrong_scope", says="Microsoft advises the resource group")


@pytest.mark.parametrize("scope", ["/subscriptions/{subscription_id}", "/"])
def test_role_on_more_than_the_resource_group(scope: str) -> None:
    there = world()
    there.tenant.assign(READER, scope=scope.format_map(there.connection.facts()))

    def inherited(body: dict[str, Any]) -> None:
        for item in body["value"]:
            item["properties"]["scope"] = item["properties"]["scope"] or "/"

    fails(
        "RBAC-021", changed(there, "arm.role_assignments", inherited), "over_privileged", says="more than the resource"
    )


@pytest.mark.parametrize("role", ["Reader", "Log Analytics Reader", "Monitoring Reader"])
def test_role_that_reads_everything(role: str) -> None:
    fails("RBAC-021", world_with(READER, role), "over_privileged", says=f"{role} reads everything")


def test_equivalent_custom_role_passes() -> None:
    ends("RBAC-021", holding(WORKSPACE, *QUERY, TABLES, SENTINEL, AUTHORIZATION), "passed")


# RBAC-022: no action changes anything

WRITING = [
    "Owner",
    "Contributor",
    "User Access Administrator",
    "Role Based Access Control Administrator",
    "Microsoft Sentinel Contributor",
    "Microsoft Sentinel Responder",
    "Log Analytics Contributor",
    "Security Admin",
]


def test_role_that_changes_things(subtests: pytest.Subtests) -> None:
    for role in WRITING:
        with subtests.test(role=role):
            fails("RBAC-022", world_with(READER, role), "over_privileged", says=f"holds {role};")


@pytest.mark.parametrize("role", [READER, "Reader", "Log Analytics Reader", "Security Reader", "Monitoring Reader"])
def test_role_that_only_reads(role: str) -> None:
    ends("RBAC-022", world_with(role), "passed")


def test_custom_role_that_changes_things() -> None:
    there = holding("*/read", "Microsoft.SecurityInsights/incidents/comments/write")
    fails("RBAC-022", there, "over_privileged", says="holds Custom;")


@pytest.mark.parametrize("id", ["RBAC-021", "RBAC-022"])
def test_roles_of_a_connection_without_azure(id: str) -> None:
    ends(id, world(apis=["defender"]), "not_applicable")


def test_roles_named_readers_do_not_change_anything() -> None:
    readers = [role for role in BUILT_IN.values() if role.name.endswith("Reader")]
    assert len(readers) > 5
    assert not [role.name for role in readers if any(changes(action) for action in role.actions)]


def test_roles_named_contributors_change_something() -> None:
    assert all(any(changes(action) for action in BUILT_IN[role].actions) for role in WRITING)


# RBAC-024: roles that Defender manages itself


MANAGED = "Defender Unified RBAC Reader"


def test_a_role_that_defender_keeps_itself() -> None:
    fails("RBAC-024", world_with(READER, MANAGED), "rbac_wrong_principal", "unified RBAC")


def test_activated_unified_rbac_is_only_a_note() -> None:
    there = world()
    there.tenant.assign(MANAGED, to=stable_id("analysts"))
    ends("RBAC-024", there, "not_applicable", "not documented")
    ends("RBAC-024", world(), "passed")
