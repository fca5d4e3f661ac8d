"""Tests of the checks of Microsoft Sentinel."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.state.roles import RoleDefinition
from conformance.fakes.world import World
from tests.checks.disturbances import JSON, ignoring
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world

INCIDENTS, INCIDENT = "sentinel.incidents", "sentinel.incident"


def properties(body: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of the first item of a list."""
    properties: dict[str, Any] = body["value"][0]["properties"]
    return properties


def twice(endpoint: str) -> World:
    """Return a world in which the list of an endpoint holds each item twice; an empty list gets one item first."""

    def repeat(body: dict[str, Any]) -> None:
        body["value"] = body["value"] or [{"id": "x", "name": "x", "type": "y", "kind": "Bookmark", "properties": {}}]
        body["value"] *= 2

    return changed(world(), endpoint, repeat)


# SENT-001: the documented shape of incidents


@pytest.mark.parametrize("member", ["title", "severity", "status"])
def test_a_required_member_is_missing(member: str) -> None:
    without = changed(world(), INCIDENTS, lambda body: properties(body).pop(member) and None)
    fails("SENT-001", without, "contract_violation", member)


@pytest.mark.parametrize(
    ("member", "value"),
    [("title", None), ("severity", 3), ("createdTimeUtc", "yesterday"), ("incidentNumber", "4711"), ("labels", {})],
)
def test_a_member_is_of_another_type(member: str, value: object) -> None:
    other = changed(world(), INCIDENTS, lambda body: properties(body).update({member: value}))
    fails("SENT-001", other, "contract_violation", member)


@pytest.mark.parametrize(
    "members",
    [
        {"severity": "Catastrophic"},
        {"status": "Pondered", "classification": "Novelty"},
        {"teamInformation": {"primaryChannelUrl": None}, "mergedIncidentNumber": 7},
        {"classificationReason": None, "owner": None, "labels": None, "additionalData": None},
        {"createdTimeUtc": "2026-11-24T08:00:00Z", "lastModifiedTimeUtc": "2026-11-24T08:00:00.1Z"},
    ],
    ids=str,
)
def test_unknown_values_and_further_members_are_accepted(members: dict[str, Any]) -> None:
    ends("SENT-001", changed(world(), INCIDENTS, lambda body: properties(body).update(members)), "passed")


def test_a_page_that_names_an_incident_twice() -> None:
    fails("SENT-001", twice(INCIDENTS), "contract_violation", "twice")


def test_successes_without_the_documented_content(subtests: pytest.Subtests) -> None:
    for response, cause in [
        (httpx.Response(200), "empty_answer"),
        (httpx.Response(204), "empty_answer"),
        (httpx.Response(200, headers=JSON, text="[]"), "contract_violation"),
        (httpx.Response(200, headers=JSON, text='{"value": null}'), "contract_violation"),
        (httpx.Response(206, headers=JSON, text='{"value": []}'), "query_partial"),
        (httpx.Response(200, headers=JSON, text='{"value": ['), "contract_violation"),
    ]:
        with subtests.test(response=response, cause=cause):
            fails("SENT-001", answered(world(), INCIDENTS, response), cause)


def test_a_workspace_without_sentinel() -> None:
    blocked("SENT-001", world("sentinel-not-onboarded"), "ARM-007", "sentinel_not_onboarded")


@pytest.mark.parametrize("id", ["SENT-001", "SENT-003", "SENT-010", "SENT-020", "SENT-023"])
def test_without_a_role_the_other_checks_are_blocked(id: str) -> None:
    blocked(id, world("no-azure-role"), "RBAC-001", "rbac_role_missing")


def test_a_connection_without_sentinel(subtests: pytest.Subtests) -> None:
    for id in ["SENT-001", "SENT-002", "SENT-003", "SENT-010", "SENT-027", "SENT-030"]:
        with subtests.test(id=id):
            ends(id, world(apis=("log_analytics",)), "not_applicable", "does not use Microsoft Sentinel")


# SENT-002: paging


