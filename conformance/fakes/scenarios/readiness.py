"""Scenarios of announced ends: the Azure portal, providers, api-versions, classic tables."""

from __future__ import annotations

from dataclasses import replace

from conformance.apis.arm import INSIGHTS, LOGS
from conformance.connection.connection_keys import OF_AZURE
from conformance.fakes.scenarios.data import leave_portal
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.tenant import Subscription, TableState
from conformance.fakes.world import World


def shown_subscription(world: World) -> Subscription:
    """Return the connection's subscription, which the app may read from now on."""
    tenant = world.tenant
    subscription = tenant.subscriptions[world.connection.subscription_id.lower()]
    tenant.assign("Reader", scope=subscription.scope)
    return subscription


@scenario(
    "sentinel-alone-not-connected",
    "a connection without Graph, and the workspace is not connected to the Defender portal",
    notes=("defender_portal_not_connected",),
)
def _sentinel_alone_not_connected(world: World) -> None:
    leave_portal(world)
    world.connection = replace(world.connection, apis=OF_AZURE)


@scenario(
    "incidents-without-portal-link",
    "incidents name no page of the Defender portal",
    notes=("api_retires_soon",),
)
def _incidents_without_portal_link(world: World) -> None:
    world.tenant.workspace.linked_to_portal = False


@scenario(
    "data-collector-table", "a custom table is still filled by the HTTP Data Collector API", notes=("api_retired",)
)
def _data_collector_table(world: World) -> None:
    columns = {"TimeGenerated": "datetime", "Message_s": "string"}
    world.tenant.workspace.tables["Firewall_CL"] = TableState("Firewall_CL", sub_type="Classic", columns=columns)


@scenario(
    "sentinel-provider-unregistering",
    "Sentinel's resource provider is being unregistered; the workspace still answers",
    notes=("provider_not_registered",),
)
def _sentinel_provider_unregistering(world: World) -> None:
    shown_subscription(world).unregistering.add(INSIGHTS.lower())


@scenario(
    "logs-provider-unregistering",
    "Log Analytics' resource provider is being unregistered; the workspace still answers",
    notes=("provider_not_registered",),
)
def _logs_provider_unregistering(world: World) -> None:
    shown_subscription(world).unregistering.add(LOGS.lower())


@scenario(
    "versions-unlisted",
    "the resource providers list no longer the api-versions that are asked",
    notes=("api_retires_soon",),
)
def _versions_unlisted(world: World) -> None:
    shown_subscription(world).unlisted_versions.update({"2025-09-01", "2025-07-01"})


FUSION = ("description", "severity", "tactics", "lastModifiedUtc")
"""Properties that rules of the kind Fusion share with scheduled ones."""


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
