"""azure-mgmt-loganalytics and azure-mgmt-authorization: the workspace, its tables, roles and permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import PrincipalType
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.loganalytics.models import (
    DataIngestionStatus,
    PublicNetworkAccessType,
    TablePlanEnum,
    WorkspaceEntityStatus,
    WorkspaceSkuNameEnum,
)

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.fakes import World
from conformance.fakes.services.throttling import throttling
from conformance.fakes.state.assignments import Denial
from tests.clients.azure_errors import error_of, refusal

GROUP, NAME = "rg-security", "law-security"
PROVIDER = "Microsoft.OperationalInsights"


@pytest.fixture
def workspaces(world: World, signed_in: Callable[..., Any]) -> Iterator[LogAnalyticsManagementClient]:
    subscription = world.connection.subscription_id
    with LogAnalyticsManagementClient(signed_in(world.connection), subscription, retry_total=0) as client:
        yield client


@pytest.fixture
def roles(world: World, signed_in: Callable[..., Any]) -> Iterator[AuthorizationManagementClient]:
    subscription = world.connection.subscription_id
    with AuthorizationManagementClient(signed_in(world.connection), subscription, retry_total=0) as client:
        yield client


def test_the_workspace(workspaces: LogAnalyticsManagementClient, world: World) -> None:
    workspace = workspaces.workspaces.get(GROUP, NAME)
    assert (workspace.id, workspace.name, workspace.location) == (world.tenant.workspace.scope, NAME, "westeurope")
    assert workspace.customer_id == world.connection.workspace_id
    assert workspace.provisioning_state is WorkspaceEntityStatus.SUCCEEDED
    assert workspace.sku.name is WorkspaceSkuNameEnum.PER_GB2018
    assert workspace.workspace_capping.data_ingestion_status is DataIngestionStatus.RESPECT_QUOTA
    assert workspace.workspace_capping.daily_quota_gb == -1
    assert workspace.public_network_access_for_query is PublicNetworkAccessType.ENABLED
    assert isinstance(workspace.created_date, datetime)
    assert workspace.features.enable_log_access_using_only_resource_permissions is True


def test_the_workspaces_of_the_subscription(workspaces: LogAnalyticsManagementClient, world: World) -> None:
    assert [workspace.id for workspace in workspaces.workspaces.list()] == [world.tenant.workspace.scope]
    world.tenant.revoke_roles()
    assert list(workspaces.workspaces.list()) == []


@pytest.mark.parametrize("plan", ["Analytics", "Basic"])
def test_a_table(workspaces: LogAnalyticsManagementClient, world: World, plan: str) -> None:
    world.tenant.workspace.tables["SecurityIncident"].plan = plan
    table = workspaces.tables.get(GROUP, NAME, "SecurityIncident")
    assert table.plan is TablePlanEnum(plan)
    assert (table.name, table.retention_in_days) == ("SecurityIncident", 90)


def test_permissions_at_the_workspace(roles: AuthorizationManagementClient, world: World) -> None:
    """The client sends an empty parent resource, which becomes an empty segment of the path."""
    (granted,) = roles.permissions.list_for_resource(GROUP, PROVIDER, "", "workspaces", NAME)
    assert "Microsoft.SecurityInsights/*/read" in granted.actions
    assert granted.not_actions == list(world.tenant.assignments[0].role.not_actions)
    assert "//workspaces" in str(world.requests[-1].url)


def test_role_assignments(roles: AuthorizationManagementClient, world: World) -> None:
    scope, principal = world.tenant.workspace.scope, world.tenant.app.service_principal_id
    answers = (
        roles.role_assignments.list_for_scope(scope),
        roles.role_assignments.list_for_scope(scope, filter=f"assignedTo('{principal}')"),
        roles.role_assignments.list_for_resource(GROUP, PROVIDER, "workspaces", NAME, filter="atScope()"),
        roles.role_assignments.list_for_scope(world.tenant.workspace.group_scope),
        roles.role_assignments.list_for_resource_group(GROUP),
    )
    for (assignment,) in answers:
        assert assignment.principal_id == principal
        assert assignment.principal_type == PrincipalType.SERVICE_PRINCIPAL
        assert assignment.scope == world.tenant.workspace.group_scope
        assert assignment.role_definition_id.endswith(world.tenant.assignments[0].role.id)
        assert assignment.created_on < datetime.now(UTC)
    assert list(roles.role_assignments.list_for_scope(scope, filter="principalId eq 'somebody-else'")) == []


def test_role_assignments_of_the_subscription_need_a_role_there(
    roles: AuthorizationManagementClient, world: World
) -> None:
    assert refusal(lambda: list(roles.role_assignments.list_for_subscription())).status_code == 403
    above = world.tenant.assign(READER, scope=f"/subscriptions/{world.connection.subscription_id}")
    assert {assignment.scope for assignment in roles.role_assignments.list_for_subscription()} == {
        above.scope,
        world.tenant.workspace.group_scope,
    }


def test_role_definitions(roles: AuthorizationManagementClient, world: World) -> None:
    scope, role = world.tenant.workspace.scope, world.tenant.assignments[0].role
    assert {role.name for role in roles.role_definitions.list(scope)} == {own.id for own in world.tenant.roles}
    (reader,) = roles.role_definitions.list(scope, filter=f"roleName eq '{READER}'")
    assert reader.name == role.id
    assert (reader.role_name, reader.role_type) == (READER, "BuiltInRole")
    assert reader.permissions[0].actions == list(role.actions)
    assert isinstance(reader.created_on, datetime)


# Scenario, error, status, code
REFUSED = [
    ("no-azure-role", "HttpResponseError", 403, "AuthorizationFailed"),
    ("role-on-wrong-scope", "HttpResponseError", 403, "AuthorizationFailed"),
    ("wrong-subscription", "ResourceNotFoundError", 404, "SubscriptionNotFound"),
    ("foreign-subscription", "ClientAuthenticationError", 401, "InvalidAuthenticationTokenTenant"),
]


@pytest.mark.parametrize(("scenario", "error", "status", "code"), REFUSED)
def test_refusals(
    arranged: Callable[..., World],
    workspaces: LogAnalyticsManagementClient,
    scenario: str,
    error: str,
    status: int,
    code: str,
) -> None:
    arranged(scenario)
    assert error_of(lambda: workspaces.workspaces.get(GROUP, NAME)) == (error, status, code)


@pytest.mark.parametrize(
    ("group", "name", "code"),
    [("rg-elsewhere", NAME, "ResourceGroupNotFound"), (GROUP, "law-elsewhere", "ResourceNotFound")],
)
def test_a_workspace_that_does_not_exist_is_not_found(
    workspaces: LogAnalyticsManagementClient, world: World, group: str, name: str, code: str
) -> None:
    """Only an app with a role on the subscription gets this answer; others get a refusal."""
    world.tenant.assign("Reader", scope=f"/subscriptions/{world.connection.subscription_id}")
    assert error_of(lambda: workspaces.workspaces.get(group, name)) == ("ResourceNotFoundError", 404, code)


def test_a_table_that_does_not_exist_is_not_found(
    arranged: Callable[..., World], workspaces: LogAnalyticsManagementClient
) -> None:
    arranged("table-missing")
    absent = error_of(lambda: workspaces.tables.get(GROUP, NAME, "SecurityIncident"))
    assert absent == ("ResourceNotFoundError", 404, "ResourceNotFound")


def test_a_deny_assignment_is_a_refusal(workspaces: LogAnalyticsManagementClient, world: World) -> None:
    principal = world.tenant.app.service_principal_id or ""
    world.tenant.denials.append(Denial(principal, world.tenant.workspace.scope, (f"{PROVIDER}/*",)))
    assert error_of(lambda: workspaces.workspaces.get(GROUP, NAME)) == ("HttpResponseError", 403, "AuthorizationFailed")


def test_an_expired_token_is_refused(workspaces: LogAnalyticsManagementClient, world: World) -> None:
    workspaces.workspaces.get(GROUP, NAME)
    world.clock.skip(timedelta(hours=2))
    expired = error_of(lambda: workspaces.workspaces.get(GROUP, NAME))
    assert expired == ("ClientAuthenticationError", 401, "ExpiredAuthenticationToken")


def test_too_many_requests(workspaces: LogAnalyticsManagementClient, world: World) -> None:
    world.disturb(throttling("arm", 5), api="arm")
    error = refusal(lambda: workspaces.workspaces.get(GROUP, NAME))
    assert (error.status_code, error.error.code) == (429, "SubscriptionRequestsThrottled")
    assert error.response.headers["Retry-After"] == "5"
