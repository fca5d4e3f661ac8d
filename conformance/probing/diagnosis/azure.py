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
from conformance.probing.diagnosis.denials import denial
from conformance.probing.diagnosis.rules import NOT_FOUND, elements_of, tells_apart
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal
from conformance.probing.tokens import Token

PROPAGATION = timedelta(minutes=30)
"""A role assignment younger than this may not have taken effect: up to 10 minutes, older texts 30."""

QUERY_PROPAGATION = timedelta(minutes=60)
"""The same for the query service."""

WORKSPACE_READ = "Microsoft.OperationalInsights/workspaces/read"

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
    workspaces_elsewhere: Evidence,
    permissions: Evidence,
    role_assignments: Evidence,
    assignments_here: Evidence,
    role_definitions: Evidence,
    deny_assignments: Evidence,
    workspace: Evidence,
    query_print: Evidence,
    query_by_resource: Evidence,
    incident_table: Evidence,
    incidents: Evidence,
) -> Finding | NotAsked | None:
    """403 AuthorizationFailed: no role, wrong names, a role just granted, given to another principal, or taken away."""
    facts = {**connection.facts(), **identity(token_arm), "role": READER_ROLE, "scope": group_scope(connection)}
    if isinstance(subscription, Refusal) and subscription.finding.cause == "subscription_not_found":
        return subscription.finding
    if misplaced := _wrong_names(connection, facts, workspaces):
        return misplaced
    if other := _other_subscription(connection, facts, subscriptions, workspaces_elsewhere):
        return other
    if refusal.probe == "workspace" and unshown(elements_of(permissions)):
        reason = "the app's role reaches what is in the workspace, and is not taken to include its own properties"
        return NotAsked(refusal.probe, reason)
    if refusal.probe in OWN_ROLES and _all_answered((query_print, incidents)):
        return NotAsked(refusal.probe, "the app's role does not show what it allows; what it is for is answered")
    within = QUERY_PROPAGATION if _api(refusal) == "log_analytics" else PROPAGATION
    if waiting := young(role_assignments, role_definitions, _refused_action(refusal), facts, within):
        return waiting
    if other := _other_principal(assignments_here, role_definitions, token_arm, facts):
        return other
    if isinstance(query_print, Answer) and _is_denied(query_by_resource) and not isinstance(permissions, Answer):
        return _other_names(connection, facts)
    if isinstance(permissions, Answer) and permissions.data.value:
        seen = dict(zip(AREAS, (workspace, query_print, incident_table, incidents), strict=True))
        return _incomplete_role(permissions, seen, deny_assignments, refusal, facts)
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


@tells_apart
def parent_not_found(
    refusal: Refusal, connection: Connection, subscription: Evidence, resource_group: Evidence, workspace: Evidence
) -> Finding | None:
    """Return the finding of the outermost resource that was not found, for everything below it."""
    for one in (subscription, resource_group, workspace):
        if isinstance(one, Refusal) and one.finding.cause in NOT_FOUND:
            return one.finding
    return None


def identity(token_arm: Evidence) -> dict[str, str]:
    token = token_arm.data if isinstance(token_arm, Answer) else None
    return {"object_id": token.object_id} if isinstance(token, Token) and token.object_id else {}


def group_scope(connection: Connection) -> str:
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{connection.resource_group}"


def _action(refusal: Refusal) -> str | None:
    """Return the action that an AuthorizationFailed text names; the only part of it that is read."""
    match = re.search(rb"'(Microsoft\.[\w./]+/(?:read|action))'", refusal.body)
    return match.group(1).decode() if match else None


def _refused_action(refusal: Refusal) -> str:
    """Return the refused action: the one that the text names, else the first that the API's operations need."""
    return _action(refusal) or AREAS[AREA_OF.get(_api(refusal), "workspace")][0]


def perhaps(patterns: Sequence[str], action: str) -> bool:
    """Return whether patterns cover an action, if a wildcard for what is below a resource includes the
    resource itself.
    """
    return covers(patterns, action) or covers((pattern.replace("/*/", "/") for pattern in patterns), action)


