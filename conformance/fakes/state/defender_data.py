"""The Defender data of a tenant, derived from the same incidents as the workspace's."""

from __future__ import annotations

from datetime import timedelta

from conformance.fakes.state.endpoint_data import endpoint_alert, machine
from conformance.fakes.state.graph_data import graph_alert, graph_incident, secure_score
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.state.timeline import HOSTS


def fill(tenant: Tenant) -> None:
    """Fill ``tenant.defender`` from the incidents of the connection's workspace.

    All data is added, even if the workspace is not connected to the Defender portal: each answer depends on the
    state at the time of the request.
    """
    now, incidents, defender = tenant.clock.began, tenant.workspace.incidents, tenant.defender
    pairs = [(incident, alert) for incident in incidents for alert in incident.alerts]
    defender.machines = [machine(host, now) for host in HOSTS]
    defender.alerts = [
        endpoint_alert(tenant, incident, alert)
        for incident, alert in pairs
        if alert.product == "Microsoft Defender for Endpoint"
    ]
    defender.graph_alerts = [graph_alert(tenant, incident, alert, now) for incident, alert in pairs]
    defender.graph_incidents = [graph_incident(tenant, incident) for incident in incidents]
    defender.secure_scores = [secure_score(tenant, now - timedelta(days=days)) for days in (0, 1)]
