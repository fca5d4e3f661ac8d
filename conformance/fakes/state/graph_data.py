"""The incidents in the form of Microsoft Graph: alerts, incidents and secure scores, in camel case, incident ids as
texts.

The ids agree with those of the other APIs: a device's evidence names the machine of Defender for Endpoint, an alert
that Defender for Endpoint raised has the same id there, and incidents have the same number in all APIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from conformance.fakes.state.endpoint_data import ALERT_STATUS, defender_id, machine
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.state.timeline import Account, Alert, Incident, stable_id, stamp

VENDOR = {"provider": "SecureScore", "providerVersion": None, "subProvider": None, "vendor": "Microsoft"}
PORTAL = "https://security.microsoft.com"
INCIDENT_STATUS = {"New": "active", "Active": "inProgress", "Closed": "resolved"}
CLASSIFICATIONS = {
    "TruePositive": "truePositive",
    "FalsePositive": "falsePositive",
    "BenignPositive": "informationalExpectedActivity",
    "Undetermined": "unknown",
}
"""Classifications in Sentinel and in Graph (inferred: they are synchronised, the pairs are not published)."""


def graph_alert(tenant: Tenant, incident: Incident, alert: Alert, now: datetime) -> dict[str, Any]:
    """Return an alert of Graph (v2), of any product."""
    of_endpoint = alert.product == "Microsoft Defender for Endpoint"
    name = defender_id(alert) if of_endpoint else alert.id
    return {
        "id": name,
        "providerAlertId": name,
        "incidentId": str(incident.number),
        "status": _camel(ALERT_STATUS[incident.status]),
        "severity": _camel(alert.severity),
        "classification": "unknown",
        "determination": "unknown",
        "serviceSource": "microsoftDefenderForEndpoint" if of_endpoint else "microsoftSentinel",
        "detectionSource": "microsoftDefenderForEndpoint" if of_endpoint else "scheduledAlerts",
        "productName": alert.product,
        "detectorId": stable_id("detector", alert.title),
        "tenantId": tenant.id,
        "title": alert.title,
        "description": alert.title,
        "recommendedActions": "",
        "category": alert.tactic,
        "categories": [alert.tactic],
        "assignedTo": None,
        "actorDisplayName": None,
        "threatDisplayName": None,
        "threatFamilyName": None,
        "alertPolicyId": None,
        "investigationState": "unsupportedAlertType",
        "mitreTechniques": [alert.technique],
        "alertWebUrl": f"{PORTAL}/alerts/{name}?tid={tenant.id}",
        "incidentWebUrl": f"{PORTAL}/incidents/{incident.number}?tid={tenant.id}",
        "createdDateTime": stamp(alert.at),
        "lastUpdateDateTime": stamp(incident.modified),
        "resolvedDateTime": stamp(incident.modified) if incident.status == "Closed" else None,
        "firstActivityDateTime": stamp(alert.at - timedelta(minutes=5)),
        "lastActivityDateTime": stamp(alert.at - timedelta(minutes=1)),
        "comments": _comments(incident),
        "systemTags": [],
        "customDetails": {},
        "additionalData": {},
        "evidence": [
            _device(alert, machine(alert.host, now)),
            _typed(alert, "userEvidence", userAccount=_account(tenant, alert.account), stream=None),
            _typed(
                alert, "ipEvidence", ipAddress=alert.host.address, countryLetterCode=None, location=None, stream=None
            ),
        ],
    }


def _typed(alert: Alert, kind: str, **own: Any) -> dict[str, Any]:
    return {
        "@odata.type": f"#microsoft.graph.security.{kind}",
        "createdDateTime": stamp(alert.at),
        "verdict": "suspicious",
        "remediationStatus": "none",
        "remediationStatusDetails": None,
        "roles": [],
        "detailedRoles": [],
        "tags": [],
        **own,
    }


def _device(alert: Alert, machine: dict[str, Any]) -> dict[str, Any]:
    """Return the machine as evidence: ``mdeDeviceId`` is its id in Defender for Endpoint."""
    common_keys = (
        "osPlatform",
        "osBuild",
        "version",
        "lastIpAddress",
        "lastExternalIpAddress",
        "rbacGroupId",
        "rbacGroupName",
    )
    return _typed(
        alert,
        "deviceEvidence",
        mdeDeviceId=machine["id"],
        azureAdDeviceId=machine["aadDeviceId"],
        deviceDnsName=machine["computerDnsName"],
        hostName=alert.host.name,
        dnsDomain=alert.host.domain,
        ntDomain=None,
        firstSeenDateTime=machine["firstSeen"],
        ipInterfaces=[alert.host.address],
        defenderAvStatus="updated",
        loggedOnUsers=[],
        resourceAccessEvents=[],
        vmMetadata=None,
        **{name: _camel(machine[name]) for name in ("healthStatus", "onboardingStatus", "riskScore")},
        **{name: machine[name] for name in common_keys},
    )


def _camel(word: str) -> str:
    """Return a member of Defender for Endpoint's enumerations as Graph spells it."""
    return word[0].lower() + word[1:]


