"""Tests of the checks of the subscription, the resource group and the workspace."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.connection import Expect
from conformance.fakes.services import arm_gateway, log_analytics, sentinel
from conformance.fakes.services.routes import Call
from conformance.fakes.world import World
from tests.checks.outcomes import answered, blocked, changed, ends, fails, world


def subscribed(state: str = "Enabled") -> World:
    """Return a world in which the app may also read the subscription, which has this state."""
    there = world()
    for subscription in there.tenant.subscriptions.values():
        subscription.state = state
        there.tenant.assign("Reader", scope=subscription.scope)
    return there


def workspace(**properties: Any) -> World:
    """Return a world whose workspace has these properties; None removes a property."""

    def change(body: dict[str, Any]) -> None:
        for name, value in properties.items():
            body["properties"].pop(name, None)
            if value is not None:
                body["properties"][name] = value

    return changed(world(), "arm.workspace", change)


# ARM-001: the subscription


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("wrong-subscription", "subscription_not_found"),
        ("foreign-subscription", "wrong_token_tenant"),
        ("subscription-disabled", "subscription_disabled"),
    ],
)
def test_subscription_is_missing_or_unusable(scenario: str, cause: str) -> None:
    fails("ARM-001", world(scenario), cause)


def test_subscription_that_is_deleted() -> None:
    fails("ARM-001", subscribed("Deleted"), "subscription_disabled", says="is Deleted")


@pytest.mark.parametrize("state", ["Enabled", "Warned", "PastDue"])
def test_subscription_that_still_works(state: str) -> None:
    ends("ARM-001", subscribed(state), "passed")


def test_subscription_out_of_documented_shape() -> None:
    there = changed(subscribed(), "arm.subscription", lambda body: {"id": body["id"]})
    fails("ARM-001", there, "contract_violation")


def test_hidden_subscription_is_known_from_its_workspace() -> None:
    ends("ARM-001", world(), "passed")
    blocked("ARM-001", world("no-azure-role"), "RBAC-001", "rbac_role_missing")


# ARM-002: the resource group


def test_resource_group_is_missing() -> None:
    fails("ARM-002", world("wrong-resource-group"), "resource_group_not_found", says="rg-elsewhere")


def test_azure_does_not_find_the_resource_group() -> None:
    there = answered(
        world(), "arm.resource_group", lambda call: arm_gateway.refuse(call, "group-not-found", group="rg-security")
    )
    fails("ARM-002", there, "resource_group_not_found")


def test_resource_group_out_of_documented_shape() -> None:
    there = changed(world(), "arm.resource_group", lambda body: {"id": body["id"]})
    fails("ARM-002", there, "contract_violation", says="name")


def test_resource_group_that_is_not_shown() -> None:
    ends("ARM-002", world("role-on-workspace"), "not_applicable", says="its contents are")
    blocked("ARM-002", world("no-azure-role"), "RBAC-001", "rbac_role_missing")


# ARM-003 and ARM-004: the workspace, and its id


def test_workspace_is_missing() -> None:
    there = world("wrong-workspace")
    fails("ARM-003", there, "workspace_not_found", says="no Log Analytics workspace of this name")
    blocked("ARM-004", there, "ARM-003", "workspace_not_found")


def test_workspace_of_another_name_fails() -> None:
    there = world("wrong-workspace")
    there.tenant.revoke_roles()
    there.tenant.assign(READER, scope=there.tenant.workspace.scope)
    fails("ARM-003", there, "workspace_not_found", says="is named law-elsewhere")


@pytest.mark.parametrize("state", ["Failed", "Deleting", "Canceled"])
def test_workspace_is_not_provisioned(state: str) -> None:
    there = world()
    there.tenant.workspace.provisioning_state = state
    fails("ARM-003", there, "workspace_not_found", says=f"provisioningState is {state}")


@pytest.mark.parametrize("state", ["Succeeded", "Updating", None])
def test_workspace_is_provisioned(state: str | None) -> None:
    ends("ARM-003", workspace(provisioningState=state), "passed")


def test_workspace_that_the_query_api_does_not_know() -> None:
    def unknown(call: Call) -> httpx.Response:
        return log_analytics.refuse(call, "path-not-found")

    there = answered(world(), "log_analytics.query", unknown)
    fails("ARM-003", there, "workspace_not_found")
    blocked("LA-001", there, "ARM-003", "workspace_not_found")


def test_workspace_out_of_documented_shape() -> None:
    fails("ARM-003", workspace(customerId=None), "contract_violation", says="customerId")
    blocked("ARM-004", workspace(customerId=None), "ARM-003", "contract_violation")


def test_workspace_id_is_another_workspace() -> None:
    there = world("mismatched-workspace-id")
    fails("ARM-004", there, "workspace_id_mismatch", says=there.tenant.workspace.customer_id)


def test_workspace_id_in_capitals() -> None:
    there = world()
    there.tenant.workspace.customer_id = there.connection.workspace_id.upper()
    ends("ARM-004", there, "passed")


def test_workspace_id_that_is_a_name_is_a_fault_of_the_connection_file() -> None:
    blocked("ARM-004", world("workspace-name-as-id"), "CONN-004", "workspace_id_not_guid")


# ARM-005: queries from public networks


@pytest.mark.parametrize("mode", ["Disabled", "SecuredByPerimeter"])
def test_public_queries_are_refused(mode: str) -> None:
    there = world()
    there.tenant.workspace.public_query = mode
    fails("ARM-005", there, "network_access_disabled", says=f"is {mode}")
    blocked("LA-001", there, "ARM-005", "network_access_disabled")


def test_query_is_refused_for_its_network() -> None:
    body = {"error": {"code": "AccessDeniedByNetworkSecurityPerimeter", "message": "Denied"}}
    there = answered(world(), "log_analytics.query", httpx.Response(403, json=body))
    fails("ARM-005", there, "network_access_disabled")


def test_answered_query_outweighs_a_closed_network() -> None:
    ends("ARM-005", workspace(publicNetworkAccessForQuery="Disabled"), "passed")


def test_workspace_without_network_switch() -> None:
    ends("ARM-005", workspace(publicNetworkAccessForQuery=None), "passed")


# ARM-006: ingestion


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("OverQuota", "daily_cap_reached"),
        ("ForceOff", "daily_cap_reached"),
        ("SubscriptionSuspended", "subscription_disabled"),
    ],
)
def test_ingestion_is_stopped(status: str, cause: str) -> None:
    there = workspace(workspaceCapping={"dailyQuotaGb": 1.0, "dataIngestionStatus": status})
    fails("ARM-006", there, cause, says=f"dataIngestionStatus is {status}")


def test_ingestion_was_stopped_this_week() -> None:
    there = world("daily-cap")
    capping = {"dailyQuotaGb": 1.0, "dataIngestionStatus": "RespectQuota"}
    changed(there, "arm.workspace", lambda body: body["properties"].update(workspaceCapping=capping))
    fails("ARM-006", there, "daily_cap_reached", says="in the last 7 days")


@pytest.mark.parametrize("capping", [None, {"dailyQuotaGb": -1.0}, {"dataIngestionStatus": "ApproachingQuota"}])
def test_ingestion_passes_without_a_stop(capping: dict[str, Any] | None) -> None:
    ends("ARM-006", workspace(workspaceCapping=capping), "passed")


@pytest.mark.parametrize(("days", "status"), [(91, "warning"), (90, "passed"), (None, "passed")])
def test_short_retention_of_the_workspace_warns(days: int | None, status: str) -> None:
    there = world(expect=Expect(min_retention_days=days))
    if status == "warning":
        fails("ARM-006", there, "data_stale", says="keeps data for 90 days; 91 are expected")
    else:
        ends("ARM-006", there, "passed")


def test_ingestion_of_a_connection_that_queries_nothing() -> None:
    ends("ARM-006", world(apis=["sentinel"]), "passed")


# ARM-007: Microsoft Sentinel


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [("sentinel-not-onboarded", "sentinel_not_onboarded"), ("provider-not-registered", "provider_not_registered")],
)
def test_sentinel_is_not_enabled(scenario: str, cause: str) -> None:
    fails("ARM-007", world(scenario), cause)
    blocked("SENT-001", world(scenario), "ARM-007", cause)


def test_sentinel_reports_that_it_is_not_enabled() -> None:
    def refuse(call: Call) -> httpx.Response:
        return sentinel.refuse(call, "not-onboarded", workspace="law-security")

    there = answered(world(), "sentinel.incidents", refuse)
    fails("ARM-007", there, "sentinel_not_onboarded")


FORBIDDEN = httpx.Response(403, json={"error": {"code": "AuthorizationFailed", "message": "not authorized"}})


def test_answered_incidents_outweigh_a_hidden_state() -> None:
    ends("ARM-007", answered(world(), "sentinel.onboarding_state", FORBIDDEN), "passed")


def test_the_workspace_lists_sentinel_as_a_feature() -> None:
    there = world("role-too-small")
    ends("ARM-007", there, "passed")
    there.tenant.workspace.onboarded = False
    blocked("ARM-007", there, "RBAC-013", "rbac_role_missing")


def test_connection_without_azure_operations(subtests: pytest.Subtests) -> None:
    for id in ["ARM-001", "ARM-002", "ARM-003", "ARM-004", "ARM-005", "ARM-006", "ARM-007"]:
        with subtests.test(id=id):
            ends(id, world(apis=["graph", "defender"]), "not_applicable")


def test_no_token_for_azure(subtests: pytest.Subtests) -> None:
    for id in ["ARM-001", "ARM-002", "ARM-003", "ARM-004", "ARM-005", "ARM-006", "ARM-007"]:
        with subtests.test(id=id):
            blocked(id, world("wrong-secret"), "AUTH-003", "wrong_client_secret")


# ARM-008, ARM-009: the cap and the sources of data


def test_a_workspace_near_its_daily_cap() -> None:
    there = world()
    there.tenant.workspace.ingestion_status = "ApproachingQuota"
    fails("ARM-008", there, "daily_cap_reached", "approaches its daily cap, which resets at")
    there.tenant.workspace.ingestion_status = "OverQuota"
    ends("ARM-008", there, "passed")


def test_a_workspace_that_accepts_no_data() -> None:
    closed = {"publicNetworkAccessForIngestion": "Disabled"}
    fails("ARM-009", workspace(**closed), "network_access_disabled", "publicNetworkAccessForIngestion")
    linked = {**closed, "privateLinkScopedResources": [{"resourceId": "x", "scopeId": "y"}]}
    for properties in (linked, {"publicNetworkAccessForIngestion": "SecuredByPerimeter"}):
        ends("ARM-009", workspace(**properties), "passed")


# ARM-013, ARM-014: the providers of the subscription


@pytest.mark.parametrize(
    ("id", "namespace"), [("ARM-013", "Microsoft.SecurityInsights"), ("ARM-014", "Microsoft.OperationalInsights")]
)
def test_a_provider_that_is_not_registered(id: str, namespace: str) -> None:
    def unregistered(body: dict[str, Any]) -> None:
        if body["namespace"] == namespace:
            body.update(registrationState="Unregistered")

    fails(id, changed(subscribed(), "arm.provider", unregistered), "provider_not_registered", namespace)
    ends(id, subscribed(), "passed")
    ends(id, world(), "not_applicable", "not shown to the app")
