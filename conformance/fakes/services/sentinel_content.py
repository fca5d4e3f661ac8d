"""Sentinel's resources as the wire has them: incidents and what hangs on them, rules, connectors and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.fakes.state.timeline import ACCOUNTS, Alert, Incident, stable_id, stamp

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import Workspace

NAMESPACE = "Microsoft.SecurityInsights"
ETAG = '"2d00f1a2-0000-0100-0000-65f0a1b20000"'


def base(workspace: Workspace) -> str:
    return f"{workspace.scope}/providers/{NAMESPACE}"


def incident_body(workspace: Workspace, one: Incident) -> dict[str, Any]:
    """An incident of a workspace that is connected to the Defender portal. No systemData: incidents carry none."""
    here = f"{base(workspace)}/Incidents/{one.id}"
    times = [alert.at for alert in one.alerts] or [one.created]
    properties: dict[str, Any] = {
        "title": one.title,
        "description": "",
        "severity": one.severity,
        "status": one.status,
        "owner": {
            "objectId": None,
            "email": None,
            "assignedTo": None,
            "userPrincipalName": None,
            "ownerType": None,
        },
        "labels": [],
        "firstActivityTimeUtc": stamp(min(times)),
        "lastActivityTimeUtc": stamp(max(times)),
        "lastModifiedTimeUtc": stamp(one.modified),
        "createdTimeUtc": stamp(one.created),
        "incidentNumber": one.number,
        "additionalData": {
            "alertsCount": len(one.alerts),
            "bookmarksCount": one.bookmarks,
            "commentsCount": len(one.comments),
            "alertProductNames": sorted({alert.product for alert in one.alerts}),
            "tactics": sorted({alert.tactic for alert in one.alerts}),
            "providerIncidentUrl": f"https://security.microsoft.com/incidents/{one.number}",
        },
        "relatedAnalyticRuleIds": [f"{base(workspace)}/alertRules/{stable_id('rule', one.title)}"],
        "incidentUrl": f"https://portal.azure.com/#asset/Microsoft_Azure_Security_Insights/Incident{here}",
        "providerName": "Microsoft XDR",
        "providerIncidentId": str(one.number),
    }
    if one.status == "Closed":
        properties |= {"classification": "TruePositive", "classificationReason": "SuspiciousActivity"}
    return {
        "id": here,
        "name": one.id,
        "type": f"{NAMESPACE}/Incidents",
        "etag": ETAG,
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


_WHO = ACCOUNTS[0]
AUTHOR = {"objectId": _WHO.object_id, "email": _WHO.upn, "name": _WHO.display_name, "userPrincipalName": _WHO.upn}
"""Who writes comments and rules, as Sentinel names people."""


GROUPING = {
    "enabled": False,
    "reopenClosedIncident": False,
    "lookbackDuration": "PT5H",
    "matchingMethod": "AllEntities",
    "groupByEntities": [],
    "groupByAlertDetails": [],
    "groupByCustomDetails": [],
}
"""How a rule puts alerts together into incidents: not at all."""


def content(workspace: Workspace, now: datetime) -> dict[str, list[Any]]:
    """What else is configured in the workspace, by collection."""
    changed = stamp(now - timedelta(days=40))

    def resource(collection: str, name: str, properties: Mapping[str, Any], kind: str | None = None) -> dict[str, Any]:
        made = {
            "id": f"{base(workspace)}/{collection}/{name}",
            "name": name,
            "type": f"{NAMESPACE}/{collection}",
            "etag": ETAG,
            "properties": dict(properties),
        }
        return made | ({"kind": kind} if kind else {})

    def rule(title: str, enabled: bool, kind: str = "Scheduled") -> dict[str, Any]:
        schedule = {"queryFrequency": "PT1H", "queryPeriod": "PT1H"}
        trigger = {"triggerOperator": "GreaterThan", "triggerThreshold": 0}
        properties = {
            "displayName": title,
            "enabled": enabled,
            "description": "",
            "query": "SigninLogs | where ResultType != 0",
            "severity": "Medium",
            "suppressionDuration": "PT5H",
            "suppressionEnabled": False,
            "tactics": ["InitialAccess"],
            "techniques": ["T1078"],
            "lastModifiedUtc": changed,
            "alertRuleTemplateName": None,
            "incidentConfiguration": {"createIncident": True, "groupingConfiguration": GROUPING},
            "eventGroupingSettings": {"aggregationKind": "SingleAlert"},
            "alertDetailsOverride": {
                "alertDisplayNameFormat": f"{title}: {{{{UserPrincipalName}}}}",
                "alertDescriptionFormat": None,
                "alertTacticsColumnName": None,
                "alertSeverityColumnName": None,
            },
            "entityMappings": [
                {
                    "entityType": "Account",
                    "fieldMappings": [{"identifier": "FullName", "columnName": "UserPrincipalName"}],
                }
            ],
            **(schedule | trigger if kind == "Scheduled" else {}),
        }
        return resource("alertRules", stable_id("rule", title), properties, kind)

    def logs(state: str = "Enabled") -> dict[str, Any]:
        return {"state": state}

    return {
        "alertRules": [
            rule("Sign-in from a rare country", True),
            rule("Mass download from file server", True),
            rule("Brute force against remote desktop", False),
            rule("Seen within a minute", True, "NRT"),
        ],
        "dataConnectors": [
            resource(
                "dataConnectors",
                stable_id("connector", "office"),
                {
                    "tenantId": stable_id("tenant of logs"),
                    "dataTypes": {"exchange": logs(), "sharePoint": logs(), "teams": logs()},
                },
                "Office365",
            ),
            resource(
                "dataConnectors",
                stable_id("connector", "mdatp"),
                {"tenantId": stable_id("tenant of logs"), "dataTypes": {"alerts": logs()}},
                "MicrosoftDefenderAdvancedThreatProtection",
            ),
        ],
        "automationRules": [
            resource(
                "automationRules",
                stable_id("automation", 1),
                {
                    "displayName": "Close test incidents",
                    "order": 1,
                    "triggeringLogic": {
                        "isEnabled": True,
                        "triggersOn": "Incidents",
                        "triggersWhen": "Created",
                        "conditions": [],
                    },
                    "actions": [
                        {"order": 1, "actionType": "ModifyProperties", "actionConfiguration": {"status": "Closed"}}
                    ],
                    "createdTimeUtc": changed,
                    "lastModifiedTimeUtc": changed,
                    "createdBy": AUTHOR,
                    "lastModifiedBy": AUTHOR,
                },
            )
        ],
        "watchlists": [
            resource(
                "Watchlists",
                "vip-users",
                {
                    "watchlistId": stable_id("watchlist", "vip"),
                    "displayName": "VIP users",
                    "provider": "Customer",
                    "source": "vip.csv",
                    "itemsSearchKey": "upn",
                    "watchlistAlias": "vip-users",
                    "created": changed,
                    "updated": changed,
                    "isDeleted": False,
                    "labels": [],
                },
            )
        ],
        "bookmarks": [
            resource(
                "Bookmarks",
                stable_id("bookmark", 1),
                {
                    "displayName": "Odd sign-ins",
                    "query": "SigninLogs | take 10",
                    "created": changed,
                    "updated": changed,
                    "labels": ["hunting"],
                },
            )
        ],
        "threatIntelligenceMetrics": [
            {
                "properties": {
                    "lastUpdatedTimeUtc": changed,
                    "threatTypeMetrics": [{"metricName": "malicious-activity", "metricValue": 12}],
                    "patternTypeMetrics": [{"metricName": "ipv4-addr", "metricValue": 12}],
                    "sourceMetrics": [{"metricName": "Microsoft", "metricValue": 12}],
                }
            }
        ],
        "metadata": [
            resource(
                "metadata",
                f"analyticsrule-{number}",
                {
                    "contentId": f"content-{number}",
                    "parentId": f"{base(workspace)}/alertRules/{stable_id('rule', number)}",
                    "kind": "AnalyticsRule",
                    "version": "1.0.0",
                    "source": {"kind": "Solution", "name": "Sign-ins", "sourceId": "signins"},
                    "support": {"tier": "Microsoft", "name": "Microsoft"},
                },
            )
            for number in (1, 2)
        ],
        "settings": [
            resource("settings", name, properties, name) | {"systemData": {}}
            for name, properties in (
                ("Anomalies", {"isEnabled": True}),
                ("EyesOn", {"isEnabled": True}),
                ("Ueba", {"dataSources": ["AuditLogs", "SigninLogs"]}),
            )
        ],
    }
