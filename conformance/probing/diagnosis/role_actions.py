"""The actions of Azure roles that a connection needs, and the actions that its roles lack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from conformance.apis import ENDPOINTS, sentinel
from conformance.apis.action_roles import gives
from conformance.apis.actions import covers
from conformance.apis.arm import Permissions, RoleAssignment, RoleDefinition
from conformance.apis.endpoint import Action, Endpoint
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.denials import denial
from conformance.probing.diagnosis.rules import elements_of
from conformance.probing.evidence import Answer, Evidence, Refusal

WORKSPACE_READ = "Microsoft.OperationalInsights/workspaces/read"
PERMISSIONS_READ = "Microsoft.Authorization/permissions/read"


def named_action(refusal: Refusal) -> str | None:
    """Return the action that an AuthorizationFailed text names; the rest of the text is not read."""
    match = re.search(rb"'(Microsoft\.[\w./]+/(?:read|action))'", refusal.body)
    return match.group(1).decode() if match else None


def refused_action(refusal: Refusal) -> str:
    """Return the refused action: the action that the text names, else the first that the API's operations need."""
    return named_action(refusal) or AREAS[AREA_OF.get(api_of(refusal), "workspace")][0]


def may_cover(patterns: Sequence[str], action: str) -> bool:
    """Return whether patterns cover an action, assuming that a wildcard below a resource includes the resource
    itself.
    """
    return covers(patterns, action) or covers((pattern.replace("/*/", "/") for pattern in patterns), action)


def unshown(grants: Sequence[Permissions]) -> bool:
    """Return whether the role covers everything below the workspace, but perhaps not the workspace's own properties.

    It is not documented whether ``workspaces/*/read`` includes ``workspaces/read``: so this refusal is not a failure,
    and proves nothing about other refusals.
    """
    below = any(may_cover(grant.actions, WORKSPACE_READ) for grant in grants)
    return below and not any(covers(grant.actions, WORKSPACE_READ) for grant in grants)


AREAS: Mapping[str, tuple[str, ...]] = {
    "workspace": (WORKSPACE_READ,),
    "query": ("Microsoft.OperationalInsights/workspaces/query/read",),
    "tables": ("Microsoft.OperationalInsights/workspaces/tables/read",),
    "sentinel": tuple(
        sorted(
            {
                var.needs.name
                for var in vars(sentinel).values()
                if isinstance(var, Endpoint) and isinstance(var.needs, Action) and var.needs.published
            }
        )
    ),
}
"""The actions that the operations of a connection need at the workspace, by the subject of RBAC-010 to RBAC-013."""
AREA_OF: Mapping[str, str] = {"log_analytics": "query", "sentinel": "sentinel"}
"""The area of an API's operations, for a refusal that names no action."""


def api_of(refusal: Refusal) -> str:
    """Return the name of the API that refused; empty if no request was sent."""
    return refusal.exchange.api if refusal.exchange else ""


def allowed(grants: Sequence[Permissions], action: str) -> bool:
    """Return whether a grant allows an action and does not exclude it again."""
    return any(covers(grant.actions, action) and not covers(grant.not_actions, action) for grant in grants)


def roles_held(role_assignments: Evidence, role_definitions: Evidence) -> list[tuple[RoleDefinition, RoleAssignment]]:
    """Return the assigned roles, each with its assignment, if both are visible."""
    definitions = {definition.name.lower(): definition for definition in elements_of(role_definitions)}
    pairs = (
        (definitions.get(assignment.properties.role_definition_id.rpartition("/")[2].lower()), assignment)
        for assignment in elements_of(role_assignments)
    )
    return [(role, assignment) for role, assignment in pairs if role is not None]


def role_to_assign(connection: Connection, action: str, role_assignments: Evidence, role_definitions: Evidence) -> str:
    """Return the role that a fix names for a refused action. If a profile needs several roles, it is one that the app
    is not known to hold, preferably one that is known to allow the action.
    """
    needs = connection.needs
    role_names = {role.properties.role_name for role, _ in roles_held(role_assignments, role_definitions)}
    missing = [role for role in needs.roles if role not in role_names]
    if len(needs.roles) < 2 or not missing:
        return needs.role
    return next((role for role in missing if gives(role, action)), missing[0])


def missing_actions(connection: Connection, grants: Sequence[Permissions], area: str) -> list[str]:
    """Return the actions of an area that a connection needs and no grant allows."""
    called = (endpoint for endpoint in ENDPOINTS.values() if connection.calls(endpoint))
    needed = {endpoint.needs.name for endpoint in called if isinstance(endpoint.needs, Action)}
    return [action for action in AREAS[area] if action in needed and not allowed(grants, action)]


def incomplete_role(
    connection: Connection,
    permissions: Answer[ArmList[Permissions]],
    evidences: Mapping[str, Evidence],
    deny_assignments: Evidence,
    refusal: Refusal,
    facts: Mapping[str, str],
) -> Finding:
    """Return the finding of a role that reaches the workspace but does not allow all needed actions.

    Report the first area without permission; areas that demonstrably work are skipped. A deny assignment is certain
    only if it was seen.
    """
    grants = permissions.data.value
    missing = [
        area
        for area in AREAS
        if isinstance(evidences[area], Refusal)
        and missing_actions(connection, grants, area)
        and not (area == "workspace" and unshown(grants))
    ]
    action = named_action(refusal)
    about = missing[0] if missing else area_of(action) if action else AREA_OF.get(api_of(refusal), "workspace")
    operation = action or AREAS[about][0]
    facts = {**facts, "action": operation}
    if denied := denial(deny_assignments, facts.get("object_id", "").lower(), operation):
        name = denied.properties.deny_assignment_name or denied.name
        where = f" at {denied.properties.scope}" if denied.properties.scope else ""
        text = f"The deny assignment {name}{where} takes {operation} away."
        return finding("rbac_denied", facts=facts, about=about, explanation=text)
    if not any(covers(grant.actions, operation) for grant in grants):
        return finding(
            "rbac_role_missing",
            facts=facts,
            about=about,
            explanation=f"The app has a role at the workspace, but not one that allows {operation}.",
        )
    if all(covers(grant.not_actions, operation) for grant in grants if covers(grant.actions, operation)):
        text = f"A role allows {operation}, and a notAction of it takes it away again."
        return finding("rbac_denied", facts=facts, about=about, explanation=text)
    allows = f"The service refuses {operation}, although a role at the workspace allows it"
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
        explanation=f"{allows}. Perhaps a deny assignment that it may not see.",
    )


def unreadable_role(action: str | None, facts: Mapping[str, str]) -> Finding:
    """Return the finding of a role that reaches the workspace, but whose allowed actions cannot be read."""
    operation = action or PERMISSIONS_READ
    return finding(
        "rbac_role_missing",
        facts={**facts, "action": operation},
        explanation=f"The app has a role at the workspace, as answers show, but not one that allows {operation}.",
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
