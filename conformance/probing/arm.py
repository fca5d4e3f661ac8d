"""Probes of Azure Resource Manager: the workspace, the scopes above it, and the roles there."""

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
    """Raise :class:`NotApplicable` for a connection that does not use the workspace."""
    if not connection.at_workspace:
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
    """Ask for the caller's permissions at the workspace: the sum of all grants that reach it."""
    of_azure(connection)
    return arm.PERMISSIONS.ask()


@probe
def role_assignments(connection: Connection, token_arm: Answer[Token]) -> Ask[ArmList[RoleAssignment]]:
    """Ask for this service principal's role assignments at the workspace, including inherited ones and those of its
    groups.
    """
    of_azure(connection)
    if token_arm.data.object_id is None:
        raise NotApplicable("the token names no object id")
    return arm.ROLE_ASSIGNMENTS.ask(filter=f"assignedTo('{token_arm.data.object_id}')")


@probe
def role_definitions(connection: Connection) -> Ask[ArmList[RoleDefinition]]:
    """Ask for the roles that can be assigned at the workspace: they contain the name and the actions of each role."""
    of_azure(connection)
    return arm.ROLE_DEFINITIONS.ask()


def of_tables(connection: Connection, table: str) -> Ask[Table]:
    """Return the question for a table. Raises :class:`NotApplicable` for a connection that reads no table."""
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
    """Ask for all tables of the workspace, with their plans and retention."""
    of_azure(connection)
    stop_unless_called(connection, arm.TABLES)
    return arm.TABLES.ask()


@probe
def insights_provider(connection: Connection, subscription: Answer[Subscription]) -> Ask[Provider]:
    """Ask for the provider of Microsoft Sentinel, if the subscription was readable: only a role on it shows the
    provider.
    """
    stop_unless_called(connection, arm.PROVIDER)
    return arm.PROVIDER.ask(namespace=arm.INSIGHTS)


@probe
def logs_provider(connection: Connection, subscription: Answer[Subscription]) -> Ask[Provider]:
    """Ask for the provider of Log Analytics workspaces, if the subscription was readable."""
    stop_unless_called(connection, arm.PROVIDER)
    return arm.PROVIDER.ask(namespace=arm.LOGS)


# Clues: only asked when a diagnosis rule needs them.


@probe
def subscriptions(connection: Connection) -> Ask[ArmList[Subscription]]:
    """Ask for the subscriptions that the app sees; empty without any role."""
    return arm.SUBSCRIPTIONS.ask()


@probe
def workspaces(connection: Connection) -> Ask[ArmList[Workspace]]:
    """Ask for the workspaces of the subscription that the app sees."""
    return arm.WORKSPACES.ask()


@probe
def assignments_here(connection: Connection) -> Ask[ArmList[RoleAssignment]]:
    """Ask for the role assignments of all principals at the workspace: they show a role given to another principal."""
    of_azure(connection)
    return arm.ROLE_ASSIGNMENTS.ask()


@probe
def deny_assignments(connection: Connection) -> Ask[ArmList[DenyAssignment]]:
    """Ask for the deny assignments at the workspace and above it, for any principal."""
    return arm.DENY_ASSIGNMENTS.ask(filter="atScope()")


@probe
def workspaces_elsewhere(
    connection: Connection, subscriptions: Answer[ArmList[Subscription]]
) -> Ask[ArmList[Workspace]]:
    """Ask for the workspaces that the app sees in another subscription: the configured workspace may be there."""
    others = (subscription.subscription_id for subscription in subscriptions.data.value)
    other = next((id for id in others if id.lower() != connection.subscription_id.lower()), None)
    if other is None:
        raise NotApplicable("the app sees no other subscription")
    return arm.WORKSPACES.ask(subscription_id=other)
