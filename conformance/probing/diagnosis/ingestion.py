"""Data ingestion: stopped ingestion of the workspace, and a missing data collection rule."""

from __future__ import annotations

from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import NOT_FOUND, tells_apart
from conformance.probing.evidence import Answer, Evidence, Refusal

STOPPED = {
    "OverQuota": "daily_cap_reached",
    "ForceOff": "daily_cap_reached",
    "SubscriptionSuspended": "subscription_disabled",
}
"""Values of ``dataIngestionStatus`` for stopped ingestion, and the cause of each."""


def ingestion_stop(workspace: Evidence, query_daily_cap: Evidence) -> Finding | None:
    """Return the finding of stopped ingestion (from the workspace's status), or of a daily cap reached within 7 days
    (from its log); else None.
    """
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


@tells_apart
def rule_not_found(
    refusal: Refusal,
    connection: Connection,
    data_collection_rule: Evidence,
    subscription: Evidence,
    resource_group: Evidence,
) -> Finding | None:
    """Return the finding of a 404 of the data collection rule, its group or its subscription, about the configured
    value that names it. If the rule's group or subscription is the connection's own, return that resource's finding.
    Resources that belong to the rule are missing with it. Return None if only a data collection endpoint is missing.
    """
    if connection.ingestion is None or not isinstance(data_collection_rule, Refusal):
        return None
    if data_collection_rule.finding.cause not in NOT_FOUND:
        return None
    place = connection.ingestion.place
    for depth, above in ((1, subscription), (2, resource_group)):
        own = (connection.subscription_id, connection.resource_group)[:depth]
        inside = [id.lower() for id in place[:depth]] == [id.lower() for id in own]
        if inside and isinstance(above, Refusal) and above.finding.cause in NOT_FOUND:
            return above.finding
    return finding(
        "object_not_found",
        about="rule",
        explanation=f"There is no data collection rule {place[2]} in the resource group {place[1]} of subscription"
        f" {place[0]}: ingestion.rule is mistyped, or the rule was deleted.",
        remedy="Correct ingestion.rule: Azure portal > Data collection rules > the rule > JSON view > Resource ID."
        " Where the rule was deleted, create it again and give the sender its new endpoint and immutable id.",
        code=data_collection_rule.finding.code,
    )
