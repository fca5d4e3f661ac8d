"""The tables of a workspace, filled from the incidents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.apis.tables import TABLES, types_of_columns
from conformance.fakes.state.log_rows import LOG_SCHEMAS, log_rows
from conformance.fakes.state.timeline import HOSTS, Alert, Incident, Person, stable_id

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import TableState, Workspace

INGESTED = "_ingested"
"""The key of a row that holds its ingestion time; not a column of the table."""
DELAY = timedelta(minutes=4)


SCHEMAS: dict[str, Mapping[str, str]] = {
    **LOG_SCHEMAS,
    **{name: {**table.documented, **table.unverified} for name, table in TABLES.items()},
    "SentinelHealth": types_of_columns(
        datetime="TimeGenerated",
        dynamic="ExtendedProperties",
        string="""
            TenantId OperationName SentinelResourceId SentinelResourceName Status Description WorkspaceId
            SentinelResourceType SentinelResourceKind RecordId Reason SourceSystem Type""",
    ),
    "Usage": types_of_columns(
        bool="IsBillable",
        datetime="TimeGenerated StartTime EndTime",
        long="BatchesCapped BatchesOutsideSla BatchesWithinSla TotalBatches",
        real="Quantity AvgLatencyInSeconds",
        string="""
            TenantId Computer SourceSystem DataType QuantityUnit Solution MeterId LinkedMeterId ResourceUri
            LinkedResourceUri Type""",
    ),
    "Heartbeat": types_of_columns(
        bool="IsGatewayInstalled",
        datetime="TimeGenerated",
        real="RemoteIPLatitude RemoteIPLongitude",
        string="""
            TenantId SourceSystem Computer ComputerIP ComputerEnvironment OSType OSName OSMajorVersion OSMinorVersion
            Version Category ManagementGroupName RemoteIPCountry SCAgentChannel Solutions VMUUID Resource ResourceGroup
            ResourceId ResourceProvider ResourceType SubscriptionId _ResourceId _SubscriptionId Type""",
    ),
}
"""The columns of the tables that the virtual tenant has, with their types."""


def tables(workspace: Workspace, now: datetime) -> dict[str, TableState]:
    """Return the tables of a workspace as of a moment."""
    from conformance.fakes.state.tenant import TableState

    rows = {
        "SecurityIncident": [row for incident in workspace.incidents for row in _incident(workspace, incident)],
        "SecurityAlert": [_alert(workspace, alert) for incident in workspace.incidents for alert in incident.alerts],
        "SentinelHealth": list(_health(workspace, now)),
        "Usage": list(_usage(workspace, now)),
        "Heartbeat": list(_heartbeat(workspace, now)),
        **log_rows(workspace, now),
    }
    return {name: TableState(name, rows=table_rows) for name, table_rows in rows.items()}


def latest_row(workspace: Workspace, incident: Incident) -> dict[str, Any]:
    """Return the row of SecurityIncident that the latest change of an incident adds."""
    return _incident_row(workspace, incident, incident.modified, incident.status)


def alert_row(workspace: Workspace, alert: Alert) -> dict[str, Any]:
    """Return the row of SecurityAlert that an alert adds."""
    return _alert(workspace, alert)


def _row(table: str, workspace: Workspace, at: datetime, **values: Any) -> dict[str, Any]:
    common = {"TenantId": workspace.customer_id, "TimeGenerated": at, "Type": table, INGESTED: at + DELAY}
    return {**common, **values}


def _incident(workspace: Workspace, incident: Incident) -> Iterator[dict[str, Any]]:
    """Yield one row for each change: the table is only ever added to."""
    yield _incident_row(workspace, incident, incident.created, "New")
    if incident.modified != incident.created:
        yield _incident_row(workspace, incident, incident.modified, incident.status)


def _incident_row(workspace: Workspace, incident: Incident, at: datetime, status: str) -> dict[str, Any]:
    times = [alert.at for alert in incident.alerts]
    closed = status == "Closed"
    return _row(
        "SecurityIncident",
        workspace,
        at,
        IncidentName=incident.id,
        IncidentNumber=incident.number,
        Title=incident.title,
        Description=incident.description,
        Severity=incident.severity,
        Status=status,
        Classification=(closed and incident.classification) or "",
        ClassificationComment=(closed and incident.classification_comment) or "",
        ClassificationReason=(closed and incident.classification_reason) or "",
        CreatedTime=incident.created,
        LastModifiedTime=at,
        FirstModifiedTime=incident.created,
        FirstActivityTime=min(times, default=None),
        LastActivityTime=max(times, default=None),
        ClosedTime=at if closed else None,
        AlertIds=json.dumps([alert.id for alert in incident.alerts]),
        BookmarkIds=json.dumps(incident.bookmark_ids),
        Comments=json.dumps([{"message": comment.text} for comment in incident.comments]),
        Labels=json.dumps([{"labelName": name, "labelType": "User"} for name in incident.labels]),
        Owner=json.dumps(owner_body(incident.owner)),
        RelatedAnalyticRuleIds="[]",
        Tasks=json.dumps([{"title": task.title, "status": task.status} for task in incident.tasks]),
        AdditionalData=json.dumps(
            {"alertsCount": len(incident.alerts), "tactics": [a.tactic for a in incident.alerts]}
        ),
        IncidentUrl=f"https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident/{incident.id}",
        ModifiedBy="Incident created from alert" if not incident.revision else "User",
        ProviderName=incident.provider,
        ProviderIncidentId=str(incident.number),
        SourceSystem="Azure",
    )


def owner_body(owner: Person | None) -> dict[str, Any]:
    """Return the owner of an incident in Sentinel's form; without an owner, the members are null."""
    person = owner or Person(None, None)
    return {
        "objectId": person.object_id,
        "email": person.email,
        "assignedTo": person.name,
        "userPrincipalName": person.upn,
    }


