"""Telling apart causes that share a symptom: pure functions over several pieces of evidence.

A rule's parameters are the refusal, the connection, and the clues that it needs: probes, which are put only when the
rule applies, and read whatever came back. It returns a better finding, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from conformance.apis import ENDPOINTS, arm
from conformance.apis.arm import Permissions, RoleAssignment, Subscription, Workspace
from conformance.apis.endpoint import AppRole
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.probe import Injected
from conformance.probing.tokens import Token

T = TypeVar("T")

NETWORK = frozenset({"dns_failure", "connection_failed", "tls_untrusted", "timed_out", "intercepted"})
SERVICE = frozenset({"service_fault", "throttled"})
REPRESENTATIVE: Mapping[str, str] = {
    "entra": "discovery",
    "arm": "workspace",
    "sentinel": "incidents",
    "log_analytics": "query_print",
    "graph": "graph_alerts",
    "defender": "machines",
}
"""The probe that speaks for an API: if it fails alike, the trouble is the API's and not one operation's."""

PROPAGATION = timedelta(minutes=30)
"""A role assignment younger than this may not have taken effect: up to 10 minutes, older texts 30."""

READER_ROLE = "Microsoft Sentinel Reader"

_rules: dict[str, Injected] = {}
TELL_APART: Mapping[str, Injected] = MappingProxyType(_rules)


def tells_apart(function: Callable[..., Finding | None]) -> Callable[..., Finding | None]:
    """Registers a rule under its function's name, which catalogue entries use."""
    _rules[function.__name__] = Injected(function)
    return function


def clue_of(refusal: Refusal) -> str | None:
    """The rule that a refusal needs, if any."""
    found = refusal.finding
    if found.tell_apart in TELL_APART:
        return found.tell_apart
    if found.cause in NETWORK | SERVICE and refusal.exchange and refusal.exchange.api in REPRESENTATIVE:
        return f"outage_of_{refusal.exchange.api}"
    return None


# An API that does not answer


def _outage(api: str) -> None:
    """The rule for one API: an outage seen by its representative too is one outage."""

    def outage(refusal: Refusal, representative: Evidence) -> Finding | None:
        same = refusal.probe == REPRESENTATIVE[api] or (
            isinstance(representative, Refusal) and representative.finding.cause in NETWORK | SERVICE
        )
        if not same:
            return replace(refusal.finding, about=refusal.probe)
        first = refusal.finding if refusal.probe == REPRESENTATIVE[api] else representative.finding  # type: ignore[attr-defined]
        about = "host" if first.cause in NETWORK else f"{api} outage"
        return replace(first, about=about)

    outage.__annotations__ = {"refusal": Refusal, "representative": Evidence}
    _rules[f"outage_of_{api}"] = _Renamed(outage, representative=REPRESENTATIVE[api])


class _Renamed(Injected):
    """A rule whose parameter stands for a probe of another name."""

    def __init__(self, function: Callable[..., Finding | None], **probes: str) -> None:
        def renamed(**given: object) -> Finding | None:
            back = {probe: name for name, probe in probes.items()}
            return function(**{back.get(name, name): value for name, value in given.items()})

        super().__init__(renamed)
        self.__dict__["parameters"] = {"refusal": True, **{probe: True for probe in probes.values()}}


for _api in REPRESENTATIVE:
    _outage(_api)


# Azure: authorization comes before existence, so a wrong name looks like a missing role


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
    facts = {**connection.facts(), **_identity(token_arm), "role": READER_ROLE, "scope": _group_scope(connection)}
    action = _action(refusal)
    if isinstance(subscription, Refusal) and subscription.finding.cause == "subscription_not_found":
        return subscription.finding
    if misplaced := _misplaced(connection, facts, subscriptions, workspaces):
        return misplaced
    if young := _young(role_assignments, facts):
        return young
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


def _identity(token_arm: Evidence) -> dict[str, str]:
    token = token_arm.data if isinstance(token_arm, Answer) else None
    return {"object_id": token.object_id} if isinstance(token, Token) and token.object_id else {}


def _group_scope(connection: Connection) -> str:
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{connection.resource_group}"


