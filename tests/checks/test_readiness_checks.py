"""Tests of the checks of readiness for announced changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from conformance.checks.announcements import ANNOUNCEMENTS
from conformance.checks.registry import catalogue
from conformance.fakes.world import World
from tests.checks.outcomes import changed, ends, fails, outcomes_by_check, world

INCIDENTS, RULES, AUTOMATION = "sentinel.incidents", "sentinel.alert_rules", "sentinel.automation_rules"


def every(body: dict[str, Any], **properties: object) -> None:
    for item in body["value"]:
        item["properties"].update(properties)


# READY-001: the Defender portal


def test_a_workspace_that_is_not_connected_is_reported_once() -> None:
    outcomes = outcomes_by_check(world("portal-not-connected"))
    warned = [outcome.check for outcome in outcomes.values() if outcome.cause == "defender_portal_not_connected"]
    assert warned == ["GRAPH-006"]
    assert outcomes["READY-001"].status == "not_applicable"
    assert "GRAPH-006" in (outcomes["READY-001"].reason or "")


def test_without_graph_sentinel_shows_that_the_workspace_is_not_connected() -> None:
    there = world("portal-not-connected", apis=("log_analytics", "sentinel"))
    outcome = fails("READY-001", there, "defender_portal_not_connected", "in 127 days")
    assert "Azure Sentinel" in (outcome.reason or "")
    ends("READY-001", world(apis=("log_analytics", "sentinel")), "passed")


def test_without_alerts_of_sentinel_its_portal_is_unknown() -> None:
    there = world("portal-not-connected")
    without = changed(there, INCIDENTS, lambda body: every(body, additionalData={"alertsCount": 0}))
    ends("READY-001", without, "not_applicable", "alert of its own")


# READY-002: links


@pytest.mark.parametrize("member", ["providerIncidentId", "additionalData"])
def test_incidents_without_their_page_in_the_defender_portal(member: str) -> None:
    there = changed(world(), INCIDENTS, lambda body: every(body, **{member: None}))
    fails("READY-002", there, "api_retires_soon", "2027-03-31")


def test_incidents_that_are_only_in_sentinel_need_no_defender_page() -> None:
    there = changed(world(), INCIDENTS, lambda body: every(body, providerName="Azure Sentinel", additionalData={}))
    ends("READY-002", there, "not_applicable")


# READY-003 to READY-006: rules and automation


def with_rule(**change: Any) -> World:
    """Return a world whose first rule has another kind or other properties."""
    properties = {name: value for name, value in change.items() if name != "kind"}

    def first(body: dict[str, Any]) -> None:
        rule = body["value"][0]
        rule["kind"] = change.get("kind", rule["kind"])
        rule["properties"].update(properties)

    return changed(world(), RULES, first)


RULE_CASES = [
    ("READY-003", dict[str, Any](kind="Fusion", alertRuleTemplateName="template"), "api_retires_soon"),
    ("READY-003", dict[str, Any](kind="MicrosoftSecurityIncidentCreation", productFilter="x"), "api_retires_soon"),
    ("READY-004", dict[str, Any](incidentConfiguration={"createIncident": False}), "data_hidden"),
    ("READY-006", dict[str, Any](query="ThreatIntelligenceIndicator | where Active"), "api_retired"),
]


def test_rules_that_no_longer_work(subtests: pytest.Subtests) -> None:
    for id, change, cause in RULE_CASES:
        with subtests.test(id=id, change=change):
            fails(id, with_rule(**change), cause, "Sign-in from a rare country")


def test_disabled_rules_and_like_named_tables_do_not_matter(subtests: pytest.Subtests) -> None:
    for id, change, _ in RULE_CASES:
        with subtests.test(id=id, change=change):
            ends(id, with_rule(**change, enabled=False), "passed")
    query = "MyThreatIntelligenceIndicator_CL | take 1"
    ends("READY-006", with_rule(query=query), "passed")


def conditions(name: str) -> list[dict[str, Any]]:
    inner = {
        "conditionType": "Property",
        "conditionProperties": {"propertyName": name, "operator": "Equals", "propertyValues": ["x"]},
    }
    both = {"operator": "Or", "innerConditions": [inner]}
    return [{"conditionType": "Boolean", "conditionProperties": both}]


def with_condition(name: str, enabled: bool = True) -> World:
    """Return a world whose automation rule compares this property."""
    change = {"conditions": conditions(name), "isEnabled": enabled}
    return changed(world(), AUTOMATION, lambda body: body["value"][0]["properties"]["triggeringLogic"].update(change))


def test_automation_that_compares_properties_changed_by_the_defender_portal(subtests: pytest.Subtests) -> None:
    for name, says in (("IncidentTitle", "the title"), ("IncidentProviderName", "the provider")):
        with subtests.test(property=name):
            fails("READY-005", with_condition(name), "api_retires_soon", says)
    ends("READY-005", with_condition("IncidentRelatedAnalyticRuleIds"), "passed")
    ends("READY-005", with_condition("IncidentTitle", enabled=False), "passed")


# The announced end dates


def test_announced_ends_name_checks_that_exist_and_their_source(subtests: pytest.Subtests) -> None:
    for end in ANNOUNCEMENTS.values():
        with subtests.test(end=end.id):
            assert set(end.checks) <= set(catalogue())
            assert all(catalogue()[id].level == "should" for id in end.checks)
            assert end.source.startswith("https://")
            assert end.what
            assert end.remaining


def test_days_are_counted_down() -> None:
    end = ANNOUNCEMENTS["azure-portal"]
    assert end.countdown(date(2027, 3, 30)) == "in 1 day"
    assert end.countdown(end.ends) == "today"
    assert end.countdown(date(2027, 4, 2)) == "2 days ago"
    assert end.days_left(date(2026, 11, 28)) == 123


# READY-007 to READY-009: tables and api-versions


def classic(sub_type: str) -> World:
    """Return a world whose first table is a custom table of this sub-type."""
    schema = {"name": "Old_CL", "tableType": "CustomLog", "tableSubType": sub_type}

    def first(body: dict[str, Any]) -> None:
        body["value"][0]["name"] = "Old_CL"
        body["value"][0]["properties"]["schema"] = schema

    return changed(world(), "arm.tables", first)


def test_tables_of_the_data_collector_api() -> None:
    fails("READY-007", classic("Classic"), "api_retired", "2026-09-14, 71 days ago")
    ends("READY-007", classic("DataCollectionRuleBased"), "passed")


def subscribed() -> World:
    there = world()
    for subscription in there.tenant.subscriptions.values():
        there.tenant.assign("Reader", scope=subscription.scope)
    return there


@pytest.mark.parametrize(
    ("id", "namespace", "version"),
    [
        ("READY-008", "Microsoft.SecurityInsights", "2025-09-01"),
        ("READY-009", "Microsoft.OperationalInsights", "2025-07-01"),
    ],
)
def test_an_api_version_that_is_not_listed_any_more(id: str, namespace: str, version: str) -> None:
    def without(body: dict[str, Any]) -> None:
        for kind in body["resourceTypes"] if body["namespace"] == namespace else ():
            kind["apiVersions"] = [api_version for api_version in kind["apiVersions"] if api_version != version]

    fails(id, changed(subscribed(), "arm.provider", without), "api_retires_soon", version)
    ends(id, subscribed(), "passed")
    ends(id, world(), "not_applicable", "not shown to the app")
    ends(id, changed(subscribed(), "arm.provider", lambda body: body.update(resourceTypes=[])), "not_applicable")
