"""Scenarios of what fails without any refusal: connectors, rules, tables, machines, and what Microsoft has ended."""

from __future__ import annotations

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


FUSION = ("description", "severity", "tactics", "lastModifiedUtc")
"""What a rule of the kind Fusion has in common with scheduled ones."""


@scenario(
    "portal-unready",
    "rules and automation depend on what ends with the Azure portal",
    notes=("api_retires_soon", "api_retired", "data_hidden", "table_unqueryable"),
)
def _portal_unready(world: World) -> None:
    content = world.tenant.workspace.content
    properties = content["alertRules"][0]["properties"]
    properties["query"] = "ThreatIntelligenceIndicator | join SigninLogs on $left.NetworkIP == $right.IPAddress"
    properties["incidentConfiguration"] = {"createIncident": False}
    fusion = content["alertRules"][1]
    fusion["kind"] = "Fusion"
    fusion["properties"] = {
        **{name: fusion["properties"][name] for name in FUSION},
        "alertRuleTemplateName": "f71aba3d-28fb-450b-b192-4e76a83015c8",
        "displayName": "Advanced Multistage Attack Detection",
        "enabled": True,
    }
    condition = {"propertyName": "IncidentTitle", "operator": "Contains", "propertyValues": ["test"]}
    content["automationRules"][0]["properties"]["triggeringLogic"]["conditions"] = [
        {"conditionType": "Property", "conditionProperties": condition}
    ]
    world.tenant.workspace.tables["SigninLogs"].plan = "Basic"
