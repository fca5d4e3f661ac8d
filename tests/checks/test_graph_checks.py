"""Tests of the checks of Microsoft Graph security."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.state.tenant import GRAPH_APP
from conformance.fakes.world import World
from tests.checks.disturbances import JSON, ignoring
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world

ALERTS, ALERT, INCIDENTS, INCIDENT = "graph.alerts", "graph.alert", "graph.incidents", "graph.incident"
LISTS = pytest.mark.parametrize(("id", "endpoint"), [("GRAPH-001", ALERTS), ("GRAPH-002", INCIDENTS)])


def refusal(status: int, code: str, message: str = "") -> httpx.Response:
    return httpx.Response(status, headers=JSON, json={"error": {"code": code, "message": message}})


def first(body: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = body["value"][0]
    return item


def consented(*roles: str) -> World:
    """Return a world in which only these Graph permissions were consented."""
    there = world("no-graph-consent")
    there.tenant.consent(GRAPH_APP, *roles)
    return there


# GRAPH-001, GRAPH-002: the documented shape


def test_alerts_without_a_required_member() -> None:
    fails(
        "GRAPH-001",
        changed(world(), ALERTS, lambda body: first(body).pop("serviceSource") and None),
        "contract_violation",
    )


def test_incidents_without_a_required_member() -> None:
    there = changed(world(), INCIDENTS, lambda body: first(body).pop("createdDateTime") and None)
    fails("GRAPH-002", there, "contract_violation", "createdDateTime")


@pytest.mark.parametrize(("member", "value"), [("severity", None), ("evidence", {}), ("incidentId", 4711), ("id", 7)])
def test_a_member_of_another_type(member: str, value: object) -> None:
    there = changed(world(), ALERTS, lambda body: first(body).update({member: value}))
    fails("GRAPH-001", there, "contract_violation", member)


@LISTS
def test_unknown_values_and_further_members_are_accepted(id: str, endpoint: str) -> None:
    more = {"severity": "catastrophic", "status": "unknownFutureValue", "novelty": {"of": 2027}, "serviceSource": "new"}
    ends(id, changed(world(), endpoint, lambda body: first(body).update(more)), "passed")


def test_answers_that_are_not_a_list(subtests: pytest.Subtests) -> None:
    for response, cause in [
        (httpx.Response(200), "empty_answer"),
        (httpx.Response(204), "empty_answer"),
        (httpx.Response(200, headers=JSON, text="{}"), "contract_violation"),
        (httpx.Response(206, headers=JSON, text='{"value": []}'), "query_partial"),
        (refusal(410, "Gone"), "api_retired"),
    ]:
        for id, endpoint in [("GRAPH-001", ALERTS), ("GRAPH-002", INCIDENTS)]:
            with subtests.test(response=response, cause=cause, id=id, endpoint=endpoint):
                assert outcomes_by_check(answered(world(), endpoint, response), id)[id].cause == cause


def test_a_list_of_alerts_that_is_incomplete() -> None:
    there = answered(world(), ALERTS, httpx.Response(206, headers=JSON, text='{"value": []}'))
    fails("GRAPH-001", there, "query_partial")


def test_a_list_of_alerts_that_is_not_found_is_a_tenant_without_defender() -> None:
    ended = fails("GRAPH-001", answered(world(), ALERTS, refusal(404, "NotFound")), "licence_missing")
    assert ended.root is not None
    assert ended.root.finding.certainty == "likely"


def test_a_tenant_without_licence() -> None:
    fails("GRAPH-001", world("no-licence"), "licence_missing")
    blocked("GRAPH-002", world("no-licence"), "GRAPH-001", "licence_missing")


def test_a_missing_consent_is_reported_by_its_permission_check() -> None:
    blocked("GRAPH-002", consented("SecurityAlert.Read.All"), "PERM-002", "app_role_missing")
    blocked("GRAPH-001", consented("SecurityEvents.Read.All"), "PERM-001", "app_role_missing")


def test_a_must_check_is_not_blocked_by_a_should_check() -> None:
    there = answered(world(), ALERTS, refusal(400, "BadRequest", "The request is refused for clock skew."))
    fails("GRAPH-001", there, "clock_skew")  # CONN-007, which owns that cause, passes


def test_a_refusal_of_one_alert_is_reported() -> None:
    fails("GRAPH-001", answered(world(), ALERT, refusal(404, "NotFound")), "object_not_found")
    ends("GRAPH-001", answered(world(), ALERT, refusal(500, "InternalServerError")), "inconclusive")


def test_a_refusal_of_one_incident_is_reported() -> None:
    fails("GRAPH-002", answered(world(), INCIDENT, refusal(404, "NotFound")), "object_not_found")


def test_the_exchange_shown_is_the_refused_one() -> None:
    ended = fails("GRAPH-001", answered(world(), ALERT, refusal(404, "NotFound")), "object_not_found")
    assert ended.exchange is not None
    assert (ended.exchange.status, ended.exchange.endpoint) == (404, ALERT)


def test_an_alert_or_incident_with_another_id() -> None:
    fails("GRAPH-001", changed(world(), ALERT, lambda body: body.update(id="x")), "contract_violation", "Another alert")
    there = changed(world(), INCIDENT, lambda body: body.update(id="x"))
    fails("GRAPH-002", there, "contract_violation", "Another incident")


def test_alerts_are_not_requested_per_incident() -> None:
    there = world()
    ends("GRAPH-002", there, "passed")
    assert not [request for request in there.requests if "$expand" in request.url.params]


def test_more_incidents_than_a_page_holds() -> None:
    there = changed(world(), INCIDENTS, lambda body: body.update(value=body["value"] * 7))
    fails("GRAPH-002", there, "contract_violation", "56 incidents")


@LISTS
def test_a_tenant_without_alerts_and_incidents(id: str, endpoint: str) -> None:
    ends(id, world("empty-tenant"), "passed")


def test_a_connection_without_graph(subtests: pytest.Subtests) -> None:
    for number in range(1, 7):
        with subtests.test(number=number):
            ends(f"GRAPH-00{number}", world(apis=("sentinel", "defender")), "not_applicable")


def test_a_cloud_without_graph_security() -> None:
    ends("GRAPH-001", world(cloud="china"), "not_applicable", "not offered in this cloud")


# GRAPH-003: paging and query options


@pytest.mark.parametrize(
    ("option", "says"),
    [("$filter", "severity high"), ("$top", "$top=3 gave"), ("$skip", "no alert that the first has not")],
)
def test_an_option_that_is_ignored(option: str, says: str) -> None:
    fails("GRAPH-003", ignoring(world(), ALERTS, option), "contract_violation", says)


def test_a_count_below_the_number_of_items() -> None:
    there = changed(world(), ALERTS, lambda body: body.update({"@odata.count": 2}))
    fails("GRAPH-003", there, "contract_violation", "@odata.count is 2")


def test_a_count_may_be_left_out() -> None:
    ends("GRAPH-003", ignoring(world(), ALERTS, "$count"), "passed")


def test_a_next_link_that_leads_to_itself() -> None:
    links: list[str] = []

    def loop(body: dict[str, Any]) -> None:
        if "@odata.count" in body:  # the filtered list is not counted
            links.append(body["@odata.nextLink"])
            body["@odata.nextLink"] = links[0]

    fails("GRAPH-003", changed(world(), ALERTS, loop), "contract_violation", "leads to itself")


def test_a_next_link_to_another_host() -> None:
    there = changed(world(), ALERTS, lambda body: body.update({"@odata.nextLink": "https://evil.example/v1.0/x"}))
    fails("GRAPH-003", there, "contract_violation", "evil.example")
    assert not [request for request in there.requests if request.url.host == "evil.example"]


def test_everything_on_one_page() -> None:
    ends("GRAPH-003", world("empty-tenant"), "passed")


# GRAPH-004: secure scores


@pytest.mark.parametrize(("current", "most"), [(700.0, 697.0), (-1.0, 697.0)])
def test_an_impossible_score(current: float, most: float) -> None:
    there = changed(
        world(), "graph.secure_scores", lambda body: first(body).update(currentScore=current, maxScore=most)
    )
    fails("GRAPH-004", there, "contract_violation", f"{current}")


def test_a_score_that_is_a_text() -> None:
    there = changed(world(), "graph.secure_scores", lambda body: first(body).update(currentScore="387"))
    fails("GRAPH-004", there, "contract_violation", "currentScore")


def test_without_their_permission_scores_are_not_judged() -> None:
    ends("GRAPH-004", world("events-not-consented"), "not_applicable", "PERM-003")


def test_a_tenant_without_scores() -> None:
    there = world()
    there.tenant.defender.secure_scores.clear()
    ends("GRAPH-004", there, "passed")


# GRAPH-005: the retired route


@pytest.mark.parametrize("role", ["SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All"])
def test_only_the_permission_of_the_retired_route(role: str) -> None:
    fails("GRAPH-005", consented(role), "api_retired", "2026-10-15")


@pytest.mark.parametrize(
    "roles", [(), ("SecurityEvents.Read.All", "SecurityIncident.Read.All"), ("SecurityAlert.ReadWrite.All",)]
)
def test_other_permissions_are_not_about_the_retired_route(roles: tuple[str, ...]) -> None:
    ends("GRAPH-005", consented(*roles), "passed")


# GRAPH-006: the workspace in the Defender portal


def test_a_workspace_that_is_not_connected_to_the_defender_portal() -> None:
    there = world()
    there.tenant.defender.workspace_connected = False
    fails("GRAPH-006", there, "defender_portal_not_connected")


@pytest.mark.parametrize("provider", ["Azure Sentinel", "Microsoft XDR"])
def test_sentinel_alerts_are_recognised_by_provider_or_product(provider: str) -> None:
    there = world("portal-not-connected")

    def other(body: dict[str, Any]) -> None:
        for item in body["value"]:
            item["properties"]["providerName"] = provider
            if provider == "Azure Sentinel":
                item["properties"]["additionalData"]["alertProductNames"] = []

    fails("GRAPH-006", changed(there, "sentinel.incidents", other), "defender_portal_not_connected")


def test_alerts_of_other_products_alone_do_not_show_the_workspace() -> None:
    def others(body: dict[str, Any]) -> None:
        for item in body["value"]:
            item["properties"]["providerName"] = "Microsoft XDR"
            item["properties"]["additionalData"]["alertProductNames"] = ["Microsoft Defender for Endpoint"]

    there = changed(world("portal-not-connected"), "sentinel.incidents", others)
    ends("GRAPH-006", there, "not_applicable", "alert of its own")


@pytest.mark.parametrize("values", [{"apis": ("graph",)}, {"apis": ("graph", "defender")}])
def test_without_sentinel_the_workspace_is_not_compared(values: dict[str, Any]) -> None:
    ends("GRAPH-006", world("portal-not-connected", **values), "not_applicable", "nothing to compare with")


def test_refused_incidents_are_not_compared() -> None:
    ends("GRAPH-006", world("portal-not-connected+no-azure-role"), "not_applicable", "nothing to compare with")


def test_a_sentinel_without_incidents() -> None:
    ends("GRAPH-006", world("empty-tenant"), "not_applicable", "alert of its own")


# All together


def test_without_a_token_all_checks_are_blocked_by_one(subtests: pytest.Subtests) -> None:
    for id in ["GRAPH-001", "GRAPH-002", "GRAPH-003", "GRAPH-004", "GRAPH-005", "GRAPH-006"]:
        with subtests.test(id=id):
            blocked(id, world("expired-secret"), "AUTH-003", "secret_expired")


def test_healthy_world_passes() -> None:
    ids = [id for id, check in catalogue().items() if check.area == "graph"]
    assert {outcome.status for outcome in outcomes_by_check(world(), *ids).values()} == {"passed"}