def test_a_page_that_repeats() -> None:
    first: list[Any] = []

    def repeat(body: dict[str, Any]) -> None:
        first.extend(body["value"] if not first else [])
        body["value"] = first

    fails("SENT-002", changed(world(), INCIDENTS, repeat), "contract_violation", "no incident that the first has not")


def test_a_next_link_that_leads_to_itself() -> None:
    links: list[str] = []

    def loop(body: dict[str, Any]) -> None:
        links.append(body["nextLink"])
        body["nextLink"] = links[0]

    fails("SENT-002", changed(world(), INCIDENTS, loop), "contract_violation", "leads to itself")


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("https://evil.example/incidents?$skipToken=1", "evil.example"),
        ("http://management.azure.com/incidents", "http://management.azure.com"),
        ("https://management.azure.com:8443/incidents", "8443"),
        ("https://management.azure.com/subscriptions?api-version=2022-12-01", "another operation"),
        ("incidents?$skipToken=1", "not back to"),
    ],
)
def test_a_next_link_that_leads_elsewhere(link: str, says: str) -> None:
    there = changed(world(), INCIDENTS, lambda body: body.update(nextLink=link))
    fails("SENT-002", there, "contract_violation", says)
    assert not [request for request in there.requests if request.url.host == "evil.example"]


def test_a_second_page_that_is_refused() -> None:
    def without_token(body: dict[str, Any]) -> None:
        body["nextLink"] = body["nextLink"].partition("$skipToken=")[0] + "$skipToken=0"

    fails("SENT-002", changed(world(), INCIDENTS, without_token), "request_invalid")


@pytest.mark.parametrize("link", [None, ""])
def test_all_incidents_on_one_page(link: str | None) -> None:
    there = changed(world(), INCIDENTS, lambda body: body.update(nextLink=link))
    ends("SENT-002", there, "not_applicable", "fit on one page")


# SENT-003: query options


@pytest.mark.parametrize(
    ("option", "says"), [("$filter", "severity High"), ("$orderby", "$orderby"), ("$top", "$top=2")]
)
def test_an_option_that_is_ignored(option: str, says: str) -> None:
    fails("SENT-003", ignoring(world(), INCIDENTS, option), "contract_violation", says)


def test_no_incident_matches() -> None:
    ends("SENT-003", world("empty-tenant"), "passed")


# SENT-010 to SENT-014: one incident and its related items


def test_another_incident_than_asked_for() -> None:
    there = world()
    other = there.tenant.workspace.incidents[1].id
    fails("SENT-010", changed(there, INCIDENT, lambda body: body.update(name=other)), "contract_violation", "Another")


def test_names_may_change_their_case() -> None:
    ends("SENT-010", changed(world(), INCIDENT, lambda body: body.update(name=body["name"].upper())), "passed")


def test_an_incident_deleted_before_its_request() -> None:
    there = world("incident-vanishes")
    fails("SENT-010", there, "object_not_found")
    for id in ("SENT-011", "SENT-012", "SENT-013", "SENT-014"):
        blocked(id, there, "SENT-010", "object_not_found")


@pytest.mark.parametrize(
    ("id", "endpoint"),
    [
        ("SENT-011", "sentinel.incident_alerts"),
        ("SENT-012", "sentinel.incident_entities"),
        ("SENT-013", "sentinel.incident_comments"),
        ("SENT-014", "sentinel.incident_bookmarks"),
    ],
)
def test_a_related_list_of_an_incident_is_not_found(id: str, endpoint: str) -> None:
    fails(id, answered(world(), endpoint, httpx.Response(404)), "object_not_found")


def test_more_alerts_than_an_incident_can_have() -> None:
    there = changed(world(), "sentinel.incident_alerts", lambda body: body.update(value=body["value"] * 151))
    ends("SENT-011", there, "warning", "151 alerts")


def test_entities_that_contradict_their_counts() -> None:
    there = changed(world(), "sentinel.incident_entities", lambda body: body["entities"].pop() and None)
    ends("SENT-012", there, "warning", "counts")


