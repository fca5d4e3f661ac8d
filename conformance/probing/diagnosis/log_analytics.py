"""Log Analytics: the different causes of the same 403, 404 and 400."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.apis.arm import Workspace
from conformance.connection import Connection, problems
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.azure import arm_authorization_failed, identity, parent_not_found
from conformance.probing.diagnosis.propagation import QUERY_PROPAGATION, young
from conformance.probing.diagnosis.role_actions import AREAS, unshown
from conformance.probing.diagnosis.rules import ACCESS, NOT_FOUND, elements_of, tells_apart
from conformance.probing.evidence import Answer, Evidence, Refusal


@tells_apart
def log_analytics_forbidden(
    refusal: Refusal,
    connection: Connection,
    workspace: Evidence,
    token_arm: Evidence,
    role_assignments: Evidence,
    role_definitions: Evidence,
    query_by_resource: Evidence,
    **clues: Evidence,
) -> Finding | None:
    """Return the finding of a 403: the id of another workspace, a closed network, no role, or a role not yet in
    effect.
    """
    facts = {**connection.facts(), **identity(token_arm)}
    if isinstance(workspace, Answer):
        if mismatch := id_mismatch(connection, workspace.data):
            return mismatch
        if is_closed(workspace.data):
            return network_closed(workspace.data, facts)
        if waiting := young(role_assignments, role_definitions, AREAS["query"][0], facts, QUERY_PROPAGATION):
            return waiting
    if refusal.finding.cause == "network_access_disabled":
        return None  # the service itself names the network as the cause
    if isinstance(query_by_resource, Answer) and not isinstance(workspace, Answer):
        return finding(
            "workspace_id_mismatch",
            facts=facts,
            certainty="likely",
            also=("rbac_propagating",),
            about="query_print",
            explanation=f"A query of {connection.workspace_name} by its resource id is answered, and one by the"
            f" workspace id {connection.workspace_id} is refused: that is another workspace's.",
        )
    outcomes = {
        "token_arm": token_arm,
        "role_assignments": role_assignments,
        "role_definitions": role_definitions,
        "query_by_resource": query_by_resource,
    }
    return of_the_workspace(refusal, connection, workspace, **outcomes, **clues)


@tells_apart
def log_analytics_not_found(
    refusal: Refusal,
    connection: Connection,
    workspace: Evidence,
    subscription: Evidence,
    resource_group: Evidence,
    permissions: Evidence,
    incidents: Evidence,
    **clues: Evidence,
) -> Finding | None:
    """Return the finding of a 404: the names belong to a workspace with another id, or the workspace does not exist.

    If the workspace itself cannot be read, the refusal of the incidents names the missing resource.
    """
    if isinstance(workspace, Answer):
        return id_mismatch(connection, workspace.data)
    parents = {"subscription": subscription, "resource_group": resource_group, "workspace": workspace}
    if isinstance(parent := parent_not_found(refusal, connection=connection, **parents), Finding):
        return parent
    if unshown(elements_of(permissions)):
        if isinstance(incidents, Refusal) and incidents.finding.cause in NOT_FOUND:
            return replace(incidents.finding, about=incidents.probe)
        return None
    clues |= {"subscription": subscription, "permissions": permissions, "incidents": incidents}
    return of_the_workspace(refusal, connection, workspace, **clues)


def of_the_workspace(
    refusal: Refusal, connection: Connection, workspace: Evidence, **clues: Evidence
) -> Finding | None:
    """Return the finding of the workspace itself if it has one, else the finding of the role that the query lacks."""
    if isinstance(workspace, Refusal) and workspace.finding.tell_apart != ACCESS:
        return workspace.finding
    refusals = [workspace, refusal] if isinstance(workspace, Refusal) else [refusal]
    for arm_refusal in refusals:  # a refusal of the workspace's own properties may prove nothing
        result = arm_authorization_failed(arm_refusal, connection=connection, workspace=workspace, **clues)
        if isinstance(result, Finding):
            return replace(result, code=refusal.finding.code)
    return None


def id_mismatch(connection: Connection, workspace: Workspace) -> Finding | None:
    """Return a finding if the configured workspace id differs from the id of the workspace with the configured
    names.
    """
    there = workspace.properties.customer_id
    if there.lower() == connection.workspace_id.lower():
        return None
    for problem in problems(connection):
        if problem.key == "workspace_id":  # a name in place of the id does not identify another workspace
            return finding(problem.cause, about=problem.key, explanation=problem.text, facts=connection.facts())
    return finding(
        "workspace_id_mismatch",
        facts=connection.facts(),
        explanation=f"Workspace {workspace.name} has the workspace id {there}; the connection says"
        f" {connection.workspace_id}, which is another workspace.",
    )


def is_closed(workspace: Workspace) -> bool:
    """Return whether the workspace refuses queries from public networks."""
    return (workspace.properties.public_network_access_for_query or "Enabled").lower() != "enabled"


def network_closed(workspace: Workspace, facts: Mapping[str, str]) -> Finding:
    """Return the finding that the workspace does not allow queries from public networks."""
    mode = workspace.properties.public_network_access_for_query
    return finding(
        "network_access_disabled",
        facts=facts,
        explanation=f"publicNetworkAccessForQuery of {workspace.name} is {mode}: queries are only answered from its"
        " private network.",
    )


@tells_apart
def missing_table(
    refusal: Refusal,
    connection: Connection,
    workspace: Evidence,
    onboarding: Evidence,
    query_incidents: Evidence,
    query_alerts: Evidence,
) -> Finding | None:
    """Return the finding of SEM0100 or of a 204: it is another workspace, or one without Microsoft Sentinel and so
    without its tables.

    If both tables of Sentinel are missing, and no answer says whether it is enabled, they are one finding.
    """
    if isinstance(workspace, Answer) and (mismatch := id_mismatch(connection, workspace.data)):
        return mismatch
    if isinstance(onboarding, Refusal) and onboarding.finding.cause in ("sentinel_not_onboarded", "object_not_found"):
        return not_onboarded(connection)
    tables = [
        clue.finding
        for clue in (query_incidents, query_alerts)
        if isinstance(clue, Refusal) and clue.finding.cause == "table_missing" and clue.finding.about
    ]
    names = [table.about for table in tables]
    if len({*names}) < 2 or refusal.finding.about not in names:
        return None
    text = (
        f"The workspace has no table {' and no table '.join(map(str, names))}. Tables appear with their first row:"
        " their connectors have sent nothing yet, or Microsoft Sentinel or the feature behind them is off."
    )
    also = () if isinstance(onboarding, Answer) else ("sentinel_not_onboarded",)
    return replace(tables[0], certainty="likely", also=(*also, *tables[0].also), explanation=text)


def not_onboarded(connection: Connection) -> Finding:
    """Return the finding that Sentinel is not enabled on the workspace."""
    return finding(
        "sentinel_not_onboarded",
        facts=connection.facts(),
        explanation=f"Workspace {connection.workspace_name} exists, but Microsoft Sentinel is not enabled on it.",
    )
