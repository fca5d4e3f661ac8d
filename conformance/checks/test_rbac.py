"""Azure roles of the service principal."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.apis.actions import covers
from conformance.apis.arm import Permissions
from conformance.apis.shape import ArmList
from conformance.checks.azure_needs import (
    below,
    role_giving,
    visible_actions,
    without_actions,
)
from conformance.checks.expect import Found, fail, not_applicable, require_answer
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.findings import finding
from conformance.probing.diagnosis.role_actions import allowed, missing_actions
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal
from conformance.probing.tokens import Token


@check(
    "RBAC-001",
    "the service principal's effective permissions at the workspace can be read",
    owns=("rbac_role_missing", "policy_denied", "ip_blocked:arm"),
)
def test_permissions_readable(connection: Connection, permissions: Answer[ArmList[Permissions]]) -> None:
    """``Microsoft.Authorization/permissions`` at the workspace answers. Every Sentinel role includes the right to read
    it.
    """
    if not permissions.data.value:
        fail(
            "No role reaches the workspace: the list of effective permissions is empty.",
            "rbac_role_missing",
            facts=connection.facts(),
            promise="effective-permissions",
        )


def require_allowed(connection: Connection, permissions: Evidence, area: str, evidences: Sequence[Evidence]) -> None:
    """Raise :class:`Found` if an operation of the area was refused for a missing role; return if one was answered.

    Without either, the permissions decide. An observed answer or refusal counts more than the computed permissions.
    """
    for evidence in evidences:
        if isinstance(evidence, Refusal) and evidence.finding.cause.startswith("rbac_"):
            raise Found(evidence.finding, refusal=evidence)
    if any(isinstance(evidence, Answer) for evidence in evidences):
        return
    if not any(isinstance(evidence, Refusal) for evidence in evidences):
        for evidence in evidences:
            require_answer(evidence)
        reasons = [evidence.reason for evidence in evidences if isinstance(evidence, NotAsked)]
        not_applicable(reasons[0] if reasons else "this connection does not use it")
    granted = require_answer(permissions)
    if granted is not None and missing_actions(connection, granted.value, area):
        not_applicable(
            "the operation was refused for another reason, so what the permissions would allow proves nothing"
        )


def owning(area: str) -> tuple[str, ...]:
    """Return the causes of a missing permission in an area, as ``cause:area``."""
    return f"rbac_role_missing:{area}", f"rbac_denied:{area}"


@check(
    "RBAC-010",
    "the workspace may be read",
    using={"result": "workspace"},
    given={"area": "workspace"},
    owns=owning("workspace"),
)
@check("RBAC-011", "queries may be run", using={"result": "query_print"}, given={"area": "query"}, owns=owning("query"))
@check(
    "RBAC-012",
    "the workspace's tables may be looked at",
    using={"result": "incident_table"},
    given={"area": "tables"},
    owns=owning("tables"),
)
def test_action_allowed(connection: Connection, permissions: Evidence, result: Evidence, area: str) -> None:
    """The effective permissions, with wildcards, notActions and several roles added up, allow the action of the
    operation.
    """
    require_allowed(connection, permissions, area, [result])


@check("RBAC-013", "Microsoft Sentinel may be read", owns=owning("sentinel"))
def test_sentinel_allowed(
    connection: Connection,
    permissions: Evidence,
    incidents: Evidence,
    incident_alerts: Evidence,
    incident_entities: Evidence,
    incident_comments: Evidence,
    incident_bookmarks: Evidence,
    alert_rules: Evidence,
    data_connectors: Evidence,
    automation_rules: Evidence,
    watchlists: Evidence,
    bookmarks: Evidence,
    threat_intelligence: Evidence,
    metadata: Evidence,
    settings: Evidence,
) -> None:
    """Every read of ``Microsoft.SecurityInsights`` that the connection uses is allowed. The first refused action is
    named.
    """
    operations = (
        incidents,
        incident_alerts,
        incident_entities,
        incident_comments,
        incident_bookmarks,
        alert_rules,
        data_connectors,
        automation_rules,
        watchlists,
        bookmarks,
        threat_intelligence,
        metadata,
        settings,
    )
    require_allowed(connection, permissions, "sentinel", operations)


@check(
    "RBAC-014",
    "every further Azure action of the profile is allowed",
    owns=("rbac_role_missing:profile", "rbac_denied:profile"),
    applies=without_actions,
)
def test_further_actions_allowed(
    connection: Connection,
    permissions: Answer[ArmList[Permissions]],
    workspace: Evidence,
    query_print: Evidence,
    query_by_resource: Evidence,
    incident_table: Evidence,
    incidents: Evidence,
    incident_alerts: Evidence,
    incident_entities: Evidence,
    incident_comments: Evidence,
    incident_bookmarks: Evidence,
    alert_rules: Evidence,
    data_connectors: Evidence,
    automation_rules: Evidence,
    watchlists: Evidence,
    bookmarks: Evidence,
    threat_intelligence: Evidence,
    metadata: Evidence,
    settings: Evidence,
) -> None:
    """The effective permissions at the workspace include every action that a profile or ``[connection.expect]`` asks
    for, such as changing an incident. An answered read proves its own action; RBAC-010 to RBAC-013 report refused
    reads.
    """
    reads = (
        workspace,
        query_print,
        query_by_resource,
        incident_table,
        incidents,
        incident_alerts,
        incident_entities,
        incident_comments,
        incident_bookmarks,
        alert_rules,
        data_connectors,
        automation_rules,
        watchlists,
        bookmarks,
        threat_intelligence,
        metadata,
        settings,
    )
    grants, visible = permissions.data.value, visible_actions(reads)
    needed = dict.fromkeys((*connection.needs.actions, *connection.needs.route_actions))
    missing = [action for action in needed if not allowed(grants, action) and action.lower() not in visible]
    if not grants or not missing:
        return
    for read in reads:
        if isinstance(read, Refusal) and read.finding.cause.startswith("rbac_"):
            raise Found(read.finding, refusal=read)
    taken_away = any(covers(grant.actions, missing[0]) for grant in grants)
    raise Found(
        finding(
            "rbac_denied" if taken_away else "rbac_role_missing",
            facts={**connection.facts(), "action": missing[0], "role": role_giving(connection, missing[0])},
            about="profile",
            explanation="The app has a role at the workspace, but "
            + ("a notAction takes away " if taken_away else "not one that allows ")
            + f"{', '.join(missing)}.",
        ),
        promise="effective-permissions",
    )


MISPLACED = ("rbac_wrong_principal", "rbac_wrong_scope", "rbac_propagating")


@check("RBAC-020", "an Azure role of this service principal reaches the workspace", owns=MISPLACED)
def test_assignment_reaches(
    connection: Connection,
    role_assignments: Evidence,
    token_arm: Answer[Token],
    permissions: Evidence,
    workspace: Evidence,
    query_print: Evidence,
    incidents: Evidence,
) -> None:
    """The object id in the token, or one of its groups, has a role at the workspace, resource group, subscription or
    management group.
    """
    for evidence in (workspace, query_print, incidents):
        if isinstance(evidence, Refusal) and evidence.finding.cause in MISPLACED:
            raise Found(evidence.finding, refusal=evidence)
    if isinstance(role_assignments, Refusal):
        if isinstance(permissions, Answer) and permissions.data.value:
            not_applicable("a role reaches the workspace, but it does not let assignments be read")
        raise Found(role_assignments.finding, refusal=role_assignments)
    if isinstance(role_assignments, NotAsked):
        not_applicable(role_assignments.reason)
    if isinstance(role_assignments, Answer) and all(
        below(assignment, connection) for assignment in role_assignments.data.value
    ):
        if isinstance(permissions, Answer) and permissions.data.value:
            not_applicable(
                "a role reaches the workspace, though no assignment is listed (Azure Lighthouse grants are not)"
            )
        require_answer(permissions)
        nothing = "No role assignment of this service principal reaches the workspace."
        raise Found(
            finding("rbac_role_missing", explanation=nothing, facts=connection.facts()), promise="role-assignments"
        )
