"""Azure Resource Manager: the subscription, the workspace, and the roles there.

All paths except that of the subscription are below the connection's workspace, so a role on the resource group or the
workspace is enough.
"""

from __future__ import annotations

from conformance.apis.azure_resources import Provider, ResourceGroup, Subscription, Table, Workspace
from conformance.apis.azure_roles import DenyAssignment, Permissions, RoleAssignment, RoleDefinition
from conformance.apis.endpoint import ARM, Action, Endpoint
from conformance.apis.endpoint import WORKSPACE as WORKSPACE_PATH
from conformance.apis.shape import ArmList

__all__ = [
    "DenyAssignment",
    "Permissions",
    "Provider",
    "ResourceGroup",
    "RoleAssignment",
    "RoleDefinition",
    "Subscription",
    "Table",
    "Workspace",
]

DOCS = "https://learn.microsoft.com/rest/api/"
SUBSCRIPTION_PATH = "/subscriptions/{subscription_id}"
RESOURCE_GROUP_PATH = SUBSCRIPTION_PATH + "/resourceGroups/{resource_group}"
AUTHORIZATION = "/providers/Microsoft.Authorization"
INSIGHTS, LOGS = "Microsoft.SecurityInsights", "Microsoft.OperationalInsights"
"""The resource providers of Microsoft Sentinel and of its workspace."""

SUBSCRIPTION = Endpoint(
    name="arm.subscription",
    api=ARM,
    method="GET",
    path=SUBSCRIPTION_PATH,
    answers=Subscription,
    source=DOCS + "resources/subscriptions/get",
    needs=Action("Microsoft.Resources/subscriptions/read"),
    api_version="2022-12-01",
    not_found="subscription_not_found",
)

# Needs no action: the answer lists the subscriptions that the caller may see, possibly none.
SUBSCRIPTIONS = Endpoint(
    name="arm.subscriptions",
    api=ARM,
    method="GET",
    path="/subscriptions",
    answers=ArmList[Subscription],
    source=DOCS + "resources/subscriptions/list",
    api_version="2022-12-01",
    paging="nextLink",
)

RESOURCE_GROUP = Endpoint(
    name="arm.resource_group",
    api=ARM,
    method="GET",
    path=RESOURCE_GROUP_PATH,
    answers=ResourceGroup,
    source=DOCS + "resources/resource-groups/get",
    needs=Action("Microsoft.Resources/subscriptions/resourceGroups/read"),
    api_version="2021-04-01",
    not_found="resource_group_not_found",
)

WORKSPACE = Endpoint(
    name="arm.workspace",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH,
    answers=Workspace,
    source=DOCS + "loganalytics/workspaces/get",
    needs=Action("Microsoft.OperationalInsights/workspaces/read"),
    api_version="2025-07-01",
    not_found="workspace_not_found",
)

WORKSPACES = Endpoint(
    name="arm.workspaces",
    api=ARM,
    method="GET",
    path=SUBSCRIPTION_PATH + "/providers/Microsoft.OperationalInsights/workspaces",
    answers=ArmList[Workspace],
    source=DOCS + "loganalytics/workspaces/list",
    needs=Action("Microsoft.OperationalInsights/workspaces/read"),
    api_version="2025-07-01",
    paging="nextLink",
)

PERMISSIONS = Endpoint(
    name="arm.permissions",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + AUTHORIZATION + "/permissions",
    answers=ArmList[Permissions],
    source=DOCS + "authorization/permissions/list-for-resource",
    needs=Action("Microsoft.Authorization/permissions/read"),
    api_version="2022-04-01",
    paging="nextLink",
)

ROLE_ASSIGNMENTS = Endpoint(
    name="arm.role_assignments",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + AUTHORIZATION + "/roleAssignments",
    answers=ArmList[RoleAssignment],
    source=DOCS + "authorization/role-assignments/list-for-resource",
    needs=Action("Microsoft.Authorization/roleAssignments/read"),
    api_version="2022-04-01",
    query={"filter": "$filter"},
    paging="nextLink",
)

DENY_ASSIGNMENTS = Endpoint(
    name="arm.deny_assignments",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + AUTHORIZATION + "/denyAssignments",
    answers=ArmList[DenyAssignment],
    source=DOCS + "authorization/deny-assignments/list-for-scope",
    needs=Action("Microsoft.Authorization/denyAssignments/read"),
    api_version="2022-04-01",
    query={"filter": "$filter"},
    paging="nextLink",
)


ROLE_DEFINITIONS = Endpoint(
    name="arm.role_definitions",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + AUTHORIZATION + "/roleDefinitions",
    answers=ArmList[RoleDefinition],
    source=DOCS + "authorization/role-definitions/list",
    needs=Action("Microsoft.Authorization/roleDefinitions/read"),
    api_version="2022-04-01",
    query={"filter": "$filter"},
    paging="nextLink",
)


TABLE = Endpoint(
    name="arm.table",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + "/tables/{table}",
    answers=Table,
    source=DOCS + "loganalytics/tables/get",
    needs=Action("Microsoft.OperationalInsights/workspaces/tables/read"),
    api_version="2025-07-01",
)

TABLES = Endpoint(
    name="arm.tables",
    api=ARM,
    method="GET",
    path=WORKSPACE_PATH + "/tables",
    answers=ArmList[Table],
    source=DOCS + "loganalytics/tables/list-by-workspace",
    needs=Action("Microsoft.OperationalInsights/workspaces/tables/read"),
    api_version="2025-07-01",
    paging="nextLink",
)

PROVIDER = Endpoint(
    name="arm.provider",
    api=ARM,
    method="GET",
    path=SUBSCRIPTION_PATH + "/providers/{namespace}",
    answers=Provider,
    source=DOCS + "resources/providers/get",
    needs=Action("Microsoft.Resources/subscriptions/providers/read"),
    api_version="2021-04-01",
)
