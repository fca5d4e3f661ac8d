"""Microsoft Graph of the virtual tenant, for an app with all its permissions, and the paths of its requests."""

from __future__ import annotations

from tests.fakes.fake_defender import CLIENT_ID

ALERTS, INCIDENTS = "/v1.0/security/alerts_v2", "/v1.0/security/incidents"
SCORES, LEGACY = "/v1.0/security/secureScores", "/v1.0/security/alerts"
APPLICATION = f"/v1.0/applications(appId='{CLIENT_ID}')"
PRINCIPAL = f"/v1.0/servicePrincipals(appId='{CLIENT_ID}')"
PREFER = {"Prefer": "include-unknown-enum-members"}
ROLES = ("SecurityAlert.Read.All", "SecurityIncident.Read.All", "SecurityEvents.Read.All")
