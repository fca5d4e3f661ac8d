"""The virtual tenant's Azure Resource Manager: its own answers, behind its gateway."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx

from conformance.apis import arm
from conformance.apis.endpoint import Action
from conformance.fakes.services.arm_access_bodies import assignment_body, definition_body, denial_body
from conformance.fakes.services.arm_gateway import ok, refuse, scope_of, workspace_of
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.state.rbac import grants, may, reaches, sees_below
from conformance.fakes.state.tenant import Subscription, TableState, Workspace

RECORDED = "graph-azure recordings (github.com/JupiterOne/graph-azure)"


@answers(arm.SUBSCRIPTION, "recorded", RECORDED)
def subscription(call: Call) -> httpx.Response:
    """Return the subscription of the path; the gate has refused an unknown one."""
    return ok(call, subscription_body(call.tenant.subscriptions[call.path["subscription_id"].lower()]))


def subscription_body(subscription: Subscription) -> dict[str, Any]:
    """Return a subscription as the service shows it."""
    return {
        "id": subscription.scope,
        "authorizationSource": "RoleBased",
        "managedByTenants": [{"tenantId": id} for id in subscription.managed_by],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@answers(arm.SUBSCRIPTIONS, "recorded", RECORDED)
def subscriptions(call: Call) -> httpx.Response:
    """Return the subscriptions in which the caller has any role."""
    visible = [
        subscription_body(subscription)
        for subscription in call.tenant.subscriptions.values()
        if call.tenant.id in (subscription.tenant_id, *subscription.managed_by)
        and sees_below(call.tenant, call.claims["oid"], subscription.scope)
    ]
    return ok(call, {"value": visible, "count": {"type": "Total", "value": len(visible)}})


@answers(arm.RESOURCE_GROUP, "recorded", RECORDED)
def resource_group(call: Call) -> httpx.Response:
    """Return the resource group of the path; the gate has refused an unknown one."""
    path = call.path
    return ok(
        call,
        {
            "id": f"/subscriptions/{path['subscription_id']}/resourceGroups/{path['resource_group']}",
            "name": path["resource_group"],
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "properties": {"provisioningState": "Succeeded"},
        },
    )


@answers(arm.WORKSPACE, "specified", "azure-mgmt-loganalytics 14.0.0 (2025-07-01)")
def workspace(call: Call) -> httpx.Response:
    """Return the workspace of the path; the gate has refused an unknown one."""
    match = workspace_of(call)
    assert match is not None
    return ok(call, workspace_body(call, match))


def workspace_body(call: Call, workspace_state: Workspace) -> dict[str, Any]:
    """Return a Log Analytics workspace as the service shows it."""
    reset = call.tenant.clock.service_now().strftime("%Y-%m-%dT23:00:00Z")
    return {
        "id": workspace_state.scope,
        "name": workspace_state.name,
        "type": "Microsoft.OperationalInsights/workspaces",
        "location": workspace_state.location,
        "etag": '"2d00f1a2-0000-0d00-0000-65f0a1b20000"',
        "properties": {
            "customerId": workspace_state.customer_id,
            "provisioningState": workspace_state.provisioning_state,
            "sku": {"name": "PerGB2018", "lastSkuUpdate": "2026-01-12T09:00:00Z"},
            "retentionInDays": workspace_state.retention_days,
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": True,
                "associations": ["Sentinel"] if workspace_state.onboarded else [],
            },
            "workspaceCapping": {
                "dailyQuotaGb": workspace_state.daily_quota_gb,
                "quotaNextResetTime": reset,
                "dataIngestionStatus": workspace_state.ingestion_status,
            },
            "publicNetworkAccessForIngestion": workspace_state.public_ingestion,
            "publicNetworkAccessForQuery": workspace_state.public_query,
            "createdDate": "2026-01-12T09:00:00Z",
            "modifiedDate": "2026-06-01T09:00:00Z",
        },
    }


@answers(arm.WORKSPACES, "specified", "azure-mgmt-loganalytics 14.0.0 (2025-07-01)")
def workspaces(call: Call) -> httpx.Response:
    """Return the workspaces of the subscription that the caller may read."""
    action = arm.WORKSPACE.needs
    assert isinstance(action, Action)
    return ok(
        call,
        {
            "value": [
                workspace_body(call, workspace)
                for workspace in call.tenant.workspaces
                if workspace.subscription_id.lower() == call.path["subscription_id"].lower()
                and may(call.tenant, call.claims["oid"], action.name, workspace.scope)
            ]
        },
    )


@answers(arm.PERMISSIONS, "recorded", "azure-sdk recordings of the permissions list")
def permissions(call: Call) -> httpx.Response:
    """Return one element per grant that reaches the workspace. Deny assignments have a list of their own."""
    permissions_there = grants(call.tenant, call.claims["oid"], scope_of(call))
    return ok(
        call,
        {
            "value": [
                {
                    "actions": list(grant.role.actions),
                    "notActions": list(grant.role.not_actions),
                    "dataActions": list(grant.role.data_actions),
                    "notDataActions": list(grant.role.not_data_actions),
                }
                for grant in permissions_there
            ]
        },
    )


OF_GROUP, OF_SUBSCRIPTION = (
    replace(
        arm.ROLE_ASSIGNMENTS,
        name=f"arm.role_assignments_of_{scope}",
        path=f"{path}{arm.AUTHORIZATION}/roleAssignments",
        source=arm.ROLE_ASSIGNMENTS.source.replace("resource", "scope"),
    )
    for scope, path in (("group", arm.RESOURCE_GROUP_PATH), ("subscription", arm.SUBSCRIPTION_PATH))
)
"""The same operations at the scopes above the workspace, as used by scripts with Microsoft's SDKs."""


