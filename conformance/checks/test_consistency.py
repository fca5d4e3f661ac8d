"""The same data by two routes."""

from __future__ import annotations

from datetime import timedelta

from conformance.apis.defender import Alert as DefenderAlert
from conformance.apis.graph import Alert, Incident
from conformance.apis.log_analytics import QueryResponse
from conformance.apis.sentinel import Incident as SentinelIncident
from conformance.apis.shape import ArmList, ODataList
from conformance.checks.expect import Found, fail, not_applicable, require
from conformance.checks.registry import check
from conformance.checks.test_log_analytics import hidden_finding, same_workspace
from conformance.connection import Connection
from conformance.probing.diagnosis.ingestion import ingestion_stop
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.following import SETTLED, is_settled
from conformance.probing.graph import LONG_PAGE

INGESTION = SETTLED
"""Newer incidents and alerts may not have arrived at the other API yet."""


@check(
    "XAPI-001", "the newest incidents of Sentinel are in the SecurityIncident table", owns=("data_hidden",), moving=True
)
def test_incidents_in_table(
    connection: Connection,
    incidents: Answer[ArmList[SentinelIncident]],
    query_recent_incidents: Answer[QueryResponse],
    incident_table: Evidence,
    workspace: Evidence,
    query_daily_cap: Evidence,
    incident_alerts: Evidence,
) -> None:
    """Incidents listed by the REST API are also in the table, by KQL. Those younger than 15 minutes, or older than the
    14 days of the query, are left out.
    """
    same_workspace(connection, workspace)
    require(
        "IncidentName" in query_recent_incidents.data.primary.schema,
        "The answer to query_recent_incidents has no column IncidentName, which the query asks for.",
        promise="project",
    )
    dates = [date for date in (incidents.exchange.date, query_recent_incidents.exchange.date) if date is not None]
    if not dates:
        not_applicable("the answers carry no date to judge ages by")
    now = min(dates)  # the query may have been answered before the incidents were listed
    due = {
        incident.name.lower(): incident.properties.incident_number
        for incident in incidents.data.value
        if (moment := incident.properties.last_modified_time_utc or incident.properties.created_time_utc)
        and (incident.properties.created_time_utc or moment) < now - INGESTION
        and moment > now - timedelta(days=13)
    }
    if not due:
        not_applicable("no incident is old enough to be in the table and young enough to be looked for")
    rows = {str(row.get("IncidentName", "")).lower() for row in query_recent_incidents.data.records()}
    missing = sorted(str(number) for name, number in due.items() if name not in rows)
    if missing and (other := other_workspace(connection, incident_alerts)):
        fail(
            f"Incidents {', '.join(missing)} of Sentinel are not in the table of the configured workspace id: their"
            f" alerts are of workspace {other}.",
            "workspace_id_mismatch",
            certainty="likely",
            also=("data_hidden", "data_stale"),
            facts=connection.facts(),
            promise="incident-rows",
        )
    protected = isinstance(incident_table, Answer) and incident_table.data.properties.protection_level == "Protected"
    if missing and not protected and (stop := ingestion_stop(workspace, query_daily_cap)):
        raise Found(stop, promise="daily-cap")
    if missing and not rows and protected:
        raise Found(hidden_finding("SecurityIncident"), promise="protected-table")
    if missing and not rows:
        fail(
            f"Sentinel lists incidents ({', '.join(missing)}), and the SecurityIncident table shows this reader no row"
            " at all: its rows are hidden from it.",
            "data_hidden",
            certainty="likely",
            also=("data_stale", "workspace_id_mismatch"),
            facts={**connection.facts(), "table": "SecurityIncident"},
            promise="incident-rows",
        )
    if missing:
        fail(
            f"Incidents {', '.join(missing)} of Sentinel are not in the SecurityIncident table after"
            f" {INGESTION.seconds // 60} minutes.",
            "data_stale",
            certainty="likely",
            also=("workspace_id_mismatch",),
            about="table",
            facts={**connection.facts(), "table": "SecurityIncident"},
            promise="incident-rows",
        )


def other_workspace(connection: Connection, incident_alerts: Evidence) -> str | None:
    """Return the workspace id in the ``resourceIdentifiers`` of an incident's alerts, if it is not the configured one,
    else None.
    """
    if not isinstance(incident_alerts, Answer):
        return None
    places: list[object] = [
        place.get("workspaceId")
        for alert in incident_alerts.data.value
        for place in alert.properties.resource_identifiers or ()
        if isinstance(place, dict) and place.get("type") == "LogAnalytics"
    ]
    ids = [place.lower() for place in places if isinstance(place, str)]
    return ids[0] if ids and connection.workspace_id.lower() not in ids else None


@check("XAPI-002", "Sentinel's incidents appear in Graph", level="should", moving=True)
def test_incidents_in_graph(
    connection: Connection, incidents: Answer[ArmList[SentinelIncident]], graph_incidents: Answer[ODataList[Incident]]
) -> None:
    """Once the workspace is connected to the Defender portal, Graph lists its incidents by their
    ``providerIncidentId``. Incidents that were merged into another one count too.
    """
    if not incidents.data.value:
        not_applicable("Sentinel has no incident to look for")
    ids = {incident.id for incident in graph_incidents.data.value} | {
        incident.redirect_incident_id for incident in graph_incidents.data.value
    }
    oldest = min((incident.created_date_time for incident in graph_incidents.data.value), default=None)
    full = len(graph_incidents.data.value) >= LONG_PAGE
    named_incidents = [
        incident.properties.provider_incident_id
        for incident in incidents.data.value
        if "XDR" in (incident.properties.provider_name or "")
        and is_settled(created := incident.properties.created_time_utc, graph_incidents.exchange.date)
        and not (full and created and oldest and created < oldest)  # it would be on a later page
    ]
    if not named_incidents:
        not_applicable("none of Sentinel's incidents comes from the Defender portal and is older than minutes")
    if not any(incident in ids for incident in named_incidents):
        fail(
            f"None of the Defender incidents that Sentinel names ({', '.join(map(str, named_incidents))}) is among the"
            f" newest of Graph.",
            "defender_portal_not_connected",
            certainty="likely",
            facts=connection.facts(),
        )


@check("XAPI-003", "Defender's alerts appear in Graph", level="should", moving=True)
def test_alerts_in_graph(
    connection: Connection, defender_alerts: Answer[ODataList[DefenderAlert]], graph_alerts: Answer[ODataList[Alert]]
) -> None:
    """If Defender for Endpoint has alerts in the tenant, ``alerts_v2`` has some too."""
    now = graph_alerts.exchange.date
    if not any(is_settled(alert.alert_creation_time, now) for alert in defender_alerts.data.value):
        not_applicable("Defender for Endpoint has no alert to look for that is older than minutes")
    if not graph_alerts.data.value:
        fail(
            "Defender for Endpoint has alerts, and Graph shows none: Defender XDR is not set up in the tenant.",
            "licence_missing",
            certainty="likely",
            about="graph",
            facts=connection.facts(),
        )
