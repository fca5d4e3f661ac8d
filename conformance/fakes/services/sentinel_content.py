"""The configuration of a workspace with Sentinel, as bodies: rules, connectors, watchlists and others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.fakes.services.sentinel_bodies import NAMESPACE, base, person_body
from conformance.fakes.state.timeline import ANALYST, stable_id, stamp

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import Workspace

ETAG = '"2d00f1a2-0000-0100-0000-65f0a1b20000"'
AUTHOR = person_body(ANALYST)
"""Author of the rules."""
GROUPING = {
    "enabled": False,
    "reopenClosedIncident": False,
    "lookbackDuration": "PT5H",
    "matchingMethod": "AllEntities",
    "groupByEntities": [],
    "groupByAlertDetails": [],
    "groupByCustomDetails": [],
}
"""Grouping of alerts into incidents by a rule: disabled."""


def content(workspace: Workspace, now: datetime) -> dict[str, list[Any]]:
    """Return the other configured resources of the workspace, by collection."""
    changed = stamp(now - timedelta(days=40))

    def resource(collection: str, name: str, properties: Mapping[str, Any], kind: str | None = None) -> dict[str, Any]:
        item = {
            "id": f"{base(workspace)}/{collection}/{name}",
            "name": name,
            "type": f"{NAMESPACE}/{collection}",
            "etag": ETAG,
            "properties": dict(properties),
        }
        return item | ({"kind": kind} if kind else {})

    def rule(title: str, enabled: bool, kind: str = "Scheduled") -> dict[str, Any]:
        schedule = {"queryFrequency": "PT1H", "queryPeriod": "PT1H"}
        trigger = {"triggerOperator": "GreaterThan", "triggerThreshold": 0}
        properties = {
            "displayName": title,
            "enabled": enabled,
            "description": "",
            "query": "SigninLogs | where ResultType != '0'",
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

    def template(title: str, description: str, connector: str) -> dict[str, Any]:
        properties = {
            "displayName": title,
            "description": description,
            "status": "Available",
            "alertRulesCreatedByTemplateCount": 0,
            "createdDateUTC": changed,
            "lastUpdatedDateUTC": changed,
            "requiredDataConnectors": [{"connectorId": connector, "dataTypes": ["SigninLogs"]}],
            "query": "SigninLogs | where ResultType != '0' | summarize count() by UserPrincipalName",
            "queryFrequency": "P1D",
            "queryPeriod": "P1D",
            "severity": "Medium",
            "triggerOperator": "GreaterThan",
            "triggerThreshold": 0,
            "tactics": ["CredentialAccess"],
            "techniques": ["T1110"],
            "version": "1.0.0",
        }
        item = resource("AlertRuleTemplates", stable_id("template", title), properties, "Scheduled")
        return {name: value for name, value in item.items() if name != "etag"}

    def logs(state: str = "Enabled") -> dict[str, Any]:
        return {"state": state}

    return {
        "alertRules": [
            rule("Sign-in from a rare country", True),
            rule("Mass download from file server", True),
            rule("Brute force against remote desktop", False),
            rule("Seen within a minute", True, "NRT"),
        ],
        "alertRuleTemplates": [
            template("Failed sign-ins of one account", "Many failures within a day.", "AzureActiveDirectory"),
            template("Sign-ins from two countries", "One account, two countries.", "AzureActiveDirectory"),
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