def unshown(grants: Sequence[Permissions]) -> bool:
    """Return whether only the workspace's own properties may be kept from a role that covers what is below them.

    Whether ``workspaces/*/read`` includes ``workspaces/read`` is not documented: a service that says no breaks nothing,
    and proves nothing of what else is refused.
    """
    below = any(perhaps(one.actions, WORKSPACE_READ) for one in grants)
    return below and not any(covers(one.actions, WORKSPACE_READ) for one in grants)


OWN_ROLES = frozenset({"permissions", "role_assignments", "role_definitions"})
"""Probes that look at the app's own roles. No operation of a connection needs the right to do so."""


def _all_answered(seen: Sequence[Evidence]) -> bool:
    """Return whether everything that a connection uses of the workspace is answered."""
    return any(isinstance(one, Answer) for one in seen) and all(isinstance(one, Answer | NotAsked) for one in seen)


def _wrong_names(connection: Connection, facts: Mapping[str, str], workspaces: Evidence) -> Finding | None:
    """Return a finding where the configured workspace id belongs to a workspace with other names: the names
    are wrong.
    """
    for one in elements_of(workspaces):
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
    return None


def _is_denied(query: Evidence) -> bool:
    """Return whether the query API refuses a query for want of a role, or of a workspace."""
    rules = ("log_analytics_forbidden", "log_analytics_not_found")
    return isinstance(query, Refusal) and query.finding.tell_apart in rules


def _other_names(connection: Connection, facts: Mapping[str, str]) -> Finding:
    """Return the finding of names that are not the workspace's: a query by its id is answered, one by them refused."""
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


def _other_subscription(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces_elsewhere: Evidence
) -> Finding | None:
    """Return a finding where the app has roles in other subscriptions only.

    If the configured workspace is there, the id of the subscription is wrong; else the role is: Azure finds the
    configured subscription, and refuses it.
    """
    seen = [one.subscription_id for one in elements_of(subscriptions)]
    if not seen or connection.subscription_id.lower() in (one.lower() for one in seen):
        return None
    for one in elements_of(workspaces_elsewhere):
        if one.properties.customer_id.lower() == connection.workspace_id.lower():
            return finding(
                "subscription_not_found",
                facts=facts,
                about="subscription",
                explanation=f"Workspace {one.name}, which has the configured workspace id, is in subscription"
                f" {one.id.split('/')[2]}, not in {connection.subscription_id}.",
            )
    return finding(
        "rbac_wrong_scope",
        facts=facts,
        certainty="likely",
        also=("subscription_not_found",),
        explanation=f"The app has Azure roles in subscription {', '.join(sorted(seen))}, and none in"
        f" {connection.subscription_id}.",
    )


def young(
    role_assignments: Evidence, role_definitions: Evidence, action: str, facts: Mapping[str, str], within: timedelta
) -> Finding | None:
    """Return an assignment so young that it may not have taken effect, of a role that allows the action (or is not
    known).
    """
    if not isinstance(role_assignments, Answer) or role_assignments.exchange.date is None:
        return None
    now = role_assignments.exchange.date
    roles = {one.name.lower(): one.properties.permissions for one in elements_of(role_definitions)}
    made = []
    for one in elements_of(role_assignments):
        grants = roles.get(one.properties.role_definition_id.rpartition("/")[2].lower())
        helps = grants is None or any(perhaps(grant.actions, action) for grant in grants)
        if helps and one.properties.created_on and now - one.properties.created_on < within:
            made.append(one.properties.created_on)
    return propagation_finding(max(made), now, facts, within) if made else None


