"""Scenarios of Sentinel content that exists but has no effect: rules, connectors, watchlists, automation."""

from __future__ import annotations

from datetime import timedelta

from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.timeline import stamp
from conformance.fakes.world import World


@scenario("rules-disabled", "all analytics rules are disabled: nothing detects anything", notes=("data_stale",))
def _rules_disabled(world: World) -> None:
    for rule in world.tenant.workspace.content["alertRules"]:
        rule["properties"]["enabled"] = False


@scenario(
    "connectors-disconnected",
    "a data connector is there, and all its data types are switched off",
    notes=("data_stale",),
)
def _connectors_disconnected(world: World) -> None:
    for kind in world.tenant.workspace.content["dataConnectors"][0]["properties"]["dataTypes"].values():
        kind["state"] = "Disabled"


@scenario("watchlist-not-loaded", "the items of a watchlist could not be loaded", notes=("data_stale",))
def _watchlist_not_loaded(world: World) -> None:
    world.tenant.workspace.content["watchlists"][0]["properties"]["provisioningState"] = "Failed"


@scenario("automation-expired", "an automation rule is enabled, and expired a month ago", notes=("data_stale",))
def _automation_expired(world: World) -> None:
    expired = stamp(world.clock.service_now() - timedelta(days=30))
    world.tenant.workspace.content["automationRules"][0]["properties"]["triggeringLogic"]["expirationTimeUtc"] = expired
