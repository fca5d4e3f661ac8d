"""A tenant that changes while it is used: objects arrive, change, merge and disappear between requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from conformance.fakes.state.endpoint_data import defender_id, endpoint_alert, machine
from conformance.fakes.state.graph_data import graph_alert, graph_incident
from conformance.fakes.state.incident_changes import change_incident
from conformance.fakes.state.table_rows import alert_row, latest_row
from conformance.fakes.state.timeline import (
    ACCOUNTS,
    HOSTS,
    Alert,
    Host,
    Incident,
    Product,
    Severity,
    Status,
    comment,
    stable_id,
)

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import Tenant, Workspace
    from conformance.fakes.world import World

SEVERITIES: tuple[Severity, ...] = ("Informational", "Low", "Medium", "High")
STATUSES: tuple[Status, ...] = ("New", "Active", "Closed")
PRODUCTS: tuple[Product, ...] = ("Microsoft Sentinel", "Microsoft Defender for Endpoint")
MAX_ALERTS = 20
"""Maximum number of alerts of an incident."""


class Life:
    """Random events in the tenant of a world between requests; :meth:`go_on` is called before each request.

    ``rate`` events happen between two requests on average (0 to twice as many), chosen by ``random``: the same numbers
    give the same life. All APIs see the same events; a row reaches its table after a while, as ingestion takes time,
    and the lists of a new incident, or a new alert, may be answered 404 for a while.
    """

    def __init__(self, world: World, rate: int, random: Random) -> None:
        self._world, self._rate, self._random = world, rate, random
        self._born = 0
        self._coming: list[tuple[str, dict[str, Any]]] = []
        """Rows that are not ingested yet: name of the table and the row."""
        self._merged: set[str] = set()
        """Ids of incidents that were merged into others: nothing happens to them any more."""
        self._rolled = False

    def go_on(self) -> None:
        """Let a random number of events happen."""
        for _ in range(self._random.randint(0, 2 * self._rate)):
            self._random.choice(EVENTS)(self)

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    @property
    def _workspace(self) -> Workspace:
        return self._tenant.workspace

    @property
    def _now(self) -> datetime:
        return self._tenant.clock.service_now()

    def _number(self) -> int:
        """Return a number that is unique in this life."""
        self._born += 1
        return self._born

    def _pick(self) -> Incident | None:
        """Return any incident of the workspace that was not merged into another."""
        candidates = [incident for incident in self._workspace.incidents if incident.id not in self._merged]
        return self._random.choice(candidates) if candidates else None

    # Incidents and alerts

    def incident_arrives(self) -> None:
        """Add an incident with up to two alerts, at any place among those of the same time."""
        number, now = self._number(), self._now
        severity, product = self._random.choice(SEVERITIES), self._random.choice(PRODUCTS)
        alerts = tuple(self._new_alert(severity, product) for _ in range(self._random.randint(0, 2)))
        numbers = [int(incident["id"]) for incident in self._tenant.defender.graph_incidents]
        first = max([*numbers, *(incident.number for incident in self._workspace.incidents), 0]) + 1
        incident = Incident(
            first, stable_id("living incident", number), f"Incident {number}", severity, "New", now, now, alerts
        )
        incidents = self._workspace.incidents
        incidents.insert(self._random.randint(0, len(incidents)), incident)
        self._tenant.defender.graph_incidents.append(graph_incident(self._tenant, incident))
        for alert in alerts:
            self._publish(incident, alert)
        if self._random.randint(0, 2) == 0:
            self._tenant.unready |= {incident.id, str(incident.number)}
        self._coming.append(("SecurityIncident", latest_row(self._workspace, incident)))

    def _new_alert(self, severity: Severity, product: Product) -> Alert:
        number = self._number()
        return Alert(
            stable_id("living alert", number),
            f"Alert {number}",
            severity,
            product,
            "Execution",
            "T1059",
            self._now,
            self._random.choice(HOSTS),
            self._random.choice(ACCOUNTS),
        )

    def _publish(self, incident: Incident, alert: Alert) -> None:
        """Show a new alert in Graph, in Defender for Endpoint if it is its own, and soon in its table."""
        defender = self._tenant.defender
        defender.graph_alerts.append(graph_alert(self._tenant, incident, alert, self._now))
        name = alert.id
        if alert.product == "Microsoft Defender for Endpoint":
            defender.alerts.append(endpoint_alert(self._tenant, incident, alert))
            name = defender_id(alert)
        if self._random.randint(0, 2) == 0:
            self._tenant.unready.add(name)
        self._coming.append(("SecurityAlert", alert_row(self._workspace, alert)))

    def alert_arrives(self) -> None:
        """Add an alert to an existing incident."""
        incident = self._pick()
        if incident is not None and len(incident.alerts) < MAX_ALERTS:
            alert = self._new_alert(incident.severity, self._random.choice(PRODUCTS))
            self._update(incident, alerts=(*incident.alerts, alert))
            self._publish(incident, alert)

    def incident_changes(self) -> None:
        """Change severity and title of an incident, and add a comment."""
        if incident := self._pick():
            number = self._number()
            self._update(
                incident,
                severity=self._random.choice(SEVERITIES),
                title=f"Incident {number}",
                comments=(*incident.comments, comment(incident.id, number, f"Comment {number}", self._now))[-10:],
            )

    def incident_moves_on(self) -> None:
        """Change the status of an incident: active, closed or opened again."""
        if incident := self._pick():
            status = self._random.choice(STATUSES)
            closed = status == "Closed"
            self._update(
                incident,
                status=status,
                classification="TruePositive" if closed else None,
                classification_reason="SuspiciousActivity" if closed else None,
            )

    def incidents_merge(self) -> None:
        """The alerts of one go over to another; the one is closed and redirected, or gone from the workspace."""
        incident, other = self._pick(), self._pick()
        if (
            incident is None
            or other is None
            or incident.id == other.id
            or len(incident.alerts) + len(other.alerts) > MAX_ALERTS
        ):
            return
        defender = self._tenant.defender
        for alert in defender.graph_alerts:
            if alert["incidentId"] == str(incident.number):
                alert["incidentId"] = str(other.number)
        for alert in defender.alerts:
            if alert["incidentId"] == incident.number:
                alert["incidentId"] = other.number
        self._update(other, alerts=(*other.alerts, *incident.alerts))
        self._update(incident, alerts=(), status="Closed")
        self._merged.add(incident.id)
        for row in defender.graph_incidents:
            if row["id"] == str(incident.number):
                row.update(status="redirected", redirectIncidentId=str(other.number))
        if self._random.randint(0, 1):
            self._remove(incident.id)

    def incident_goes(self) -> None:
        """Delete an incident from the workspace."""
        if incident := self._pick():
            self._remove(incident.id)

    def _remove(self, id: str) -> None:
        self._workspace.incidents[:] = [incident for incident in self._workspace.incidents if incident.id != id]

    def _update(self, incident: Incident, **changes: Any) -> None:
        """Change an incident on all routes, as of now."""
        new = change_incident(self._tenant, self._workspace, incident, **changes)
        self._coming.append(("SecurityIncident", latest_row(self._workspace, new)))

    def alert_goes(self) -> None:
        """Remove an alert from Graph, or from Defender for Endpoint."""
        alerts = self._random.choice((self._tenant.defender.graph_alerts, self._tenant.defender.alerts))
        if alerts:
            del alerts[self._random.randrange(len(alerts))]

    # Machines

    def machine_arrives(self) -> None:
        """Add a machine, at a random place of the list."""
        host = Host(f"ws-living-{self._number():04}", "corp.example", "10.20.9.9")
        new = machine(host, self._now) | {"firstSeen": machine(host, self._now + timedelta(days=200))["firstSeen"]}
        machines = self._tenant.defender.machines
        machines.insert(self._random.randint(0, len(machines)), new)
        if self._random.randint(0, 2) == 0:
            self._tenant.unready.add(new["id"])

    def machine_goes(self) -> None:
        """Remove a machine from the list."""
        machines = self._tenant.defender.machines
        if machines:
            del machines[self._random.randrange(len(machines))]

    def machine_changes(self) -> None:
        """Make a machine inactive or active."""
        machines = self._tenant.defender.machines
        if machines:
            self._random.choice(machines)["healthStatus"] = self._random.choice(("Active", "Inactive"))

    def machine_moves(self) -> None:
        """Move a machine to a random place of the list."""
        machines = self._tenant.defender.machines
        if machines:
            machine = machines.pop(self._random.randrange(len(machines)))
            machines.insert(self._random.randint(0, len(machines)), machine)

    # Time

    def row_arrives(self) -> None:
        """Ingest the oldest pending row, if its table exists."""
        if self._coming:
            name, row = self._coming.pop(0)
            if table := self._workspace.tables.get(name):
                table.rows.append(row)

    def all_is_ready(self) -> None:
        """Make all objects readable that were answered 404 so far."""
        self._tenant.unready.clear()

    def time_passes(self) -> None:
        """Advance the clock by 1 to 200 ms."""
        self._tenant.clock.skip(timedelta(milliseconds=self._random.randint(1, 200)))

    def tokens_roll_over(self) -> None:
        """Invalidate the continuation tokens issued so far; only once in a life."""
        if not self._rolled:
            self._rolled = True
            self._workspace.token_generation += 1


EVENTS: tuple[Callable[[Life], None], ...] = (
    Life.incident_arrives,
    Life.incident_arrives,
    Life.alert_arrives,
    Life.incident_changes,
    Life.incident_moves_on,
    Life.incidents_merge,
    Life.incident_goes,
    Life.alert_goes,
    Life.machine_arrives,
    Life.machine_goes,
    Life.machine_changes,
    Life.machine_moves,
    Life.row_arrives,
    Life.all_is_ready,
    Life.time_passes,
    Life.tokens_roll_over,
)
"""The possible events; an event that is listed twice happens twice as often."""
