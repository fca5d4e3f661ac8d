"""Bodies of Sentinel incidents and of their alerts, entities, comments, tasks and relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.fakes.state.table_rows import owner_body
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import Alert, Comment, Incident, Person, Task, stable_id, stamp

NAMESPACE = "Microsoft.SecurityInsights"
COMMENT_ETAG = '"0300bf09-0000-0000-0000-5c37296e0000"'


def etag(incident: Incident) -> str:
    """Return the version of an incident; each change gives another one."""
    return f'"2d00f1a2-0000-0100-0000-65f0a1b2{incident.revision:04x}"'


def base(workspace: Workspace) -> str:
    """Return the resource id that all Sentinel resources of a workspace start with."""
    return f"{workspace.scope}/providers/{NAMESPACE}"


def incident_body(workspace: Workspace, incident: Incident) -> dict[str, Any]:
    """Return an incident. Those of the provider Microsoft XDR have a page in the Defender portal. No systemData:
    incidents carry none.
    """
    here = f"{base(workspace)}/Incidents/{incident.id}"
    times = [alert.at for alert in incident.alerts] or [incident.created]
    page = f"https://security.microsoft.com/incidents/{incident.number}"
    linked = incident.provider == "Microsoft XDR" and workspace.linked_to_portal
    properties: dict[str, Any] = {
        "title": incident.title,
        "description": incident.description,
        "severity": incident.severity,
        "status": incident.status,
        "owner": {**owner_body(incident.owner), "ownerType": "User" if incident.owner else None},
        "labels": [{"labelName": name, "labelType": "User"} for name in incident.labels],
        "firstActivityTimeUtc": stamp(min(times)),
        "lastActivityTimeUtc": stamp(max(times)),
        "lastModifiedTimeUtc": stamp(incident.modified),
        "createdTimeUtc": stamp(incident.created),
        "incidentNumber": incident.number,
        "additionalData": {
            "alertsCount": len(incident.alerts),
            "bookmarksCount": len(incident.bookmark_ids),
            "commentsCount": len(incident.comments),
            "alertProductNames": sorted({alert.product for alert in incident.alerts}),
            "tactics": sorted({alert.tactic for alert in incident.alerts}),
            **({"providerIncidentUrl": page} if linked else {}),
        },
        "relatedAnalyticRuleIds": sorted(
            {f"{base(workspace)}/alertRules/{stable_id('rule', alert.title)}" for alert in incident.alerts}
        ),
        "incidentUrl": f"https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{here}",
        "providerName": incident.provider,
        "providerIncidentId": str(incident.number),
    }
    if incident.status == "Closed":
        members = {
            "classification": incident.classification,
            "classificationReason": incident.classification_reason,
            "classificationComment": incident.classification_comment,
        }
        properties |= {name: value for name, value in members.items() if value}
    return {
        "id": here,
        "name": incident.id,
        "type": f"{NAMESPACE}/Incidents",
        "etag": etag(incident),
        "properties": properties,
    }


def alert_body(workspace: Workspace, alert: Alert) -> dict[str, Any]:
    """Return an alert as the service shows it, as an entity."""
    at = stamp(alert.at)
    return _entity(
        workspace,
        alert.id,
        "SecurityAlert",
        systemAlertId=alert.id,
        alertDisplayName=alert.title,
        description="",
        confidenceLevel="Unknown",
        severity=alert.severity,
        vendorName="Microsoft",
        productName="Azure Sentinel" if alert.product == "Microsoft Sentinel" else alert.product,
        alertType=f"{workspace.customer_id}_{stable_id('rule', alert.title)}",
        processingEndTime=at,
        status="New",
        endTimeUtc=at,
        startTimeUtc=at,
        timeGenerated=at,
        tactics=[alert.tactic],
        providerAlertId=alert.id,
        resourceIdentifiers=[
            {
                "type": "LogAnalytics",
                "workspaceId": workspace.customer_id,
                "subscriptionId": workspace.subscription_id,
                "resourceGroup": workspace.resource_group,
            }
        ],
        additionalData={"AlertMessageEnqueueTime": at},
        friendlyName=alert.title,
    )


def entities_of(workspace: Workspace, incident: Incident) -> list[dict[str, Any]]:
    """Return the accounts, hosts and addresses of an incident's alerts, each once."""
    entities: dict[str, dict[str, Any]] = {}
    for alert in incident.alerts:
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
            entities[entity["name"]] = entity
    return list(entities.values())


def _entity(workspace: Workspace, name: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "id": f"{base(workspace)}/Entities/{name}",
        "name": name,
        "type": f"{NAMESPACE}/Entities",
        "kind": kind,
        "properties": properties,
    }


def person_body(person: Person) -> dict[str, Any]:
    """Return the author of a comment, task or rule as Sentinel shows people and apps."""
    return {"objectId": person.object_id, "email": person.email, "name": person.name, "userPrincipalName": person.upn}


def comment_body(workspace: Workspace, incident: Incident, comment: Comment) -> dict[str, Any]:
    """Return a comment of an incident as the service shows it."""
    return {
        "id": f"{base(workspace)}/Incidents/{incident.id}/Comments/{comment.id}",
        "name": comment.id,
        "type": f"{NAMESPACE}/Incidents/Comments",
        "etag": COMMENT_ETAG,
        "properties": {
            "message": comment.text,
            "createdTimeUtc": stamp(comment.created),
            "lastModifiedTimeUtc": stamp(comment.changed),
            "author": person_body(comment.author),
        },
    }


def task_body(workspace: Workspace, incident: Incident, task: Task) -> dict[str, Any]:
    """Return a task of an incident as the service shows it."""
    author = person_body(task.author)
    return {
        "id": f"{base(workspace)}/Incidents/{incident.id}/tasks/{task.id}",
        "name": task.id,
        "type": f"{NAMESPACE}/Incidents/tasks",
        "etag": COMMENT_ETAG,
        "properties": {
            "title": task.title,
            "description": task.description,
            "status": task.status,
            "createdTimeUtc": stamp(task.created),
            "lastModifiedTimeUtc": stamp(task.changed),
            "createdBy": author,
            "lastModifiedBy": author,
        },
    }


def relations_of(workspace: Workspace, incident: Incident) -> list[dict[str, Any]]:
    """Return the relations of an incident: to its alerts, and those to bookmarks that were added."""
    here = base(workspace)
    to_alerts = [
        _relation(
            workspace, incident, f"{incident.id}_{alert.id}", f"{here}/entities/{alert.id}", "entities", "SecurityAlert"
        )
        for alert in incident.alerts
    ]
    return to_alerts + [
        _relation(workspace, incident, name, resource, "bookmarks") for name, resource in incident.related
    ]


def _relation(
    workspace: Workspace, incident: Incident, name: str, resource: str, collection: str, kind: str | None = None
) -> dict[str, Any]:
    properties = {
        "relatedResourceId": resource,
        "relatedResourceName": resource.rsplit("/", 1)[-1],
        "relatedResourceType": f"{NAMESPACE}/{collection}",
    }
    return {
        "id": f"{base(workspace)}/Incidents/{incident.id}/relations/{name}",
        "name": name,
        "type": f"{NAMESPACE}/Incidents/relations",
        "etag": COMMENT_ETAG,
        "properties": properties | ({"relatedResourceKind": kind} if kind else {}),
    }


def indicator_body(workspace: Workspace, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a threat indicator as the API of before the STIX objects shows it, from its row of
    ThreatIntelIndicators.
    """
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