@answers(OF_SUBSCRIPTION, "documented", OF_SUBSCRIPTION.source)
@answers(OF_GROUP, "documented", OF_GROUP.source)
@answers(arm.ROLE_ASSIGNMENTS, "recorded", "azure-sdk recordings of role-assignment lists")
def role_assignments(call: Call) -> httpx.Response:
    """Return the assignments at the scope, above it (inherited) and below it; ``$filter`` narrows it to a
    principal.
    """
    scope, option = scope_of(call), call.option("$filter") or ""
    principal = re.search(r"(?:assignedTo\('|principalId eq ')([^']+)'", option)
    visible = [
        assignment
        for assignment in call.tenant.assignments
        if not assignment.delegated
        and (reaches(assignment.scope, scope) or (reaches(scope, assignment.scope) and "atScope()" not in option))
        and (principal is None or assignment.principal_id.lower() == principal.group(1).lower())
    ]
    return ok(call, {"value": [assignment_body(call, visible_assignment) for visible_assignment in visible]})


@answers(arm.DENY_ASSIGNMENTS, "documented", arm.DENY_ASSIGNMENTS.source)
def deny_assignments(call: Call) -> httpx.Response:
    """Return the deny assignments at the scope and above it, as ``$filter=atScope()`` asks for."""
    scope = scope_of(call)
    visible = [denial_body(denial) for denial in call.tenant.denials if reaches(denial.scope, scope)]
    return ok(call, {"value": visible})


@answers(arm.ROLE_DEFINITIONS, "recorded", "azure-sdk recordings of role-definition lists")
def role_definitions(call: Call) -> httpx.Response:
    """Return the roles that can be assigned at the scope; ``$filter`` selects them by name or by type."""
    bodies = [definition_body(role, scope_of(call)) for role in call.tenant.roles]
    for name, value in re.findall(r"(roleName|type) eq '([^']*)'", call.option("$filter") or ""):
        bodies = [body for body in bodies if body["properties"][name].lower() == value.lower()]
    return ok(call, {"value": bodies})


@answers(arm.TABLE, "specified", "Log Analytics tables API, 2025-07-01")
def table(call: Call) -> httpx.Response:
    """Return a table of the workspace, or 404."""
    match = workspace_of(call)
    assert match is not None
    state = match.tables.get(call.path["table"])
    if state is None:
        return refuse(
            call, "resource-not-found", resource=f"{match.name}/tables/{call.path['table']}", group=match.resource_group
        )
    return ok(call, table_body(match, state))


def table_body(workspace: Workspace, state: TableState) -> dict[str, Any]:
    """Return a table of a workspace as the service shows it."""
    retention = state.retention_days or workspace.retention_days
    sub_type = {"tableSubType": state.sub_type} if state.sub_type else {}
    return {
        "id": f"{workspace.scope}/tables/{state.name}",
        "name": state.name,
        "properties": {
            "plan": state.plan,
            "retentionInDays": retention,
            "totalRetentionInDays": state.total_retention_days or retention,
            "protectionLevel": state.protection,
            "provisioningState": "Succeeded",
            "schema": {"name": state.name, "tableType": "CustomLog" if state.columns else "Microsoft", **sub_type},
        },
    }