def _action(refusal: Refusal) -> str | None:
    """The action that an AuthorizationFailed text names; the only part of it that is read."""
    match = re.search(rb"'(Microsoft\.[\w./]+/(?:read|action))'", refusal.body)
    return match.group(1).decode() if match else None


def _misplaced(
    connection: Connection, facts: Mapping[str, str], subscriptions: Evidence, workspaces: Evidence
) -> Finding | None:
    """The configured workspace id is seen under other names than the configured ones: the names are wrong."""
    for one in _listed(workspaces, Workspace):
        if one.properties.customer_id.lower() != connection.workspace_id.lower():
            continue
        parts = one.id.split("/")
        group = parts[4] if len(parts) > 4 else "?"
        if group.lower() != connection.resource_group.lower():
            return finding(
                "resource_group_not_found",
                facts=facts,
                about="resource_group",
                explanation=f"Workspace {one.name} with the configured workspace id is in resource group {group}, not in"
                f" {connection.resource_group}.",
            )
        if one.name.lower() != connection.workspace_name.lower():
            return finding(
                "workspace_not_found",
                facts=facts,
                about="workspace",
                explanation=f"The workspace with the configured workspace id is named {one.name}, not"
                f" {connection.workspace_name}.",
            )
    seen = [one.subscription_id.lower() for one in _listed(subscriptions, Subscription)]
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


def _young(role_assignments: Evidence, facts: Mapping[str, str]) -> Finding | None:
    """An assignment so young that it may not have taken effect."""
    if not isinstance(role_assignments, Answer) or role_assignments.exchange.date is None:
        return None
    now = role_assignments.exchange.date
    made = [one.properties.created_on for one in _listed(role_assignments, RoleAssignment) if one.properties.created_on]
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
        explanation=f"A role was assigned {minutes} minutes ago ({made:%H:%M} UTC) and has not taken effect yet. It takes"
        f" up to 10 minutes, in places 30: try again after {made + PROPAGATION:%H:%M} UTC.",
    )


