"""Scenarios of the workspace's data: its content, its visibility, and announced ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from conformance.fakes.living import Life
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state import tenant as state
from conformance.fakes.world import World
from conformance.verification.verdict import ExitCode

SENTINEL_PROVIDER = "Azure Sentinel"
"""The provider of incidents of a workspace that is not connected to the Defender portal."""


@scenario("empty-tenant", "nothing has happened yet: no incidents, no alerts, no machines")
def _empty_tenant(world: World) -> None:
    tenant = world.tenant
    tenant.workspace.incidents.clear()
    for table in tenant.workspace.tables.values():
        table.rows.clear()
    tenant.workspace.content = {name: [] for name in tenant.workspace.content}
    for listed in (
        tenant.defender.machines,
        tenant.defender.alerts,
        tenant.defender.graph_alerts,
        tenant.defender.graph_incidents,
    ):
        listed.clear()


@scenario("table-missing", "the table SecurityIncident was never provisioned", "table_missing")
def _table_missing(world: World) -> None:
    world.tenant.drop_table("SecurityIncident")


@scenario("table-on-basic-plan", "the plan of SecurityIncident keeps it from queries", "table_unqueryable")
def _table_on_basic_plan(world: World) -> None:
    world.tenant.workspace.tables["SecurityIncident"].plan = "Basic"


@scenario("rows-hidden", "SecurityIncident is protected: its rows are not shown", "data_hidden")
def _rows_hidden(world: World) -> None:
    world.tenant.workspace.tables["SecurityIncident"].protection = "Protected"


@scenario("partial-results", "queries answer with a part of their rows", "query_partial")
def _partial_results(world: World) -> None:
    world.tenant.workspace.tables["SecurityIncident"].partial = True


@scenario("no-data", "no data was ever placed in the workspace", "table_missing")
def _no_data(world: World) -> None:
    world.tenant.workspace.has_data = False


@scenario("data-stale", "nothing has been ingested for three days", notes=("data_stale",))
def _data_stale(world: World) -> None:
    for table in world.tenant.workspace.tables.values():
        for row in table.rows:
            late = {name: time - timedelta(days=3) for name, time in row.items() if isinstance(time, datetime)}
            row.update(late)
    world.tenant.workspace.incidents.clear()


@scenario("daily-cap", "ingestion stopped at the daily cap", notes=("daily_cap_reached",))
def _daily_cap(world: World) -> None:
    world.tenant.workspace.ingestion_status = "OverQuota"
    world.tenant.workspace.daily_quota_gb = 1.0


@scenario(
    "portal-not-connected",
    "the workspace is not connected to the Defender portal",
    notes=("defender_portal_not_connected",),
)
def _portal_not_connected(world: World) -> None:
    leave_portal(world)


def leave_portal(world: World) -> None:
    """Disconnect the workspace from the Defender portal: its own incidents have Sentinel as their provider."""
    tenant = world.tenant
    tenant.defender.workspace_connected = False
    own = {
        incident.id for incident in tenant.workspace.incidents if any("Sentinel" in a.product for a in incident.alerts)
    }
    tenant.workspace.incidents[:] = [
        replace(incident, provider=SENTINEL_PROVIDER) if incident.id in own else incident
        for incident in tenant.workspace.incidents
    ]
    for row in tenant.workspace.tables["SecurityIncident"].rows:
        if row["IncidentName"] in own:
            row["ProviderName"] = SENTINEL_PROVIDER


@scenario(
    "graph-incidents-missing",
    "Graph has none of the incidents that Sentinel names",
    notes=("defender_portal_not_connected",),
)
def _graph_incidents_missing(world: World) -> None:
    world.tenant.defender.graph_incidents.clear()


@scenario("graph-alerts-missing", "Defender for Endpoint has alerts, and Graph has none", notes=("licence_missing",))
def _graph_alerts_missing(world: World) -> None:
    world.tenant.defender.graph_alerts.clear()


@scenario(
    "side-tables-on-basic-plan",
    "the plan of SentinelHealth, Usage and Heartbeat keeps them from queries",
    notes=("table_unqueryable",),
)
def _side_tables_on_basic_plan(world: World) -> None:
    for name in ("SentinelHealth", "Usage", "Heartbeat"):
        world.tenant.workspace.tables[name].plan = "Basic"


@scenario("secret-ends-soon", "the secret ends in ten days", notes=("secret_expires_soon",))
def _secret_ends_soon(world: World) -> None:
    world.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    for secret in world.tenant.app.secrets:
        secret.ends = world.clock.service_now() + timedelta(days=10)


@scenario(
    "guide-followed", "the app requests user_impersonation, as the guide says", notes=("guide_step_without_effect",)
)
def _guide_followed(world: World) -> None:
    world.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    world.tenant.app.requested[state.ARM_APP] = [("user_impersonation", "Scope")]


@scenario("incident-vanishes", "the newest incident is gone by the time it is asked for", "object_not_found")
def _incident_vanishes(world: World) -> None:
    world.tenant.workspace.vanishing = True


@scenario(
    "no-devices",
    "Defender answers every list with 404, as if it had no device yet",
    "unknown",
    exit_code=ExitCode.INCOMPLETE,
)
def _no_devices(world: World) -> None:
    defender = world.tenant.defender
    defender.lists = False
    defender.machines.clear()
    defender.alerts.clear()


@scenario("living", "incidents, alerts and machines arrive, change, merge and go between requests")
def _living(world: World, rate: int = 1, seed: int = 0) -> None:
    world.life = Life(world, rate, Random(seed))  # noqa: S311
