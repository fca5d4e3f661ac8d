"""What Azure Resource Manager of the virtual tenant answers itself, behind its gateway."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx

from conformance.apis import arm
from conformance.apis.endpoint import Action
from conformance.fakes.services.arm_gateway import ok, refuse, scope_of, workspace_of
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.state.assignments import Assignment, Denial
from conformance.fakes.state.rbac import grants, may, reaches, sees_below
from conformance.fakes.state.roles import RoleDefinition
from conformance.fakes.state.tenant import Subscription, TableState, Workspace
from conformance.fakes.state.timeline import stable_id

RECORDED = "graph-azure recordings (github.com/JupiterOne/graph-azure)"


@answers(arm.SUBSCRIPTION, "recorded", RECORDED)
def subscription(call: Call) -> httpx.Response:
    return ok(call, subscription_body(call.tenant.subscriptions[call.path["subscription_id"].lower()]))


def subscription_body(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.scope,
        "authorizationSource": "RoleBased",
        "managedByTenants": [{"tenantId": id} for id in one.managed_by],
        "subscriptionId": one.id,
        "tenantId": one.tenant_id,
        "displayName": one.name,
        "state": one.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@answers(arm.SUBSCRIPTIONS, "recorded", RECORDED)
def subscriptions(call: Call) -> httpx.Response:
    """Those in which the caller has any role at all."""
    seen = [
        subscription_body(one)
        for one in call.tenant.subscriptions.values()
        if call.tenant.id in (one.tenant_id, *one.managed_by) and sees_below(call.tenant, call.claims["oid"], one.scope)
    ]
    return ok(call, {"value": seen, "count": {"type": "Total", "value": len(seen)}})


@answers(arm.RESOURCE_GROUP, "recorded", RECORDED)
def resource_group(call: Call) -> httpx.Response:
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
    found = workspace_of(call)
    assert found is not None
    return ok(call, workspace_body(call, found))


def workspace_body(call: Call, one: Workspace) -> dict[str, Any]:
    reset = call.tenant.clock.service_now().strftime("%Y-%m-%dT23:00:00Z")
    return {
        "id": one.scope,
        "name": one.name,
        "type": "Microsoft.OperationalInsights/workspaces",
        "location": one.location,
        "etag": '"2d00f1a2-0000-0d00-0000-65f0a1b20000"',
        "properties": {
            "customerId": one.customer_id,
            "provisioningState": one.provisioning_state,
            "sku": {"name": "PerGB2018", "lastSkuUpdate": "2026-01-12T09:00:00Z"},
            "retentionInDays": one.retention_days,
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": True,
                "associations": ["Sentinel"] if one.onboarded else [],
            },
            "workspaceCapping": {
                "dailyQuotaGb": one.daily_quota_gb,
                "quotaNextResetTime": reset,
                "dataIngestionStatus": one.ingestion_status,
            },
            "publicNetworkAccessForIngestion": one.public_ingestion,
            "publicNetworkAccessForQuery": one.public_query,
            "createdDate": "2026-01-12T09:00:00Z",
            "modifiedDate": "2026-06-01T09:00:00Z",
        },
    }


@answers(arm.WORKSPACES, "specified", "azure-mgmt-loganalytics 14.0.0 (2025-07-01)")
def workspaces(call: Call) -> httpx.Response:
    """Those of the subscription that the caller may read."""
    action = arm.WORKSPACE.needs
    assert isinstance(action, Action)
    return ok(
        call,
        {
            "value": [
                workspace_body(call, one)
                for one in call.tenant.workspaces
                if one.subscription_id.lower() == call.path["subscription_id"].lower()
                and may(call.tenant, call.claims["oid"], action.name, one.scope)
            ]
        },
    )


@answers(arm.PERMISSIONS, "recorded", "azure-sdk recordings of the permissions list")
def permissions(call: Call) -> httpx.Response:
    """One element per grant that reaches the workspace. Deny assignments have a list of their own."""
    held = grants(call.tenant, call.claims["oid"], scope_of(call))
    return ok(
        call,
        {
            "value": [
                {
                    "actions": list(one.role.actions),
                    "notActions": list(one.role.not_actions),
                    "dataActions": list(one.role.data_actions),
                    "notDataActions": list(one.role.not_data_actions),
                }
                for one in held
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
"""At the scopes above the workspace, where scripts with Microsoft's SDKs ask."""


@answers(OF_SUBSCRIPTION, "documented", OF_SUBSCRIPTION.source)
@answers(OF_GROUP, "documented", OF_GROUP.source)
@answers(arm.ROLE_ASSIGNMENTS, "recorded", "azure-sdk recordings of role-assignment lists")
def role_assignments(call: Call) -> httpx.Response:
    """What reaches the scope (inherited ones included) or lies below it; ``$filter`` narrows it to a principal."""
    scope, option = scope_of(call), call.option("$filter") or ""
    principal = re.search(r"(?:assignedTo\('|principalId eq ')([^']+)'", option)
    seen = [
        assignment
        for assignment in call.tenant.assignments
        if not assignment.delegated
        and (reaches(assignment.scope, scope) or (reaches(scope, assignment.scope) and "atScope()" not in option))
        and (principal is None or assignment.principal_id.lower() == principal.group(1).lower())
    ]
    return ok(call, {"value": [assignment_body(call, one) for one in seen]})