def _account(tenant: Tenant, account: Account) -> dict[str, Any]:
    return {
        "accountName": account.name,
        "displayName": account.display_name,
        "domainName": account.domain,
        "userPrincipalName": account.upn,
        "userSid": None,
        "azureAdUserId": account.object_id,
        "activeDirectoryObjectGuid": None,
        "tenantId": tenant.id,
        "resourceAccessEvents": [],
    }


def graph_incident(tenant: Tenant, incident: Incident) -> dict[str, Any]:
    """Return an incident of Graph. Its alerts are those with its id; ``$expand`` adds them."""
    return {
        "id": str(incident.number),
        "tenantId": tenant.id,
        "displayName": incident.title,
        "description": incident.description or None,
        "status": INCIDENT_STATUS[incident.status],
        "severity": _camel(incident.severity),
        "classification": CLASSIFICATIONS.get(incident.classification or "", "unknown"),
        "determination": "unknown",
        "assignedTo": incident.owner and (incident.owner.upn or incident.owner.name),
        "redirectIncidentId": None,
        "resolvingComment": incident.classification_comment,
        "summary": None,
        "customTags": list(incident.labels),
        "systemTags": [],
        "comments": _comments(incident),
        "priorityScore": 10,
        "lastModifiedBy": "Microsoft 365 Defender-IncidentCreation",
        "createdDateTime": stamp(incident.created),
        "lastUpdateDateTime": stamp(incident.modified),
        "incidentWebUrl": f"{PORTAL}/incidents/{incident.number}?tid={tenant.id}",
    }


def _comments(incident: Incident) -> list[dict[str, Any]]:
    return [
        {"comment": comment.text, "createdByDisplayName": "Analyst", "createdDateTime": stamp(comment.created)}
        for comment in incident.comments
    ]


def secure_score(tenant: Tenant, day: datetime) -> dict[str, Any]:
    """Return the secure score of a day."""
    return {
        "id": f"{tenant.id}_{day:%Y-%m-%d}",
        "azureTenantId": tenant.id,
        "activeUserCount": 42,
        "licensedUserCount": 60,
        "createdDateTime": f"{day:%Y-%m-%d}T00:00:00Z",
        "currentScore": 387.0,
        "maxScore": 697.0,
        "enabledServices": ["HasExchange", "HasSharePoint"],
        "averageComparativeScores": [{"basis": "AllTenants", "averageScore": 37.0}],
        "controlScores": [
            {
                "controlCategory": "Identity",
                "controlName": "AdminMFA",
                "description": "Multi-factor authentication for administrators",
                "score": 35.0,
            }
        ],
        "vendorInformation": VENDOR,
    }


def control_profile_body(tenant_id: str, control: Mapping[str, Any]) -> dict[str, Any]:
    """Return the profile of a control of a secure score."""
    return {
        "id": control["controlName"],
        "azureTenantId": tenant_id,
        "actionType": "Config",
        "actionUrl": "https://entra.microsoft.com",
        "controlCategory": control["controlCategory"],
        "title": control["description"],
        "deprecated": False,
        "implementationCost": "Low",
        "lastModifiedDateTime": None,
        "maxScore": 50.0,
        "rank": 1,
        "remediation": "",
        "remediationImpact": "",
        "service": "AAD",
        "threats": ["Password Cracking"],
        "tier": "Core",
        "userImpact": "Moderate",
        "complianceInformation": [],
        "controlStateUpdates": [],
        "vendorInformation": VENDOR,
    }
