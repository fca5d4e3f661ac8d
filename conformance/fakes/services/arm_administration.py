"""Operations of administrators in Azure Resource Manager: roles, providers, tables and related lists."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import arm
from conformance.apis.endpoint import ARM, WORKSPACE, Action
from conformance.fakes.services import arm as answered
from conformance.fakes.services.arm_access_bodies import assignment_body
from conformance.fakes.services.arm_gateway import headers, ok, refuse, scope_of, workspace_of
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond
from conformance.fakes.state.assignments import Assignment
from conformance.fakes.state.rbac import may
from conformance.fakes.state.tenant import Subscription

DOCS = "https://learn.microsoft.com/rest/api/"
AUTHORIZATION = "Microsoft.Authorization"
SCOPES = {"workspace": WORKSPACE, "group": arm.RESOURCE_GROUP_PATH, "subscription": arm.SUBSCRIPTION_PATH}
ASSIGNMENT = "roleAssignments/{assignment}"
VERSION = "2021-04-01"


def _at_scopes(name: str, method: str, end: str, action: str, source: str) -> list[Any]:
    """Declare an operation of Microsoft.Authorization at the workspace, its group and its subscription."""
    return [
        operation(
            f"arm.{name}_of_{kind}",
            ARM,
            method,
            f"{path}/providers/{AUTHORIZATION}/{end}",
            DOCS + source,
            Action(f"{AUTHORIZATION}/{action}"),
            "2022-04-01",
        )
        for kind, path in SCOPES.items()
    ]


def assign(call: Call) -> httpx.Response:
    """Create a role assignment; 409 if the principal already has the same role at the same scope."""
    properties = (call.json or {}).get("properties", {})
    role_id = str(properties.get("roleDefinitionId", "")).rsplit("/", 1)[-1].lower()
    role = next((role for role in call.tenant.roles if role.id.lower() == role_id), None)
    principal = properties.get("principalId")
    if role is None or not principal:
        return refuse.say(call, 400, "InvalidRoleDefinitionId", f"The role definition ID '{role_id}' is not valid.")
    scope = scope_of(call)
    for assignment in call.tenant.assignments:
        if (assignment.role, assignment.principal_id, assignment.scope.lower()) == (role, principal, scope.lower()):
            return refuse.say(call, 409, "RoleAssignmentExists", "The role assignment already exists.")
    kind = properties.get("principalType", "ServicePrincipal")
    now = call.tenant.clock.service_now()
    new_assignment = Assignment(role, principal, scope, now, id=call.path["assignment"], principal_type=kind)
    call.tenant.assignments.append(new_assignment)
    return respond(call, 201, assignment_body(call, new_assignment), headers(call, 201))


def _assignment(call: Call) -> Assignment | None:
    return next(
        (
            assignment
            for assignment in call.tenant.assignments
            if assignment.id.lower() == call.path["assignment"].lower()
        ),
        None,
    )


def withdraw(call: Call) -> httpx.Response:
    """Delete a role assignment; the answer has no content if it does not exist."""
    match = _assignment(call)
    if match is None:
        return respond(call, 204, None, headers(call))
    call.tenant.assignments.remove(match)
    return ok(call, assignment_body(call, match))


def assignment(call: Call) -> httpx.Response:
    """Return a role assignment by its id, or 404."""
    match = _assignment(call)
    if match is None:
        text = f"The role assignment '{call.path['assignment']}' is not found."
        return refuse.say(call, 404, "RoleAssignmentNotFound", text)
    return ok(call, assignment_body(call, match))


def nothing(call: Call) -> httpx.Response:
    """Return an empty list: the tenant has no locks and no policies."""
    return ok(call, {"value": []})


for endpoint in _at_scopes("assign", "PUT", ASSIGNMENT, "roleAssignments/write", "authorization"):
    answers(endpoint, "documented", endpoint.source)(assign)
for endpoint in _at_scopes("withdraw", "DELETE", ASSIGNMENT, "roleAssignments/delete", "authorization"):
    answers(endpoint, "documented", endpoint.source)(withdraw)
for endpoint in _at_scopes("assignment", "GET", ASSIGNMENT, "roleAssignments/read", "authorization"):
    answers(endpoint, "documented", endpoint.source)(assignment)
for endpoint in _at_scopes("locks", "GET", "locks", "locks/read", "resources/management-locks"):
    answers(endpoint, "documented", endpoint.source)(nothing)
for endpoint in _at_scopes("policies", "GET", "policyAssignments", "policyAssignments/read", "policyauthorization"):
    answers(endpoint, "documented", endpoint.source)(nothing)
for endpoint in _at_scopes("definitions", "GET", "roleDefinitions", "roleDefinitions/read", "authorization")[1:]:
    answers(endpoint, "documented", endpoint.source)(answered.role_definitions)
for endpoint in _at_scopes("permissions", "GET", "permissions", "permissions/read", "authorization")[1:]:
    answers(endpoint, "documented", endpoint.source)(answered.permissions)
for endpoint in _at_scopes("denials", "GET", "denyAssignments", "denyAssignments/read", "authorization")[1:]:
    answers(endpoint, "documented", endpoint.source)(answered.deny_assignments)


GROUPS = operation(
    "arm.groups", ARM, "GET", arm.SUBSCRIPTION_PATH + "/resourcegroups", DOCS + "resources/resource-groups/list", None,
    VERSION,
)  # fmt: skip
EXISTS = [
    operation(
        f"arm.{name}_exists", ARM, "HEAD", path, DOCS + "resources/resources/check-existence-by-id", needs, VERSION
    )
    for name, path, needs in (
        ("group", arm.RESOURCE_GROUP_PATH, arm.RESOURCE_GROUP.needs),
        ("workspace", WORKSPACE, arm.WORKSPACE.needs),
    )
]
PROVIDERS = operation(
    "arm.providers", ARM, "GET", arm.SUBSCRIPTION_PATH + "/providers", DOCS + "resources/providers/list",
    Action("Microsoft.Resources/subscriptions/providers/read"), VERSION,
)  # fmt: skip
REGISTER = operation(
    "arm.register", ARM, "POST", arm.PROVIDER.path + "/register", DOCS + "resources/providers/register",
    Action("Microsoft.SecurityInsights/register/action"), VERSION,
)  # fmt: skip
CHANGES = [
    operation(
        f"arm.table_{method.lower()}", ARM, method, WORKSPACE + "/tables/{table}", DOCS + "loganalytics/tables/update",
        Action("Microsoft.OperationalInsights/workspaces/tables/write"), "2025-07-01",
    )
    for method in ("PUT", "PATCH")
]  # fmt: skip


@answers(GROUPS, "recorded", GROUPS.source)
def groups(call: Call) -> httpx.Response:
    """Return the resource groups that the caller may read."""
    subscription = call.tenant.subscriptions[call.path["subscription_id"].lower()]
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    names = {workspace.group_scope.lower(): workspace.resource_group for workspace in call.tenant.workspaces}
    matches = [
        {"id": scope, "name": name, "type": "Microsoft.Resources/resourceGroups", "location": "westeurope",
         "properties": {"provisioningState": "Succeeded"}}
        for owner, group in sorted(call.tenant.resource_groups)
        if owner == subscription.id.lower()
        and (name := names.get(f"{subscription.scope}/resourcegroups/{group}".lower(), group))
        and may(call.tenant, call.claims["oid"], action, scope := f"{subscription.scope}/resourceGroups/{name}")
    ]  # fmt: skip
    return ok(call, {"value": matches})


def exists(call: Call) -> httpx.Response:
    """Answer 204: the gateway has already refused resources that do not exist."""
    return respond(call, 204, None, headers(call))


for endpoint in EXISTS:
    answers(endpoint, "documented", endpoint.source)(exists)


NAMESPACES = (arm.LOGS, arm.INSIGHTS)
VERSIONS = ["2025-10-01-preview", "2025-09-01", "2025-07-01"]
"""The api-versions that the providers list."""


def _provider(subscription: Subscription, namespace: str) -> dict[str, Any]:
    registered, leaving = (
        {provider.lower() for provider in providers}
        for providers in (subscription.registered, subscription.unregistering)
    )
    state = "Registered" if namespace.lower() in registered else "NotRegistered"
    versions = [version for version in VERSIONS if version not in subscription.unlisted_versions]
    kinds = {"microsoft.securityinsights": ["incidents", "alertRules", "onboardingStates"]}.get(
        namespace.lower(), ["workspaces"]
    )
    return {
        "id": f"{subscription.scope}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Unregistering" if namespace.lower() in leaving else state,
        "resourceTypes": [{"resourceType": kind, "apiVersions": versions} for kind in kinds],
    }


@answers(arm.PROVIDER, "recorded", arm.PROVIDER.source)
def provider(call: Call) -> httpx.Response:
    """Return a resource provider with its registration in the subscription."""
    return ok(call, _provider(call.tenant.subscriptions[call.path["subscription_id"].lower()], call.path["namespace"]))


@answers(PROVIDERS, "recorded", PROVIDERS.source)
def providers(call: Call) -> httpx.Response:
    """Return the resource providers that a connection uses, registered or not."""
    subscription = call.tenant.subscriptions[call.path["subscription_id"].lower()]
    return ok(call, {"value": [_provider(subscription, namespace) for namespace in NAMESPACES]})


@answers(REGISTER, "documented", REGISTER.source)
def register(call: Call) -> httpx.Response:
    """Register a resource provider at once; the service takes minutes."""
    subscription = call.tenant.subscriptions[call.path["subscription_id"].lower()]
    subscription.registered.add(call.path["namespace"])
    return ok(call, _provider(subscription, call.path["namespace"]))


@answers(arm.TABLES, "specified", arm.TABLES.source)
def tables(call: Call) -> httpx.Response:
    """Return all tables of the workspace."""
    workspace = workspace_of(call)
    assert workspace is not None
    return ok(call, {"value": [answered.table_body(workspace, table) for table in workspace.tables.values()]})


def change_table(call: Call) -> httpx.Response:
    """Change the plan of a table."""
    workspace = workspace_of(call)
    assert workspace is not None
    state = workspace.tables.get(call.path["table"])
    if state is None:
        return answered.table(call)
    state.plan = (call.json or {}).get("properties", {}).get("plan", state.plan)
    return ok(call, answered.table_body(workspace, state))


for endpoint in CHANGES:
    answers(endpoint, "specified", endpoint.source)(change_table)
