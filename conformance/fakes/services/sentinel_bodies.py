"""Incidents of Sentinel and what hangs on them, as the wire has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.fakes.state.table_rows import owner_body
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import Alert, Comment, Incident, Person, Task, stable_id, stamp

NAMESPACE = "Microsoft.SecurityInsights"
COMMENT_ETAG = '"0300bf09-0000-0000-0000-5c37296e0000"'


def etag(one: Incident) -> str:
    """The version of an incident: another one after each change."""
    return f'"2d00f1a2-0000-0100-0000-65f0a1b2{one.revision:04x}"'


def base(workspace: Workspace) -> str:
    return f"{workspace.scope}/providers/{NAMESPACE}"


def incident_body(workspace: Workspace, one: Incident) -> dict[str, Any]:
    """An incident of a workspace that is connected to the Defender portal. No systemData: incidents carry none."""
    here = f"{base(workspace)}/Incidents/{one.id}"
    times = [alert.at for alert in one.alerts] or [one.created]
    properties: dict[str, Any] = {
        "title": one.title,
        "description": one.description,
        "severity": one.severity,
        "status": one.status,
        "owner": {**owner_body(one.owner), "ownerType": "User" if one.owner else None},
        "labels": [{"labelName": name, "labelType": "User"} for name in one.labels],
        "firstActivityTimeUtc": stamp(min(times)),
        "lastActivityTimeUtc": stamp(max(times)),
        "lastModifiedTimeUtc": stamp(one.modified),
        "createdTimeUtc": stamp(one.created),
        "incidentNumber": one.number,
        "additionalData": {
            "alertsCount": len(one.alerts),
            "bookmarksCount": len(one.bookmark_ids),
            "commentsCount": len(one.comments),
            "alertProductNames": sorted({alert.product for alert in one.alerts}),
            "tactics": sorted({alert.tactic for alert in one.alerts}),
            "providerIncidentUrl": f"https://security.microsoft.com/incidents/{one.number}",
        },
        "relatedAnalyticRuleIds": sorted(
            {f"{base(workspace)}/alertRules/{stable_id('rule', alert.title)}" for alert in one.alerts}
        ),
        "incidentUrl": f"https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{here}",
        "providerName": one.provider,
        "providerIncidentId": str(one.number),
    }
    if one.status == "Closed":
        known = {
            "classification": one.classification,
            "classificationReason": one.classification_reason,
            "classificationComment": one.classification_comment,
        }
        properties |= {name: value for name, value in known.items() if value}
    return {
        "id": here,
        "name": one.id,
        "type": f"{NAMESPACE}/Incidents",
        "etag": etag(one),
        "properties": properties,
    }


def alert_body(workspace: Workspace, one: Alert) -> dict[str, Any]:
    at = stamp(one.at)
    return _entity(
        workspace,
        one.id,
        "SecurityAlert",
        systemAlertId=one.id,
        alertDisplayName=one.title,
        description="",
        confidenceLevel="Unknown",
        severity=one.severity,
        vendorName="Microsoft",
        productName="Azure Sentinel" if one.product == "Microsoft Sentinel" else one.product,
        alertType=f"{workspace.customer_id}_{stable_id('rule', one.title)}",
        processingEndTime=at,
        status="New",
        endTimeUtc=at,
        startTimeUtc=at,
        timeGenerated=at,
        tactics=[one.tactic],
        providerAlertId=one.id,
        resourceIdentifiers=[
            {
                "type": "LogAnalytics",
                "workspaceId": workspace.customer_id,
                "subscriptionId": workspace.subscription_id,
                "resourceGroup": workspace.resource_group,
            }
        ],
        additionalData={"AlertMessageEnqueueTime": at},
        friendlyName=one.title,
    )


def entities_of(workspace: Workspace, one: Incident) -> list[dict[str, Any]]:
    """The accounts, hosts and addresses of an incident's alerts, each once."""
    found: dict[str, dict[str, Any]] = {}
    for alert in one.alerts:
        account, host = alert.account, alert.host
        for entity in (
            _entity(
                workspace,
                stable_id("entity", account.upn),
                "Account",
                accountName=account.name,
                displayName=account.display_name,
                ntDomain=account.nt_domain,
                upnSuffix=account.domain,
                aadUserId=account.object_id,
                friendlyName=account.name,
            ),
            _entity(
                workspace,
                stable_id("entity", host.dns_name),
                "Host",
                hostName=host.name,
                dnsDomain=host.domain,
                osFamily="Windows",
                friendlyName=host.name,
            ),
            _entity(
                workspace, stable_id("entity", host.address), "Ip", address=host.address, friendlyName=host.address
            ),
        ):
            found[entity["name"]] = entity
    return list(found.values())


