"""Whether a workspace ingests data at all: without ingestion no table is fresh."""

from __future__ import annotations

from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer, Evidence

STOPPED = {
    "OverQuota": "daily_cap_reached",
    "ForceOff": "daily_cap_reached",
    "SubscriptionSuspended": "subscription_disabled",
}
"""Values of ``dataIngestionStatus`` that say that ingestion is stopped, and the cause of each."""


def ingestion_stop(workspace: Evidence, query_daily_cap: Evidence) -> Finding | None:
    """Ingestion that is stopped, by the workspace's own status, or was at the daily cap, by its log of 7 days."""
    if isinstance(workspace, Answer):
        capping = workspace.data.properties.workspace_capping
        status = capping.data_ingestion_status if capping else None
        if status in STOPPED:
            text = f"Ingestion is stopped: dataIngestionStatus is {status}."
            return finding(STOPPED[status], explanation=text)
    if isinstance(query_daily_cap, Answer):
        stops = sum(row["Count"] for row in query_daily_cap.data.records())
        if stops:
            text = f"The daily cap stopped ingestion {stops} times in the last 7 days."
            return finding("daily_cap_reached", explanation=text)
    return None