def propagation_finding(
    made: datetime, now: datetime, facts: Mapping[str, str], within: timedelta = PROPAGATION
) -> Finding:
    """Return the finding of a role granted minutes ago, with the time to check again."""
    minutes = max(0, int((now - made).total_seconds() // 60))
    return finding(
        "rbac_propagating",
        facts=facts,
        certainty="likely",
        also=("rbac_role_missing",),
        explanation=f"A role was assigned {minutes} minutes ago ({made:%H:%M} UTC) and has not taken effect yet. That"
        f" takes up to 10 minutes, in places {int(within.total_seconds() // 60)}: try again after"
        f" {made + within:%H:%M} UTC.",
    )


AREAS: Mapping[str, tuple[str, ...]] = {
    "workspace": (WORKSPACE_READ,),
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


def missing_actions(grants: Sequence[Permissions], area: str) -> list[str]:
    """Return the actions of an area that no grant allows."""
    return [
        action
        for action in AREAS[area]
        if not any(covers(one.actions, action) and not covers(one.not_actions, action) for one in grants)
    ]


def _incomplete_role(
    permissions: Answer[ArmList[Permissions]],
    seen: Mapping[str, Evidence],
    deny_assignments: Evidence,
    refusal: Refusal,
    facts: Mapping[str, str],
) -> Finding:
    """Return a finding where a role reaches the workspace but does not allow everything.

    Report the first area without permission; areas that demonstrably work are skipped. A deny assignment is certain
    only if it was seen.
    """
    grants = permissions.data.value
    missing = [
        area
        for area in AREAS
        if isinstance(seen[area], Refusal)
        and missing_actions(grants, area)
        and not (area == "workspace" and unshown(grants))
    ]
    action = _action(refusal)
    about = missing[0] if missing else area_of(action) if action else AREA_OF.get(_api(refusal), "workspace")
    named = action or AREAS[about][0]
    facts = {**facts, "action": named}
    if denied := denial(deny_assignments, facts.get("object_id", "").lower(), named):
        name = denied.properties.deny_assignment_name or denied.name
        text = f"The deny assignment {name} at {denied.properties.scope} takes {named} away."
        return finding("rbac_denied", facts=facts, about=about, explanation=text)
    if not any(covers(one.actions, named) for one in grants):
        return finding(
            "rbac_role_missing",
            facts=facts,
            about=about,
            explanation=f"The app has a role at the workspace, but not one that allows {named}.",
        )
    if all(covers(one.not_actions, named) for one in grants if covers(one.actions, named)):
        text = f"A role allows {named}, and a notAction of it takes it away again."
        return finding("rbac_denied", facts=facts, about=about, explanation=text)
    allows = f"The service refuses {named}, although a role at the workspace allows it"
    if isinstance(deny_assignments, Answer):
        return finding(
            "rbac_role_missing",
            facts=facts,
            certainty="likely",
            also=("rbac_propagating", "rbac_denied"),
            about=about,
            explanation=f"{allows} and no deny assignment takes it away: the role may have been given or taken away a"
            " moment ago.",
        )
    return finding(
        "rbac_denied",
        facts=facts,
        certainty="likely",
        also=("rbac_propagating", "rbac_role_missing"),
        about=about,
        explanation=f"{allows}. A deny assignment would do that; the app may not see which there are.",
    )


def _unreadable(action: str | None, facts: Mapping[str, str]) -> Finding:
    """Return a finding where a role reaches the workspace, but the actions that it allows cannot be read."""
    named = action or PERMISSIONS_READ
    return finding(
        "rbac_role_missing",
        facts={**facts, "action": named},
        explanation=f"The app has a role at the workspace, as answers show, but not one that allows {named}.",
    )


def area_of(action: str) -> str:
    """Return the group of operations that an action belongs to: the subject of RBAC-010 to RBAC-013."""
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
    """Return a finding where another principal has a Sentinel role at the workspace, and this service principal has
    none.
    """
    me = identity(token_arm).get("object_id", "").lower()
    names = {one.name.lower(): one.properties.role_name for one in elements_of(role_definitions)}
    found = [
        (one, names.get(one.properties.role_definition_id.rpartition("/")[2].lower(), ""))
        for one in elements_of(assignments_here)
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
    """Return a finding where the app has a role in the subscription, but none that reaches the workspace."""
    seen = [one.subscription_id.lower() for one in elements_of(subscriptions)]
    if connection.subscription_id.lower() not in seen:
        return None
    places = [one.id for one in elements_of(workspaces)]
    where = f", for example on {places[0]}" if places else ""
    return finding(
        "rbac_wrong_scope",
        facts=facts,
        certainty="certain" if places else "likely",
        also=() if places else ("rbac_role_missing", "resource_group_not_found", "workspace_not_found"),
        explanation=f"The app has a role somewhere in the subscription{where}, but none that reaches the workspace"
        f" {connection.workspace_name} in {connection.resource_group}.",
    )
