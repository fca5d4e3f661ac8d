"""The incidents in the form of Defender for Endpoint: machines and alerts, in Pascal case, incidents as numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from conformance.fakes.state.tenant import Tenant
from conformance.fakes.state.timeline import HOSTS, Alert, Host, Incident, stable_id, stamp

SILENT = HOSTS[-1]
"""The machine that has been inactive for a while."""
ALERT_STATUS = {"New": "New", "Active": "InProgress", "Closed": "Resolved"}
"""The status of an alert by that of its incident."""
EVIDENCE = (
    "sha1",
    "sha256",
    "fileName",
    "filePath",
    "processId",
    "processCommandLine",
    "processCreationTime",
    "parentProcessId",
    "parentProcessCreationTime",
    "parentProcessFileName",
    "parentProcessFilePath",
    "ipAddress",
    "url",
    "registryKey",
    "registryHive",
    "registryValueType",
    "registryValue",
    "accountName",
    "domainName",
    "userSid",
    "aadUserId",
    "userPrincipalName",
    "detectionStatus",
)
"""The members of each evidence item of Defender for Endpoint, null if not applicable."""


def machine(host: Host, now: datetime) -> dict[str, Any]:
    """Return a machine of Defender for Endpoint."""
    server, silent = host.name.startswith("srv-"), host is SILENT
    return {
        "id": host.machine_id,
        "mergedIntoMachineId": None,
        "isPotentialDuplication": False,
        "isExcluded": False,
        "exclusionReason": None,
        "computerDnsName": host.dns_name,
        "firstSeen": stamp(now - timedelta(days=200)),
        "lastSeen": stamp(now - (timedelta(days=9) if silent else timedelta(minutes=20))),
        "osPlatform": "WindowsServer2022" if server else "Windows11",
        "osVersion": None,
        "osProcessor": "x64",
        "osArchitecture": "64-bit",
        "version": "21H2" if server else "23H2",
        "osBuild": 20348 if server else 22631,
        "lastIpAddress": host.address,
        "lastExternalIpAddress": "203.0.113.7",
        "healthStatus": "Inactive" if silent else "Active",
        "onboardingStatus": "Onboarded",
        "deviceValue": "Normal",
        "rbacGroupId": 0,
        "rbacGroupName": None,
        "riskScore": "Low",
        "exposureLevel": "Medium",
        "isAadJoined": not server,
        "aadDeviceId": None if server else stable_id("device", host.dns_name),
        "machineTags": [],
        "agentVersion": "10.8760.26100.1",
        "managedBy": "Intune",
        "managedByStatus": "Success",
        "vmMetadata": None,
        "ipAddresses": [
            {
                "ipAddress": host.address,
                "macAddress": host.machine_id[:12].upper(),
                "operationalStatus": "Up",
                "type": "Ethernet",
            }
        ],
    }


def endpoint_alert(tenant: Tenant, incident: Incident, alert: Alert) -> dict[str, Any]:
    """Return an alert of Defender for Endpoint, with all its evidence."""
    return {
        "id": defender_id(alert),
        "incidentId": incident.number,
        "investigationId": None,
        "assignedTo": None,
        "severity": alert.severity,
        "status": ALERT_STATUS[incident.status],
        "classification": None,
        "determination": None,
        "investigationState": "UnsupportedAlertType",
        "detectionSource": "WindowsDefenderAtp",
        "detectorId": stable_id("detector", alert.title),
        "category": alert.tactic,
        "threatFamilyName": None,
        "threatName": None,
        "title": alert.title,
        "description": alert.title,
        "alertCreationTime": stamp(alert.at),
        "firstEventTime": stamp(alert.at - timedelta(minutes=5)),
        "lastEventTime": stamp(alert.at - timedelta(minutes=1)),
        "lastUpdateTime": stamp(incident.modified),
        "resolvedTime": stamp(incident.modified) if incident.status == "Closed" else None,
        "machineId": alert.host.machine_id,
        "computerDnsName": alert.host.dns_name,
        "rbacGroupName": None,
        "aadTenantId": tenant.id,
        "mitreTechniques": [alert.technique],
        "relatedUser": {"userName": alert.account.name, "domainName": alert.account.domain},
        "comments": [
            {
                "comment": comment.text,
                "createdBy": f"analyst@{alert.account.domain}",
                "createdTime": stamp(comment.created),
            }
            for comment in incident.comments
        ],
        "evidence": [
            _flat(
                alert,
                entityType="User",
                accountName=alert.account.name,
                domainName=alert.account.domain,
                aadUserId=alert.account.object_id,
                userPrincipalName=alert.account.upn,
            ),
            _flat(alert, entityType="Ip", ipAddress=alert.host.address),
        ],
    }


def _flat(alert: Alert, **members: str) -> dict[str, Any]:
    return {"evidenceCreationTime": stamp(alert.at), **dict.fromkeys(EVIDENCE), **members}


def defender_id(alert: Alert) -> str:
    """Return the id of an alert that Defender for Endpoint raised: ``da``, 18 digits and a signed number."""
    digits = UUID(alert.id).int
    return f"da{digits % 10**18:018d}_-{digits % 10**9}"
