"""Microsoft Graph: security alerts, incidents and scores, and the app's own entry in the directory."""

from __future__ import annotations

from datetime import date

from conformance.apis.app_registration import (
    Application,
    AppRoleAssignment,
    AppRoleDefinition,
    KeyCredential,
    PasswordCredential,
    RequiredResourceAccess,
    ResourceAccess,
)
from conformance.apis.endpoint import GRAPH, AppRole, Endpoint
from conformance.apis.graph_security import Alert, AlertComment, Evidence, Incident, LegacyAlert, SecureScore
from conformance.apis.odata import options
from conformance.apis.shape import ODataList

__all__ = [
    "Alert",
    "AlertComment",
    "AppRoleAssignment",
    "AppRoleDefinition",
    "Application",
    "Evidence",
    "Incident",
    "KeyCredential",
    "LegacyAlert",
    "PasswordCredential",
    "RequiredResourceAccess",
    "ResourceAccess",
    "SecureScore",
]

DOCS = "https://learn.microsoft.com/graph/api/"
SECURITY_PATH = "/v1.0/security"
APPLICATION_PATH = "/v1.0/applications(appId='{client_id}')"
SERVICE_PRINCIPAL_PATH = "/v1.0/servicePrincipals(appId='{client_id}')"

READ_INCIDENTS = AppRole("SecurityIncident.Read.All", also=("SecurityIncident.ReadWrite.All",))
READ_EVENTS = AppRole("SecurityEvents.Read.All", also=("SecurityEvents.ReadWrite.All",))
READ_DIRECTORY = AppRole(
    "Application.Read.All",
    also=(
        "Application.ReadWrite.OwnedBy",
        "Application.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ),
)

# The documentation names only the two SecurityAlert roles; the service's own refusal lists all four.
# A page above the (undocumented) maximum is shortened, not refused. A 404 of the list is read as a tenant
# without any Defender product (github.com/microsoft/zerotrustassessment).
ALERTS = Endpoint(
    name="graph.alerts",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/alerts_v2",
    answers=ODataList[Alert],
    source=DOCS + "security-list-alerts_v2",
    needs=AppRole("SecurityAlert.Read.All", also=("SecurityAlert.ReadWrite.All", *READ_INCIDENTS.any_of)),
    query=options("count", "filter", "orderby", "select", "skip", "top"),
    paging="@odata.nextLink",
    not_found="licence_missing",
)

ALERT = Endpoint(
    name="graph.alert",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/alerts_v2/{alert}",
    answers=Alert,
    source=DOCS + "security-alert-get",
    needs=AppRole("SecurityAlert.Read.All", also=("SecurityAlert.ReadWrite.All",)),
)

INCIDENTS = Endpoint(
    name="graph.incidents",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/incidents",
    answers=ODataList[Incident],
    source=DOCS + "security-list-incidents",
    needs=READ_INCIDENTS,
    query=options("count", "expand", "filter", "orderby", "select", "skip", "top"),
    paging="@odata.nextLink",
    max_top=50,
)

INCIDENT = Endpoint(
    name="graph.incident",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/incidents/{incident}",
    answers=Incident,
    source=DOCS + "security-incident-get",
    needs=READ_INCIDENTS,
    query=options("expand"),
)

SECURE_SCORES = Endpoint(
    name="graph.secure_scores",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/secureScores",
    answers=ODataList[SecureScore],
    source=DOCS + "security-list-securescores",
    needs=READ_EVENTS,
    query=options("count", "filter", "skip", "top"),
    paging="@odata.nextLink",
)

# Declared for its retirement and for the fakes; it is never sent, since it no longer proves anything.
LEGACY_ALERTS = Endpoint(
    name="graph.legacy_alerts",
    api=GRAPH,
    method="GET",
    path=SECURITY_PATH + "/alerts",
    answers=ODataList[LegacyAlert],
    source=DOCS + "alert-list",
    needs=READ_EVENTS,
    query=options("count", "filter", "orderby", "select", "skip", "top"),
    paging="@odata.nextLink",
    retires=date(2026, 10, 15),
    max_top=1000,
)

APPLICATION = Endpoint(
    name="graph.application",
    api=GRAPH,
    method="GET",
    path=APPLICATION_PATH,
    answers=Application,
    source=DOCS + "application-get",
    needs=READ_DIRECTORY,
    query=options("select"),
)


APP_ROLE_ASSIGNMENTS = Endpoint(
    name="graph.app_role_assignments",
    api=GRAPH,
    method="GET",
    path=SERVICE_PRINCIPAL_PATH + "/appRoleAssignments",
    answers=ODataList[AppRoleAssignment],
    source=DOCS + "serviceprincipal-list-approleassignments",
    needs=READ_DIRECTORY,
    paging="@odata.nextLink",
)