def assignment_body(call: Call, assignment: Assignment) -> dict[str, Any]:
    created = assignment.created.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    return {
        "properties": {
            "roleDefinitionId": definition_id(assignment.scope, assignment.role),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": assignment.scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": created,
            "updatedOn": created,
            "createdBy": "00000000-0000-4000-8000-0000000000ad",
            "updatedBy": "00000000-0000-4000-8000-0000000000ad",
            "delegatedManagedIdentityResourceId": None,
            "description": None,
        },
        "id": f"{assignment.scope}{arm.AUTHORIZATION}/roleAssignments/{assignment.id}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.id,
    }


@answers(arm.DENY_ASSIGNMENTS, "documented", arm.DENY_ASSIGNMENTS.source)
def deny_assignments(call: Call) -> httpx.Response:
    """Those at the scope and above it, as ``$filter=atScope()`` asks for."""
    scope = scope_of(call)
    seen = [denial_body(denial) for denial in call.tenant.denials if reaches(denial.scope, scope)]
    return ok(call, {"value": seen})


def denial_body(denial: Denial) -> dict[str, Any]:
    id = stable_id("denial", denial.principal_id, denial.scope)
    return {
        "properties": {
            "denyAssignmentName": "Protected by a deployment stack",
            "description": None,
            "permissions": [
                {"actions": list(denial.actions), "notActions": [], "dataActions": [], "notDataActions": []}
            ],
            "scope": denial.scope,
            "doNotApplyToChildScopes": False,
            "principals": [{"id": denial.principal_id, "type": "ServicePrincipal"}],
            "excludePrincipals": [],
            "isSystemProtected": True,
        },
        "id": f"{denial.scope}{arm.AUTHORIZATION}/denyAssignments/{id}",
        "type": "Microsoft.Authorization/denyAssignments",
        "name": id,
    }


@answers(arm.ROLE_DEFINITIONS, "recorded", "azure-sdk recordings of role-definition lists")
def role_definitions(call: Call) -> httpx.Response:
    """All that can be assigned at the scope; ``$filter`` picks them by name or by type."""
    bodies = [definition_body(role, scope_of(call)) for role in call.tenant.roles]
    for name, value in re.findall(r"(roleName|type) eq '([^']*)'", call.option("$filter") or ""):
        bodies = [body for body in bodies if body["properties"][name].lower() == value.lower()]
    return ok(call, {"value": bodies})


def definition_id(scope: str, role: RoleDefinition) -> str:
    """Return the id of a role as it is shown at a scope: below its subscription, if it has one (recorded)."""
    start, _, rest = scope.lower().partition("/subscriptions/")
    below = f"/subscriptions/{rest.split('/')[0]}" if not start and rest else ""
    return f"{below}{arm.AUTHORIZATION}/roleDefinitions/{role.id}"


def definition_body(definition: RoleDefinition, scope: str) -> dict[str, Any]:
    return {
        "properties": {
            "roleName": definition.name,
            "type": "CustomRole" if definition.custom else "BuiltInRole",
            "description": definition.name,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(definition.actions),
                    "notActions": list(definition.not_actions),
                    "dataActions": list(definition.data_actions),
                    "notDataActions": list(definition.not_data_actions),
                }
            ],
            "createdOn": "2019-08-28T16:58:50.1132117Z",
            "updatedOn": "2025-11-11T20:13:07.4993029Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": definition_id(scope, definition),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": definition.id,
    }


@answers(arm.TABLE, "specified", "Log Analytics tables API, 2025-07-01")
def table(call: Call) -> httpx.Response:
    found = workspace_of(call)
    assert found is not None
    state = found.tables.get(call.path["table"])
    if state is None:
        return refuse(
            call, "resource-not-found", resource=f"{found.name}/tables/{call.path['table']}", group=found.resource_group
        )
    return ok(call, table_body(found, state))


def table_body(workspace: Workspace, state: TableState) -> dict[str, Any]:
    kept = state.retention_days or workspace.retention_days
    sub_type = {"tableSubType": state.sub_type} if state.sub_type else {}
    return {
        "id": f"{workspace.scope}/tables/{state.name}",
        "name": state.name,
        "properties": {
            "plan": state.plan,
            "retentionInDays": kept,
            "totalRetentionInDays": state.total_retention_days or kept,
            "protectionLevel": state.protection,
            "provisioningState": "Succeeded",
            "schema": {"name": state.name, "tableType": "CustomLog" if state.columns else "Microsoft", **sub_type},
        },
    }
