"""Microsoft Sentinel: the 404 of a collection, which exists in every workspace with Sentinel enabled."""

from __future__ import annotations

from conformance.connection import Connection
from conformance.findings import Finding
from conformance.probing.diagnosis.log_analytics import not_onboarded
from conformance.probing.diagnosis.rules import ACCESS, tells_apart
from conformance.probing.evidence import Evidence, Refusal


@tells_apart
def collection_not_found(
    refusal: Refusal, connection: Connection, workspace: Evidence, onboarding: Evidence
) -> Finding | None:
    """Return the finding of a collection's 404: the workspace does not exist, or Sentinel is not enabled on it."""
    if isinstance(workspace, Refusal) and workspace.finding.tell_apart != ACCESS and workspace.finding.conclusive:
        return workspace.finding
    if isinstance(onboarding, Refusal) and onboarding.finding.cause in ("sentinel_not_onboarded", "object_not_found"):
        return not_onboarded(connection)
    return None
