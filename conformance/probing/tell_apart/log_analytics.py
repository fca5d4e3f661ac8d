"""Log Analytics: the same 403, 404 and 400 for very different reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.apis.arm import Workspace
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tell_apart.azure import READER_ROLE, group_scope, identity, young
from conformance.probing.tell_apart.rules import tells_apart


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
    facts = {**connection.facts(), **identity(token_arm), "role": READER_ROLE, "scope": group_scope(connection)}
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
    if waiting := young(role_assignments, facts):
        return waiting
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
