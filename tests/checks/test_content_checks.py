"""Tests of the checks of rules, connectors, watchlists and automation: content that exists and has no effect."""

from __future__ import annotations

from typing import Any

from conformance.fakes.world import World
from tests.checks.outcomes import changed, ends, fails, world

# SENT-040 to SENT-044: content that exists and has no effect


def content(collection: str, **change: Any) -> World:
    """Return a world in which properties of the first item of a collection are changed."""
    there = world()
    there.tenant.workspace.content[collection][0]["properties"].update(change)
    return there


def test_a_rule_that_sentinel_disabled_itself() -> None:
    off = content("alertRules", displayName="AUTO DISABLED Rare country", enabled=False)
    fails("SENT-040", off, "data_stale", "AUTO DISABLED Rare country")
    ends("SENT-040", content("alertRules", displayName="AUTO DISABLED Rare country", enabled=True), "passed")
    ends("SENT-040", content("alertRules", enabled=False), "passed")


def test_most_rules_are_disabled() -> None:
    fails("SENT-041", content("alertRules", enabled=False), "data_stale", "2 of 3")
    there = changed(world(), "sentinel.alert_rules", lambda body: {"value": []})
    ends("SENT-041", there, "not_applicable", "no rules")


def test_a_connector_without_data() -> None:
    types = {"exchange": {"state": "Disabled"}, "teams": {"state": "disabled"}}
    fails("SENT-042", content("dataConnectors", dataTypes=types), "data_stale", "Office365")
    fails("SENT-042", content("dataConnectors", isActive=False), "data_stale", "Office365")
    ends("SENT-042", content("dataConnectors", dataTypes={**types, "x": {"state": "Enabled"}}), "passed")
    ends("SENT-042", content("dataConnectors", dataTypes={}), "passed")


def test_a_watchlist_without_its_items() -> None:
    fails("SENT-043", content("watchlists", provisioningState="Failed"), "data_stale", "vip-users")
    ends("SENT-043", content("watchlists", provisioningState="InProgress"), "passed")
    ends("SENT-043", content("watchlists", provisioningState="Failed", isDeleted=True), "passed")


def test_automation_that_has_expired() -> None:
    logic = {"isEnabled": True, "triggersOn": "Incidents", "triggersWhen": "Created"}
    past, future = ({**logic, "expirationTimeUtc": f"{year}-01-01T00:00:00Z"} for year in (2026, 2028))
    fails("SENT-044", content("automationRules", triggeringLogic=past), "data_stale", "Close test incidents")
    ends("SENT-044", content("automationRules", triggeringLogic=future), "passed")
    ends("SENT-044", content("automationRules", triggeringLogic={**past, "isEnabled": False}), "passed")