def _alert(workspace: Workspace, alert: Alert) -> dict[str, Any]:
    entities = [
        {"$id": "1", "Type": "host", "HostName": alert.host.name, "DnsDomain": alert.host.domain},
        {"$id": "2", "Type": "account", "Name": alert.account.name, "UPNSuffix": alert.account.domain},
    ]
    return _row(
        "SecurityAlert",
        workspace,
        alert.at,
        SystemAlertId=alert.id,
        AlertName=alert.title,
        DisplayName=alert.title,
        Description="",
        AlertSeverity=alert.severity,
        AlertType=f"{workspace.customer_id}_{stable_id('rule', alert.title)}",
        ProductName="Azure Sentinel" if alert.product == "Microsoft Sentinel" else alert.product,
        ProviderName="ASI Scheduled Alerts" if alert.product == "Microsoft Sentinel" else "MDATP",
        VendorName="Microsoft",
        VendorOriginalId=alert.id,
        StartTime=alert.at,
        EndTime=alert.at,
        ProcessingEndTime=alert.at + timedelta(minutes=1),
        Status="New",
        Tactics=alert.tactic,
        Techniques=json.dumps([alert.technique]),
        Entities=json.dumps(entities),
        CompromisedEntity=alert.host.dns_name,
        IsIncident=False,
        WorkspaceSubscriptionId=workspace.subscription_id,
        WorkspaceResourceGroup=workspace.resource_group,
        SourceSystem="Detection",
    )


def _health(workspace: Workspace, now: datetime) -> Iterator[dict[str, Any]]:
    for hour in (2, 1):
        for operation, kind, name in HEALTH_EVENTS:
            yield health_row(workspace, now - timedelta(hours=hour), operation, kind, name)


HEALTH_EVENTS = (
    ("Data fetch status change", "Data connector", "Microsoft Defender for Endpoint"),
    ("Scheduled analytics rule run", "Analytics rule", "Sign-in from a rare country"),
    ("Automation rule run", "Automation rule", "Close test incidents"),
    ("Playbook was triggered", "Playbook", "Notify-Team"),
)
"""Operation, kind and name of the resources that report their health."""


def health_row(
    workspace: Workspace, at: datetime, operation: str, kind: str, name: str, status: str = "Success"
) -> dict[str, Any]:
    """Return a row of SentinelHealth."""
    return _row(
        "SentinelHealth",
        workspace,
        at,
        OperationName=operation,
        SentinelResourceName=name,
        SentinelResourceType=kind,
        Status=status,
        Description="",
        Reason="",
        WorkspaceId=workspace.customer_id,
        RecordId=stable_id("health", name, at),
        ExtendedProperties="{}",
    )


def _usage(workspace: Workspace, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one row per table and hour: Usage is written as long as anything is ingested."""
    full = now.replace(minute=0, second=0, microsecond=0)
    for hour in range(24, 0, -1):
        start = full - timedelta(hours=hour)
        for table, megabytes in (("SecurityIncident", 0.01), ("SecurityAlert", 0.04), ("Heartbeat", 1.2)):
            yield usage_row(workspace, start, table, megabytes, billable=table == "Heartbeat")


def usage_row(
    workspace: Workspace, start: datetime, table: str, megabytes: float, billable: bool = True
) -> dict[str, Any]:
    """Return the row of Usage of one table and the hour from ``start``."""
    return _row(
        "Usage",
        workspace,
        start,
        StartTime=start,
        EndTime=start + timedelta(hours=1),
        DataType=table,
        Quantity=megabytes,
        QuantityUnit="MBytes",
        IsBillable=billable,
        Solution="Security",
        SourceSystem="OMS",
    )


def _heartbeat(workspace: Workspace, now: datetime) -> Iterator[dict[str, Any]]:
    for host in HOSTS[:2]:
        yield _row(
            "Heartbeat",
            workspace,
            now - timedelta(minutes=1),
            Computer=host.dns_name,
            ComputerIP=host.address,
            OSType="Windows",
            Version="1.30.0.0",
            Category="Azure Monitor Agent",
        )