def _entity(workspace: Workspace, name: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "id": f"{base(workspace)}/Entities/{name}",
        "name": name,
        "type": f"{NAMESPACE}/Entities",
        "kind": kind,
        "properties": properties,
    }


def person_body(one: Person) -> dict[str, Any]:
    """Who writes comments, tasks and rules, as Sentinel names people and apps."""
    return {"objectId": one.object_id, "email": one.email, "name": one.name, "userPrincipalName": one.upn}


def comment_body(workspace: Workspace, incident: Incident, one: Comment) -> dict[str, Any]:
    return {
        "id": f"{base(workspace)}/Incidents/{incident.id}/Comments/{one.id}",
        "name": one.id,
        "type": f"{NAMESPACE}/Incidents/Comments",
        "etag": COMMENT_ETAG,
        "properties": {
            "message": one.text,
            "createdTimeUtc": stamp(one.written),
            "lastModifiedTimeUtc": stamp(one.changed),
            "author": person_body(one.author),
        },
    }


def task_body(workspace: Workspace, incident: Incident, one: Task) -> dict[str, Any]:
    author = person_body(one.author)
    return {
        "id": f"{base(workspace)}/Incidents/{incident.id}/tasks/{one.id}",
        "name": one.id,
        "type": f"{NAMESPACE}/Incidents/tasks",
        "etag": COMMENT_ETAG,
        "properties": {
            "title": one.title,
            "description": one.description,
            "status": one.status,
            "createdTimeUtc": stamp(one.written),
            "lastModifiedTimeUtc": stamp(one.changed),
            "createdBy": author,
            "lastModifiedBy": author,
        },
    }


def relations_of(workspace: Workspace, one: Incident) -> list[dict[str, Any]]:
    """The relations of an incident: to its alerts, and those to bookmarks that were added."""
    here = base(workspace)
    to_alerts = [
        _relation(workspace, one, f"{one.id}_{alert.id}", f"{here}/entities/{alert.id}", "entities", "SecurityAlert")
        for alert in one.alerts
    ]
    return to_alerts + [_relation(workspace, one, name, resource, "bookmarks") for name, resource in one.related]


def _relation(
    workspace: Workspace, one: Incident, name: str, resource: str, collection: str, kind: str | None = None
) -> dict[str, Any]:
    properties = {
        "relatedResourceId": resource,
        "relatedResourceName": resource.rsplit("/", 1)[-1],
        "relatedResourceType": f"{NAMESPACE}/{collection}",
    }
    return {
        "id": f"{base(workspace)}/Incidents/{one.id}/relations/{name}",
        "name": name,
        "type": f"{NAMESPACE}/Incidents/relations",
        "etag": COMMENT_ETAG,
        "properties": properties | ({"relatedResourceKind": kind} if kind else {}),
    }


def indicator_body(workspace: Workspace, row: Mapping[str, Any]) -> dict[str, Any]:
    """A threat indicator as the API of before the STIX objects shows it, from its row of ThreatIntelIndicators."""
    name = stable_id("indicator body", row["Id"])
    kind = row["ObservableKey"].partition(":")[0]
    value = {"valueType": kind, "value": row["ObservableValue"]}
    return {
        "id": f"{base(workspace)}/threatIntelligence/main/indicators/{name}",
        "name": name,
        "type": f"{NAMESPACE}/ThreatIntelligence",
        "kind": "indicator",
        "etag": COMMENT_ETAG,
        "properties": {
            "displayName": row["ObservableValue"],
            "description": "",
            "confidence": row["Confidence"],
            "created": stamp(row["Created"]),
            "lastUpdatedTimeUtc": stamp(row["Modified"]),
            "externalId": row["Id"],
            "source": row["SourceSystem"],
            "threatTypes": ["malicious-activity"],
            "pattern": row["Pattern"],
            "patternType": kind,
            "parsedPattern": [{"patternTypeKey": kind, "patternTypeValues": [value]}],
            "validFrom": stamp(row["ValidFrom"]),
            "validUntil": stamp(row["ValidUntil"]),
            "revoked": row["Revoked"],
        },
    }
