"""What is asked of Azure Resource Manager: the workspace, what surrounds it, and who may do what there."""

from __future__ import annotations

from conformance.apis import arm
from conformance.apis.arm import (
    DenyAssignment,
    Permissions,
    Provider,
    ResourceGroup,
    RoleAssignment,
    RoleDefinition,
    Subscription,
    Table,
    Workspace,
)
from conformance.apis.endpoint import Ask
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.probing.entra import stop_at_problems
from conformance.probing.evidence import Answer
from conformance.probing.probe import NotApplicable, probe
from conformance.probing.routes import stop_unless_called
from conformance.probing.tokens import Token


def of_azure(connection: Connection) -> None:
    """Raise :class:`NotApplicable` unless the connection uses an API that needs Azure resources."""
    if not connection.uses("arm"):
        raise NotApplicable("this connection uses neither Log Analytics nor Microsoft Sentinel")
    stop_at_problems(connection, "subscription_id", "resource_group", "workspace_name")


@probe
def subscription(connection: Connection) -> Ask[Subscription]:
    """Ask for the subscription."""
    of_azure(connection)
    return arm.SUBSCRIPTION.ask()


@probe
def resource_group(connection: Connection) -> Ask[ResourceGroup]:
    """Ask for the resource group."""
    of_azure(connection)
    return arm.RESOURCE_GROUP.ask()


@probe
def workspace(connection: Connection) -> Ask[Workspace]:
    """Ask for the Log Analytics workspace."""
    of_azure(connection)
    return arm.WORKSPACE.ask()


@probe
def permissions(connection: Connection) -> Ask[ArmList[Permissions]]:
    """What the caller may do at the workspace: all grants that reach it, added up."""
    of_azure(connection)
    return arm.PERMISSIONS.ask()


@probe
def role_assignments(connection: Connection, token_arm: Answer[Token]) -> Ask[ArmList[RoleAssignment]]:
    """The role assignments of this service principal that reach the workspace, inherited ones and groups' included."""
    of_azure(connection)
    if token_arm.data.object_id is None:
        raise NotApplicable("the token names no object id")
    return arm.ROLE_ASSIGNMENTS.ask(filter=f"assignedTo('{token_arm.data.object_id}')")


@probe
def role_definitions(connection: Connection) -> Ask[ArmList[RoleDefinition]]:
    """The roles that can be assigned at the workspace, for the names and actions behind assignments."""
    of_azure(connection)
    return arm.ROLE_DEFINITIONS.ask()


def of_tables(connection: Connection, table: str) -> Ask[Table]:
    """Return the question for a table; raises :class:`NotApplicable` for a connection that looks at none."""
    of_azure(connection)
    stop_unless_called(connection, arm.TABLE)
    return arm.TABLE.ask(table=table)


@probe
def incident_table(connection: Connection) -> Ask[Table]:
    """Ask for the properties of the table SecurityIncident."""
    return of_tables(connection, "SecurityIncident")


@probe
def alert_table(connection: Connection) -> Ask[Table]:
    """Ask for the properties of the table SecurityAlert."""
    return of_tables(connection, "SecurityAlert")


@probe
def tables(connection: Connection) -> Ask[ArmList[Table]]:
    """All tables of the workspace: their plans, and how long they keep rows."""
    of_azure(connection)
    stop_unless_called(connection, arm.TABLES)
    return arm.TABLES.ask()


@probe
def insights_provider(connection: Connection, subscription: Answer[Subscription]) -> Ask[Provider]:
    """The provider of Microsoft Sentinel. Only a role on the subscription shows it, so it is asked where that is."""
    stop_unless_called(connection, arm.PROVIDER)
    return arm.PROVIDER.ask(namespace=arm.INSIGHTS)


@probe
def logs_provider(connection: Connection, subscription: Answer[Subscription]) -> Ask[Provider]:
    """The provider of Log Analytics workspaces, likewise."""
    stop_unless_called(connection, arm.PROVIDER)
    return arm.PROVIDER.ask(namespace=arm.LOGS)


# Clues: only put when a refusal has to be told apart.


@probe
def subscriptions(connection: Connection) -> Ask[ArmList[Subscription]]:
    """The subscriptions that the app sees at all; empty without any role."""
    return arm.SUBSCRIPTIONS.ask()


@probe
def workspaces(connection: Connection) -> Ask[ArmList[Workspace]]:
    """The workspaces of the subscription that the app sees."""
    return arm.WORKSPACES.ask()


@probe
def assignments_here(connection: Connection) -> Ask[ArmList[RoleAssignment]]:
    """Everybody's role assignments that reach the workspace: shows a role that went to another principal."""
    return arm.ROLE_ASSIGNMENTS.ask()


@probe
def deny_assignments(connection: Connection) -> Ask[ArmList[DenyAssignment]]:
    """The deny assignments at the workspace and above it, whomever they name."""
    return arm.DENY_ASSIGNMENTS.ask(filter="atScope()")


@probe
def workspaces_elsewhere(
    connection: Connection, subscriptions: Answer[ArmList[Subscription]]
) -> Ask[ArmList[Workspace]]:
    """The workspaces of another subscription that the app sees: the configured one may be there."""
    others = (subscription.subscription_id for subscription in subscriptions.data.value)
    other = next((id for id in others if id.lower() != connection.subscription_id.lower()), None)
    if other is None:
        raise NotApplicable("the app sees no other subscription")
    return arm.WORKSPACES.ask(subscription_id=other)
