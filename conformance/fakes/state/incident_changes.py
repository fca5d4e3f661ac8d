"""Changes of an incident on all routes at once: in Sentinel's REST API, in Graph and in Defender for Endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.fakes.state.endpoint_data import defender_id, endpoint_alert
from conformance.fakes.state.graph_data import graph_alert, graph_incident
from conformance.fakes.state.table_rows import latest_row
from conformance.fakes.state.timeline import Incident

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import Tenant, Workspace

OF_ALERT = ("assignedTo", "classification", "determination", "resolvedDateTime", "status")
"""Members that analysts change on a single alert; a new status of its incident overrides them."""


def change_incident(tenant: Tenant, workspace: Workspace, incident: Incident, **changes: Any) -> Incident:
    """Change an incident as of now and return it. Its row is left to the caller: ingestion takes time."""
    now = tenant.clock.service_now()
    new = replace(incident, **{"modified": now, "revision": incident.revision + 1, **changes})
    workspace.incidents[:] = [new if each.id == new.id else each for each in workspace.incidents]
    defender = tenant.defender
    for row in defender.graph_incidents:
        if row["id"] == str(new.number):
            row.update(graph_incident(tenant, new) | {"determination": row["determination"]})
    by_id = {alert.id: alert for alert in new.alerts} | {defender_id(alert): alert for alert in new.alerts}
    for row in defender.graph_alerts:
        if alert := by_id.get(row["id"]):
            own = {} if "status" in changes else {name: row[name] for name in OF_ALERT}
            row.update(graph_alert(tenant, new, alert, now) | own)
    for row in defender.alerts:
        if alert := by_id.get(row["id"]):
            row.update(endpoint_alert(tenant, new, alert))
    return new


def add_row(workspace: Workspace, incident: Incident) -> None:
    """Add the row of an incident's latest change to SecurityIncident, if the workspace has that table."""
    if table := workspace.tables.get("SecurityIncident"):
        table.rows.append(latest_row(workspace, incident))
