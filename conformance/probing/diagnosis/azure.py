"""Azure: authorization comes before existence, so a wrong name looks like a missing role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from conformance.apis import sentinel
from conformance.apis.actions import covers
from conformance.apis.arm import Permissions
from conformance.apis.endpoint import Action, Endpoint
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import listed, tells_apart
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tokens import Token

PROPAGATION = timedelta(minutes=30)
"""A role assignment younger than this may not have taken effect: up to 10 minutes, older texts 30."""

READER_ROLE = "Microsoft Sentinel Reader"
PERMISSIONS_READ = "Microsoft.Authorization/permissions/read"


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
    workspace: Evidence,
    query_print: Evidence,
    incident_table: Evidence,
    incidents: Evidence,
) -> Finding | None:
    """403 AuthorizationFailed: no role, wrong names, a role just granted, given to another principal, or taken away."""
    facts = {**connection.facts(), **identity(token_arm), "role": READER_ROLE, "scope": group_scope(connection)}
    if isinstance(subscription, Refusal) and subscription.finding.cause == "subscription_not_found":
        return subscription.finding
    if misplaced := _misplaced(connection, facts, subscriptions, workspaces):
        return misplaced
    if waiting := young(role_assignments, facts):
        return waiting
    if other := _other_principal(assignments_here, role_definitions, token_arm, facts):
        return other
    if isinstance(permissions, Answer) and permissions.data.value:
        seen = dict(zip(AREAS, (workspace, query_print, incident_table, incidents), strict=True))
        return _lacking(permissions, seen, refusal, facts)
    if any(isinstance(one, Answer) for one in (workspace, query_print, incidents)):
        return _unreadable(_action(refusal), facts)
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
                explanation=f"Workspace {one.name}, which has the configured workspace id, is in resource group"
                f" {group}, not"
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
        explanation=f"A role was assigned {minutes} minutes ago ({made:%H:%M} UTC) and has not taken effect yet. That"
        f" takes up to 10 minutes, in places 30: try again after {made + PROPAGATION:%H:%M} UTC.",
    )


AREAS: Mapping[str, tuple[str, ...]] = {
    "workspace": ("Microsoft.OperationalInsights/workspaces/read",),
    "query": ("Microsoft.OperationalInsights/workspaces/query/read",),
    "tables": ("Microsoft.OperationalInsights/workspaces/tables/read",),
    "sentinel": tuple(
        sorted(
            {
                one.needs.name
                for one in vars(sentinel).values()
                if isinstance(one, Endpoint) and isinstance(one.needs, Action) and one.needs.published
            }
        )
    ),
}
"""The actions that the operations of a connection need at the workspace, by what RBAC-010 to RBAC-013 are about."""


AREA_OF: Mapping[str, str] = {"log_analytics": "query", "sentinel": "sentinel"}
"""What an API's operations are about, where a refusal names no action."""


def _api(refusal: Refusal) -> str:
    return refusal.exchange.api if refusal.exchange else ""


def lacking(grants: Sequence[Permissions], area: str) -> list[str]:
    """The actions of an area that no grant allows."""
    return [
        action
        for action in AREAS[area]
        if not any(covers(one.actions, action) and not covers(one.not_actions, action) for one in grants)
    ]


def _lacking(
    permissions: Answer[ArmList[Permissions]],
    seen: Mapping[str, Evidence],
    refusal: Refusal,
    facts: Mapping[str, str],
) -> Finding:
    """Some role reaches the workspace, but it does not allow everything. One finding, about the first area that lacks.

    What was seen to work is not lacking, whatever was computed.
    """
    grants = permissions.data.value
    missing = [area for area in AREAS if isinstance(seen[area], Refusal) and lacking(grants, area)]
    action = _action(refusal)
    about = missing[0] if missing else area_of(action) if action else AREA_OF.get(_api(refusal), "workspace")
    named = action or AREAS[about][0]
    facts = {**facts, "action": named}
    given = any(covers(one.actions, named) for one in grants)
    if given:
        taken = not any(covers(one.actions, named) and not covers(one.not_actions, named) for one in grants)
        return finding(
            "rbac_denied",
            facts=facts,
            certainty="certain" if taken else "likely",
            also=() if taken else ("rbac_propagating", "rbac_role_missing"),
            about=about,
            explanation=f"A role allows {named}, and a notAction or a deny assignment takes it away again.",
        )
    return finding(
        "rbac_role_missing",
        facts=facts,
        about=about,
        explanation=f"The app has a role at the workspace, but not one that allows {named}.",
    )


def _unreadable(action: str | None, facts: Mapping[str, str]) -> Finding:
    """Some role reaches the workspace, as an answer shows, but what it allows cannot be read."""
    named = action or PERMISSIONS_READ
    return finding(
        "rbac_role_missing",
        facts={**facts, "action": named},
        explanation=f"The app has a role at the workspace, as answers show, but not one that allows {named}.",
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
    applications = [one.properties for one in others if one.properties.principal_type in (None, "ServicePrincipal")]
    wrong = (
        {"other_object_id": applications[0].principal_id, "other_scope": applications[0].scope} if applications else {}
    )
    return finding(
        "rbac_wrong_principal",
        facts={**facts, **wrong},
        certainty="likely",
        also=("rbac_role_missing",),
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
        explanation=f"The app has a role somewhere in the subscription{where}, but none that reaches the workspace"
        f" {connection.workspace_name} in {connection.resource_group}.",
    )