def _lacking(
    permissions: Answer[ArmList[Permissions]], role_assignments: Evidence, action: str, facts: Mapping[str, str]
) -> Finding:
    """Some role reaches the workspace, but the action is not among what it allows."""
    from conformance.apis.actions import covers

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
    me = _identity(token_arm).get("object_id", "").lower()
    names = {one.name.lower(): one.properties.role_name for one in _listed(role_definitions, arm.RoleDefinition)}
    found = [
        (one, names.get(one.properties.role_definition_id.rpartition("/")[2].lower(), ""))
        for one in _listed(assignments_here, RoleAssignment)
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
    seen = [one.subscription_id.lower() for one in _listed(subscriptions, Subscription)]
    if connection.subscription_id.lower() not in seen:
        return None
    places = [one.id for one in _listed(workspaces, Workspace)]
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


def _listed(evidence: Evidence, kind: type[T]) -> Sequence[T]:
    """The elements of a list answer; nothing if it was refused."""
    return evidence.data.value if isinstance(evidence, Answer) else ()


# Log Analytics


@tells_apart
def log_analytics_forbidden(
    refusal: Refusal,
    connection: Connection,
    workspace: Evidence,
    permissions: Evidence,
    token_arm: Evidence,
    role_assignments: Evidence,
) -> Finding | None:
    """403: another workspace's id, a closed network, no role, or a role that the query API does not know yet."""
    facts = {**connection.facts(), **_identity(token_arm), "role": READER_ROLE, "scope": _group_scope(connection)}
    if isinstance(workspace, Answer):
        found: Workspace = workspace.data
        if mismatch := mismatched(connection, found):
            return mismatch
        if closed(found):
            return network_closed(found, facts)
    elif isinstance(workspace, Refusal) and workspace.finding.tell_apart == "arm_authorization_failed":
        return replace(workspace.finding, code=refusal.finding.code)
    elif isinstance(workspace, Refusal):
        return workspace.finding
    if young := _young(role_assignments, facts):
        return young
    return None


def mismatched(connection: Connection, workspace: Workspace) -> Finding | None:
    """The configured workspace id against the one of the workspace that the names lead to."""
    there = workspace.properties.customer_id
    if there.lower() == connection.workspace_id.lower():
        return None
    return finding(
        "workspace_id_mismatch",
        facts=connection.facts(),
        explanation=f"Workspace {workspace.name} has the workspace id {there}; the connection says"
        f" {connection.workspace_id}, which is another workspace.",
    )


def closed(workspace: Workspace) -> bool:
    """Whether queries from public networks are refused."""
    return (workspace.properties.public_network_access_for_query or "Enabled").lower() != "enabled"


def network_closed(workspace: Workspace, facts: Mapping[str, str]) -> Finding:
    mode = workspace.properties.public_network_access_for_query
    return finding(
        "network_access_disabled",
        facts=facts,
        explanation=f"publicNetworkAccessForQuery of {workspace.name} is {mode}: queries are only answered from its"
        " private network.",
    )


@tells_apart
def log_analytics_not_found(refusal: Refusal, connection: Connection, workspace: Evidence) -> Finding | None:
    """404: the names lead to a workspace with another id, or there is no such workspace at all."""
    if isinstance(workspace, Answer):
        return mismatched(connection, workspace.data)
    return workspace.finding if isinstance(workspace, Refusal) else None


@tells_apart
def missing_table(refusal: Refusal, connection: Connection, onboarding: Evidence) -> Finding | None:
    """SEM0100: without Microsoft Sentinel its tables are not there either."""
    if isinstance(onboarding, Refusal) and onboarding.finding.cause in ("sentinel_not_onboarded", "object_not_found"):
        return not_onboarded(connection)
    return replace(refusal.finding, about=refusal.probe)


def not_onboarded(connection: Connection) -> Finding:
    return finding(
        "sentinel_not_onboarded",
        facts=connection.facts(),
        explanation=f"Workspace {connection.workspace_name} exists, but Microsoft Sentinel is not enabled on it.",
    )


# Graph and Defender

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "graph": ("SecurityAlert.Read.All", "SecurityIncident.Read.All"),
    "defender": ("Machine.Read.All", "Alert.Read.All"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {"graph": ("SecurityEvents.Read.All",)}


def holds(token: Token, role: str) -> bool:
    """Whether a token carries a permission, or the ReadWrite one that includes it."""
    return role in token.roles or role.replace(".Read.", ".ReadWrite.") in token.roles


def missing_role(token: Token, role: str, connection: Connection) -> Finding:
    """What is missing of one API is one finding, about the first missing permission, with one command for all."""
    required = REQUIRED[token.audience]
    lacking = [one for one in (*required, *OPTIONAL.get(token.audience, ())) if not holds(token, one)]
    about = next((one for one in lacking if one in required), role)
    held = ", ".join(token.roles) or "none at all"
    return finding(
        "app_role_missing",
        about=about,
        facts={**connection.facts(), "roles": ",".join(lacking or [role])},
        explanation=f"The {token.audience.title()} token carries these application permissions: {held}. Missing:"
        f" {', '.join(lacking or [role])} - not requested, requested as delegated, or without admin consent.",
    )


@tells_apart
def app_role_refused(
    refusal: Refusal, connection: Connection, token_graph: Evidence, token_defender: Evidence
) -> Finding | None:
    """403: the token lacks the permission, or it has it and something else is in the way."""
    api = refusal.exchange.api if refusal.exchange else ""
    evidence = token_graph if api == "graph" else token_defender
    if not isinstance(evidence, Answer) or not evidence.data.claims:
        return None
    token: Token = evidence.data
    needs = ENDPOINTS[refusal.exchange.endpoint].needs if refusal.exchange else None
    if not isinstance(needs, AppRole) or holds(token, needs.name):
        return replace(refusal.finding, about=api)
    return missing_role(token, needs.name, connection)


@tells_apart
def unlicensed(refusal: Refusal, graph_alerts: Evidence) -> Finding | None:
    """No licence: where Graph says so too, it is the tenant that has no Defender."""
    api = refusal.exchange.api if refusal.exchange else ""
    tenant = isinstance(graph_alerts, Refusal) and graph_alerts.finding.cause == "licence_missing"
    return replace(refusal.finding, about="graph" if tenant else api)
