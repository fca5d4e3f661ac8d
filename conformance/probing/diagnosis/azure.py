"""Azure: authorization comes before existence, so a wrong name looks like a missing role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.misplacement import other_names, other_subscription, role_elsewhere, wrong_names
from conformance.probing.diagnosis.propagation import PROPAGATION, QUERY_PROPAGATION, young
from conformance.probing.diagnosis.role_actions import (
    AREAS,
    api_of,
    incomplete_role,
    named_action,
    refused_action,
    role_to_assign,
    unreadable_role,
    unshown,
)
from conformance.probing.diagnosis.rules import NOT_FOUND, OF_THE_RULE, elements_of, tells_apart
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal
from conformance.probing.tokens import Token


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
    """Return the finding of a 403 AuthorizationFailed: no role, wrong names, a new role, a role of another principal,
    or a denied action.
    """
    role = role_to_assign(connection, refused_action(refusal), role_assignments, role_definitions)
    facts = {**connection.facts(), **identity(token_arm), "scope": group_scope(connection), "role": role}
    works = any(isinstance(item, Answer) for item in (workspace, query_print, incidents))
    if refusal.probe in OF_THE_RULE and (works or not connection.at_workspace):
        return unreadable_rule(refusal, connection, facts)
    if isinstance(subscription, Refusal) and subscription.finding.cause == "subscription_not_found":
        return subscription.finding
    if misplaced := wrong_names(connection, facts, workspaces):
        return misplaced
    if other := other_subscription(connection, facts, subscriptions, workspaces_elsewhere):
        return other
    if refusal.probe == "workspace" and unshown(elements_of(permissions)):
        reason = "the app's role reaches what is in the workspace, and is not taken to include its own properties"
        return NotAsked(refusal.probe, reason)
    if refusal.probe in OWN_ROLES and _all_answered((query_print, incidents)):
        return NotAsked(refusal.probe, "the app's role does not show what it allows; what it is for is answered")
    within = QUERY_PROPAGATION if api_of(refusal) == "log_analytics" else PROPAGATION
    if waiting := young(role_assignments, role_definitions, refused_action(refusal), facts, within):
        return waiting
    if other := _other_principal(assignments_here, role_definitions, token_arm, facts):
        return other
    if isinstance(query_print, Answer) and _is_denied(query_by_resource) and not isinstance(permissions, Answer):
        return other_names(connection, facts)
    if isinstance(permissions, Answer) and permissions.data.value:
        item = dict(zip(AREAS, (workspace, query_print, incident_table, incidents), strict=True))
        return incomplete_role(connection, permissions, item, deny_assignments, refusal, facts)
    if any(isinstance(evidence, Answer) for evidence in (workspace, query_print, incidents)):
        return unreadable_role(named_action(refusal), facts)
    if elsewhere := role_elsewhere(connection, facts, subscriptions, workspaces):
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
    for answer in (subscription, resource_group, workspace):
        if isinstance(answer, Refusal) and answer.finding.cause in NOT_FOUND:
            return answer.finding
    return None


def identity(token_arm: Evidence) -> dict[str, str]:
    """Return the object id of the app's service principal as a fact, from its token; empty if unknown."""
    token = token_arm.data if isinstance(token_arm, Answer) else None
    return {"object_id": token.object_id} if isinstance(token, Token) and token.object_id else {}


def group_scope(connection: Connection) -> str:
    """Return the resource id of the resource group."""
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{connection.resource_group}"


OWN_ROLES = frozenset({"permissions", "role_assignments", "role_definitions"})
"""Probes of the app's own roles. No operation of a connection needs the right to read them."""


def unreadable_rule(refusal: Refusal, connection: Connection, facts: Mapping[str, str]) -> Finding:
    """Return the finding of an app that may not read the resources of log ingestion; its permissions at the workspace
    do not matter.
    """
    action = named_action(refusal) or "Microsoft.Insights/DataCollectionRules/Read"
    scope = connection.ingestion.rule if connection.ingestion else facts["scope"]
    return finding(
        "rbac_role_missing",
        facts={
            **facts,
            "kind": " ".join(("sending", *connection.kinds)),
            "role": "Monitoring Reader",
            "scope": scope,
            "action": action,
        },
        about="ingestion",
        explanation=f"The app may not do {action}. Sending does not need it; without it the rule cannot be verified.",
        code=refusal.finding.code,
    )


def _all_answered(evidences: Sequence[Evidence]) -> bool:
    """Return whether all given probes of the workspace were answered."""
    return any(isinstance(evidence, Answer) for evidence in evidences) and all(
        isinstance(evidence, Answer | NotAsked) for evidence in evidences
    )


def _is_denied(query: Evidence) -> bool:
    """Return whether the query API refuses a query because a role or the workspace is missing."""
    rules = ("log_analytics_forbidden", "log_analytics_not_found")
    return isinstance(query, Refusal) and query.finding.tell_apart in rules


def _other_principal(
    assignments_here: Evidence, role_definitions: Evidence, token_arm: Evidence, facts: Mapping[str, str]
) -> Finding | None:
    """Return a finding where another principal has a Sentinel role at the workspace, and this service principal has
    none.
    """
    me = identity(token_arm).get("object_id", "").lower()
    names = {definition.name.lower(): definition.properties.role_name for definition in elements_of(role_definitions)}
    assigned_roles = [
        (assignment, names.get(assignment.properties.role_definition_id.rpartition("/")[2].lower(), ""))
        for assignment in elements_of(assignments_here)
    ]
    role = facts["role"].removeprefix("Microsoft ")  # some tenants still show the name with Azure in front
    own_roles = [name for assignment, name in assigned_roles if assignment.properties.principal_id.lower() == me]
    mine = [name for name in own_roles if "Sentinel" in name or role in name]
    others = [
        assignment
        for assignment, name in assigned_roles
        if assignment.properties.principal_id.lower() != me and role in name
    ]
    if not me or mine or not others:
        return None
    principals = ", ".join(sorted({other.properties.principal_id for other in others}))
    applications = [
        other.properties for other in others if other.properties.principal_type in (None, "ServicePrincipal")
    ]
    wrong = (
        {"other_object_id": applications[0].principal_id, "other_scope": applications[0].scope} if applications else {}
    )
    return finding(
        "rbac_wrong_principal",
        facts={**facts, **wrong},
        certainty="likely",
        also=("rbac_role_missing",),
        explanation=f"{facts['role']} is assigned there to object id {principals}; this app signs in as {me}."
        " An app registration and its enterprise application have different object ids.",
    )