def test_entities_may_come_without_counts() -> None:
    there = changed(world(), "sentinel.incident_entities", lambda body: body.pop("metaData") and None)
    ends("SENT-012", there, "passed")


@pytest.mark.parametrize("id", ["SENT-010", "SENT-011", "SENT-012", "SENT-013", "SENT-014"])
def test_without_an_incident_its_checks_are_not_applicable(id: str) -> None:
    ends(id, world("empty-tenant"), "not_applicable", "no incident to look at")


# SENT-013 to SENT-027: lists


def test_a_list_that_names_something_twice() -> None:
    fails("SENT-013", twice("sentinel.incident_comments"), "contract_violation")
    fails("SENT-014", twice("sentinel.incident_bookmarks"), "contract_violation")
    fails("SENT-020", twice("sentinel.alert_rules"), "contract_violation", "twice")
    fails("SENT-021", twice("sentinel.data_connectors"), "contract_violation", "twice")
    fails("SENT-022", twice("sentinel.automation_rules"), "contract_violation", "twice")
    fails("SENT-023", twice("sentinel.watchlists"), "contract_violation", "twice")
    fails("SENT-024", twice("sentinel.bookmarks"), "contract_violation", "twice")
    fails("SENT-026", twice("sentinel.metadata"), "contract_violation", "twice")
    fails("SENT-027", twice("sentinel.settings"), "contract_violation", "twice")


def test_metrics_of_another_shape() -> None:
    there = changed(world(), "sentinel.threat_intelligence_metrics", lambda body: {"value": "none"})
    fails("SENT-025", there, "contract_violation", "threat_intelligence_metrics")


def test_an_empty_list_is_normal(subtests: pytest.Subtests) -> None:
    for id in [f"SENT-02{number}" for number in range(8)]:
        with subtests.test(id=id):
            ends(id, world("empty-tenant"), "passed")


@pytest.mark.parametrize("kind", ["ThreatIntelligence", "MLBehaviorAnalytics", "Novelty"])
def test_unknown_kinds_are_accepted(kind: str) -> None:
    there = changed(world(), "sentinel.alert_rules", lambda body: body["value"][0].update(kind=kind, novelty=True))
    ends("SENT-020", there, "passed")


@pytest.mark.parametrize(
    ("id", "operation"),
    [("SENT-022", "automationRules"), ("SENT-023", "watchlists"), ("SENT-013", "incidents/comments")],
)
def test_one_operation_that_the_role_does_not_allow(id: str, operation: str) -> None:
    there = world()
    there.tenant.revoke_roles()
    allowed = ("Microsoft.OperationalInsights/workspaces/*/read", "Microsoft.Authorization/*/read",
               "Microsoft.SecurityInsights/*/read")  # fmt: skip
    not_actions = (f"Microsoft.SecurityInsights/{operation}/read",)
    there.tenant.custom_roles.append(RoleDefinition("few", "Few", allowed, not_actions, custom=True))
    there.tenant.assign("Few")
    blocked(id, there, "RBAC-013", "rbac_denied")
    ends("SENT-020", there, "passed")


# SENT-030: enabled detections


def test_no_rule_is_enabled() -> None:
    there = world()
    for rule in there.tenant.workspace.content["alertRules"]:
        rule["properties"]["enabled"] = False
    fails("SENT-030", there, "data_stale", "nothing detects")


def test_near_real_time_rules_alone_are_not_listed() -> None:
    there = world()
    rules = there.tenant.workspace.content["alertRules"]
    there.tenant.workspace.content["alertRules"] = [rule for rule in rules if rule["kind"] == "NRT"]
    fails("SENT-030", there, "data_stale", "this API shows")


def test_a_new_workspace_without_rules_and_incidents() -> None:
    ends("SENT-030", world("empty-tenant"), "not_applicable", "neither rules nor incidents")


def test_healthy_world_passes() -> None:
    ids = [id for id, check in catalogue().items() if check.area == "sentinel"]
    assert {outcome.status for outcome in outcomes_by_check(world(), *ids).values()} == {"passed"}
