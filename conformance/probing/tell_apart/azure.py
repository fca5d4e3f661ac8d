"""Azure: authorization comes before existence, so a wrong name looks like a missing role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from conformance.apis.actions import covers
from conformance.apis.arm import Permissions
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tell_apart.rules import listed, tells_apart
from conformance.probing.tokens import Token

PROPAGATION = timedelta(minutes=30)
"""A role assignment younger than this may not have taken effect: up to 10 minutes, older texts 30."""

READER_ROLE = "Microsoft Sentinel Reader"


@tells_apart
def arm_authorization_failed(
    refusal: Refusal,
    connection: Connection,
    token_arm: Evidence,
    subscription: Evidence,
    subscriptions: Evidence,
    workspaces: Evidence,
    permissions: Evidence,
    role_assignments: Evidence,
    assignments_here: Evidence,
    role_definitions: Evidence,
) -> Finding | None:
    """403 AuthorizationFailed: no role, wrong names, a role just granted, given to another principal, or taken away."""
    facts = {**connection.facts(), **identity(token_arm), "role": READER_ROLE, "scope": group_scope(connection)}
    action = _action(refusal)
    if isinstance(subscription, Refusal) and subscription.finding.cause == "subscription_not_found":
        return subscription.finding
    if misplaced := _misplaced(connection, facts, subscriptions, workspaces):
        return misplaced
    if waiting := young(role_assignments, facts):
        return waiting
    if isinstance(permissions, Answer) and action:
        return _lacking(permissions, role_assignments, action, facts)
    if other := _other_principal(assignments_here, role_definitions, token_arm, facts):
        return other
    if elsewhere := _elsewhere(connection, facts, subscriptions, workspaces):
        return elsewhere
    who = facts.get("object_id", "of this app")
    return finding(
        "rbac_role_missing",
        facts=facts,
        certainty="likely",
        also=(
            "rbac_wrong_principal",
            "rbac_wrong_scope",
            "rbac_propagating",
            "subscription_not_found",
            "resource_group_not_found",
            "workspace_not_found",
        ),
        explanation=(
            f"The service principal with object id {who} sees no Azure role of its own: it may not read the workspace"
            f" {connection.workspace_name}, nor who has roles there."
        ),
        about="workspace",
        code=refusal.finding.code,
    )


def identity(token_arm: Evidence) -> dict[str, str]:
    token = token_arm.data if isinstance(token_arm, Answer) else None
    return {"object_id": token.object_id} if isinstance(token, Token) and token.object_id else {}


def group_scope(connection: Connection) -> str:
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{connection.resource_group}"


def _action(refusal: Refusal) -> str | None:
    """The action that an AuthorizationFailed text names; the only part of it that is read."""
    match = re.search(rb"'(Microsoft\.[\w./]+/(?:read|action))'", refusal.body)
    return match.group(1).decode() if match else None


def _misplaced(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces: Evidence
) -> Finding | None:
    """The configured workspace id is seen under other names than the configured ones: the names are wrong."""
    for one in listed(workspaces):
        if one.properties.customer_id.lower() != connection.workspace_id.lower():
            continue
        parts = one.id.split("/")
        group = parts[4] if len(parts) > 4 else "?"
        if group.lower() != connection.resource_group.lower():
            return finding(
                "resource_group_not_found",
                facts=facts,
                about="resource_group",
                explanation=f"Workspace {one.name}, which has the configured workspace id, is in resource group {group}, not"
                f" in {connection.resource_group}.",
            )
        if one.name.lower() != connection.workspace_name.lower():
            return finding(
                "workspace_not_found",
                facts=facts,
                about="workspace",
                explanation=f"The workspace with the configured workspace id is named {one.name}, not"
                f" {connection.workspace_name}.",
            )
    seen = [one.subscription_id.lower() for one in listed(subscriptions)]
    if seen and connection.subscription_id.lower() not in seen:
        return finding(
            "subscription_not_found",
            facts=facts,
            certainty="likely",
            also=("rbac_wrong_scope",),
            about="subscription",
            explanation=f"The app has Azure roles in subscription {', '.join(sorted(seen))}, and none in"
            f" {connection.subscription_id}.",
        )
    return None


def young(role_assignments: Evidence, facts: Mapping[str, str]) -> Finding | None:
    """An assignment so young that it may not have taken effect."""
    if not isinstance(role_assignments, Answer) or role_assignments.exchange.date is None:
        return None
    now = role_assignments.exchange.date
    made = [one.properties.created_on for one in listed(role_assignments) if one.properties.created_on]
    if made and now - max(made) < PROPAGATION:
        return propagating(max(made), now, facts)
    return None


def propagating(made: datetime, now: datetime, facts: Mapping[str, str]) -> Finding:
    """A role granted minutes ago; says when to look again."""
    minutes = max(0, int((now - made).total_seconds() // 60))
    return finding(
        "rbac_propagating",
        facts=facts,
        certainty="likely",
        also=("rbac_role_missing",),
        about="workspace",
        explanation=f"A role was assigned {minutes} minutes ago ({made:%H:%M} UTC) and has not taken effect yet. That"
        f" takes up to 10 minutes, in places 30: try again after {made + PROPAGATION:%H:%M} UTC.",
    )


def _lacking(
    permissions: Answer[ArmList[Permissions]], role_assignments: Evidence, action: str, facts: Mapping[str, str]
) -> Finding:
    """Some role reaches the workspace, but the action is not among what it allows."""
    about = area_of(action)
    taken = any(covers(one.not_actions, action) and covers(one.actions, action) for one in permissions.data.value)
    if taken:
        return finding(
            "rbac_denied",
            facts={**facts, "action": action},
            certainty="likely",
            also=("rbac_role_missing",),
            about=about,
            explanation=f"A role allows {action}, and a notAction or a deny assignment takes it away again.",
        )
    return finding(
        "rbac_role_missing",
        facts={**facts, "action": action},
        about=about,
        explanation=f"The app has a role at the workspace, but not one that allows {action}.",
    )


def area_of(action: str) -> str:
    """Which group of operations an action belongs to; what RBAC-010 to RBAC-013 are about."""
    lower = action.lower()
    if lower.startswith("microsoft.securityinsights/"):
        return "sentinel"
    if "/workspaces/tables/" in lower:
        return "tables"
    if "/workspaces/query/" in lower or "/analytics/query/" in lower:
        return "query"
    return "workspace"


def _other_principal(
    assignments_here: Evidence, role_definitions: Evidence, token_arm: Evidence, facts: Mapping[str, str]
) -> Finding | None:
    """A Sentinel role at the workspace that somebody else has, and this service principal has not."""
    me = identity(token_arm).get("object_id", "").lower()
    names = {one.name.lower(): one.properties.role_name for one in listed(role_definitions)}
    found = [
        (one, names.get(one.properties.role_definition_id.rpartition("/")[2].lower(), ""))
        for one in listed(assignments_here)
    ]
    mine = [name for one, name in found if one.properties.principal_id.lower() == me and "Sentinel" in name]
    others = [one for one, name in found if one.properties.principal_id.lower() != me and "Sentinel Reader" in name]
    if not me or mine or not others:
        return None
    principals = ", ".join(sorted({one.properties.principal_id for one in others}))
    return finding(
        "rbac_wrong_principal",
        facts=facts,
        certainty="likely",
        also=("rbac_role_missing",),
        about="workspace",
        explanation=f"{READER_ROLE} is assigned there to object id {principals}; this app signs in as {me}. The object"
        " id of the app registration is not the one of its service principal (enterprise application).",
    )


def _elsewhere(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces: Evidence
) -> Finding | None:
    """The app sees its subscription, so it has a role in it, but not one that reaches the workspace."""
    seen = [one.subscription_id.lower() for one in listed(subscriptions)]
    if connection.subscription_id.lower() not in seen:
        return None
    places = [one.id for one in listed(workspaces)]
    where = f", for example on {places[0]}" if places else ""
    return finding(
        "rbac_wrong_scope",
        facts=facts,
        certainty="certain" if places else "likely",
        also=() if places else ("rbac_role_missing", "resource_group_not_found", "workspace_not_found"),
        about="workspace",
        explanation=f"The app has a role somewhere in the subscription{where}, but none that reaches the workspace"
        f" {connection.workspace_name} in {connection.resource_group}.",
    )
