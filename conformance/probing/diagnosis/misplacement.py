"""A workspace at another place than configured, and roles at other scopes."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import elements_of
from conformance.probing.evidence import Evidence


def wrong_names(connection: Connection, facts: Mapping[str, str], workspaces: Evidence) -> Finding | None:
    """Return a finding if the configured workspace id belongs to a workspace with other names: the names are wrong."""
    for workspace in elements_of(workspaces):
        if workspace.properties.customer_id.lower() != connection.workspace_id.lower():
            continue
        parts = workspace.id.split("/")
        group = parts[4] if len(parts) > 4 else "?"
        if group.lower() != connection.resource_group.lower():
            return finding(
                "resource_group_not_found",
                facts=facts,
                about="resource_group",
                explanation=f"Workspace {workspace.name}, which has the configured workspace id, is in resource group"
                f" {group}, not"
                f" in {connection.resource_group}.",
            )
        if workspace.name.lower() != connection.workspace_name.lower():
            return finding(
                "workspace_not_found",
                facts=facts,
                about="workspace",
                explanation=f"The workspace with the configured workspace id is named {workspace.name}, not"
                f" {connection.workspace_name}.",
            )
    return None


def other_names(connection: Connection, facts: Mapping[str, str]) -> Finding:
    """Return the finding of wrong names: a query by the workspace id is answered, a query by the names is refused."""
    return finding(
        "workspace_not_found",
        facts=facts,
        certainty="likely",
        also=("resource_group_not_found", "subscription_not_found", "rbac_role_missing"),
        about="workspace",
        explanation=f"The app may query the workspace with the id {connection.workspace_id}, and sees nothing at"
        f" {connection.workspace_name} in {connection.resource_group}: one of subscription, resource group and"
        " workspace name is not that workspace's.",
    )


def other_subscription(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces_elsewhere: Evidence
) -> Finding | None:
    """Return the finding of an app that has roles in other subscriptions only; None for other apps.

    If the configured workspace is in one of them, the id of the subscription is wrong; otherwise the role is in the
    wrong subscription: Azure finds the configured subscription, and refuses it.
    """
    visible_ids = [subscription.subscription_id for subscription in elements_of(subscriptions)]
    if not visible_ids or connection.subscription_id.lower() in (visible_id.lower() for visible_id in visible_ids):
        return None
    for workspace in elements_of(workspaces_elsewhere):
        if workspace.properties.customer_id.lower() == connection.workspace_id.lower():
            return finding(
                "subscription_not_found",
                facts=facts,
                about="subscription",
                explanation=f"Workspace {workspace.name}, which has the configured workspace id, is in subscription"
                f" {workspace.id.split('/')[2]}, not in {connection.subscription_id}.",
            )
    if connection.customer_tenant_id:
        return None  # a provider's app may have roles in the subscriptions of other customers
    return finding(
        "rbac_wrong_scope",
        facts=facts,
        certainty="likely",
        also=("subscription_not_found",),
        explanation=f"The app has Azure roles in subscription {', '.join(sorted(visible_ids))}, and none in"
        f" {connection.subscription_id}.",
    )


def sends_within(connection: Connection) -> bool:
    """Return whether a connection's rule is in its own subscription: then a role on the rule makes the subscription
    visible.
    """
    ingestion = connection.ingestion
    return ingestion is not None and ingestion.place[0].lower() == connection.subscription_id.lower()


def role_elsewhere(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces: Evidence
) -> Finding | None:
    """Return the finding of an app that has a role in the subscription, but none that reaches the workspace.

    Return None for a delegated subscription: its roles are part of a delegation, which does not include the workspace.
    """
    if connection.customer_tenant_id:
        return None
    visible_ids = [subscription.subscription_id.lower() for subscription in elements_of(subscriptions)]
    if connection.subscription_id.lower() not in visible_ids:
        return None
    places = [workspace.id for workspace in elements_of(workspaces)]
    if not places and sends_within(connection):
        return finding(
            "rbac_role_missing",
            facts=facts,
            certainty="likely",
            also=("rbac_wrong_scope", "rbac_wrong_principal", "resource_group_not_found", "workspace_not_found"),
            explanation="No Azure role of the app reaches the workspace"
            f" {connection.workspace_name} in {connection.resource_group}. It sees the subscription, where its data"
            " collection rule is.",
        )
    where = f", for example on {places[0]}" if places else ""
    return finding(
        "rbac_wrong_scope",
        facts=facts,
        certainty="certain" if places else "likely",
        also=() if places else ("rbac_role_missing", "resource_group_not_found", "workspace_not_found"),
        explanation=f"The app has a role somewhere in the subscription{where}, but none that reaches the workspace"
        f" {connection.workspace_name} in {connection.resource_group}.",
    )
