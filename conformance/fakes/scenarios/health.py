"""Scenarios of failures without any refusal: connectors, rules, tables, agents and machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.table_rows import HEALTH_EVENTS, health_row, usage_row
from conformance.fakes.state.timeline import stamp
from conformance.fakes.world import World


@scenario("health-failing", "the latest run of connectors, rules and playbooks failed", notes=("data_stale",))
def _health_failing(world: World) -> None:
    workspace, now = world.tenant.workspace, world.clock.service_now()
    workspace.tables["SentinelHealth"].rows += [
        health_row(workspace, now - timedelta(minutes=10), *event, status="Failure") for event in HEALTH_EVENTS
    ]
    rule = workspace.content["alertRules"][0]["properties"]
    rule.update(displayName=f"AUTO DISABLED {rule['displayName']}", enabled=False)


@scenario("table-stopped", "a table that got data every day gets none any more", notes=("data_stale",))
def _table_stopped(world: World) -> None:
    workspace, now = world.tenant.workspace, world.clock.service_now()
    workspace.tables["Usage"].rows += [
        usage_row(workspace, now - timedelta(days=day), "Syslog", 40.0) for day in range(2, 12)
    ]


@scenario("cap-near", "the workspace is near its daily cap", notes=("daily_cap_reached",))
def _cap_near(world: World) -> None:
    world.tenant.workspace.ingestion_status = "ApproachingQuota"
    world.tenant.workspace.daily_quota_gb = 0.03


@scenario("machines-silent", "most machines have not reported for two weeks", notes=("data_stale",))
def _machines_silent(world: World) -> None:
    silent = stamp(world.clock.service_now() - timedelta(days=14))
    for machine in world.tenant.defender.machines[1:]:
        machine.update(lastSeen=silent, healthStatus="Inactive")


@scenario("sensors-impaired", "the sensors of most machines send nothing", notes=("data_stale",))
def _sensors_impaired(world: World) -> None:
    for machine in world.tenant.defender.machines[1:]:
        machine["healthStatus"] = "ImpairedCommunication"


@scenario(
    "machines-not-onboarded", "most machines are known to Defender, and not onboarded to it", notes=("data_stale",)
)
def _machines_not_onboarded(world: World) -> None:
    for machine in world.tenant.defender.machines[1:]:
        machine["onboardingStatus"] = "CanBeOnboarded"


@scenario("agents-silent", "no agent has sent a heartbeat for two days", notes=("data_stale",))
def _agents_silent(world: World) -> None:
    for row in world.tenant.workspace.tables["Heartbeat"].rows:
        row["TimeGenerated"] -= timedelta(days=2)


@scenario("health-not-reported", "health monitoring was switched on, and reports no event", notes=("data_stale",))
def _health_not_reported(world: World) -> None:
    world.tenant.workspace.tables["SentinelHealth"].rows.clear()


@scenario("alerts-not-in-table", "alerts of incidents do not reach the table SecurityAlert", notes=("data_stale",))
def _alerts_not_in_table(world: World) -> None:
    world.tenant.workspace.tables["SecurityAlert"].rows.clear()


@scenario("incidents-not-in-table", "the newest incidents do not reach the table SecurityIncident", "data_stale")
def _incidents_not_in_table(world: World) -> None:
    workspace = world.tenant.workspace
    newest = {incident.id for incident in workspace.incidents[:2]}
    table = workspace.tables["SecurityIncident"]
    table.rows = [row for row in table.rows if row["IncidentName"] not in newest]


@scenario("alerts-hidden", "SecurityAlert is protected: its rows are not shown", "data_hidden")
def _alerts_hidden(world: World) -> None:
    world.tenant.workspace.tables["SecurityAlert"].protection = "Protected"


@scenario(
    "ingestion-closed",
    "the workspace takes no data from public networks, and has no private link",
    notes=("network_access_disabled",),
)
def _ingestion_closed(world: World) -> None:
    world.tenant.workspace.public_ingestion = "Disabled"


@scenario("table-retention-short", "tables keep rows for less than the connection expects", notes=("data_stale",))
def _table_retention_short(world: World) -> None:
    expect = replace(world.connection.expect, min_retention_days=90)
    world.connection = replace(world.connection, expect=expect)
    world.tenant.workspace.tables["SigninLogs"].retention_days = 30


@scenario(
    "total-retention-short", "the total retention of a table is shorter than its interactive one", notes=("data_stale",)
)
def _total_retention_short(world: World) -> None:
    table = world.tenant.workspace.tables["SigninLogs"]
    table.retention_days, table.total_retention_days = 90, 30
