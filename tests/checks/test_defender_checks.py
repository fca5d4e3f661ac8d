"""Tests of the checks of Defender for Endpoint."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from conformance.checks.registry import catalogue
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state.tenant import DEFENDER_APP
from conformance.fakes.world import World
from tests.checks.disturbances import JSON, ignoring, on
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world

MACHINES, MACHINE, ALERTS, ALERT = "defender.machines", "defender.machine", "defender.alerts", "defender.alert"
LISTS = pytest.mark.parametrize(("id", "endpoint"), [("MDE-001", MACHINES), ("MDE-002", ALERTS)])


def refusal(status: int, code: str, message: str = "") -> httpx.Response:
    return httpx.Response(status, headers=JSON, json={"error": {"code": code, "message": message}})


def first(body: dict[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = body["value"][0]
    return item


# MDE-001, MDE-002: the documented shape


@LISTS
def test_items_without_an_id_fail(id: str, endpoint: str) -> None:
    fails(id, changed(world(), endpoint, lambda body: first(body).pop("id") and None), "contract_violation", "`id`")


@pytest.mark.parametrize("value", [{}, {"firstSeen": None, "lastSeen": None, "healthStatus": None}])
def test_machines_without_times_and_health(value: dict[str, None], subtests: pytest.Subtests) -> None:
    def without_state(body: dict[str, Any]) -> None:
        for machine in body["value"]:
            for member in ("firstSeen", "lastSeen", "healthStatus"):
                del machine[member]
            machine.update(value)

    ids = [id for id, check in catalogue().items() if check.area == "defender"]
    outcomes = outcomes_by_check(changed(on(date(2026, 8, 1)), MACHINES, without_state), *ids)
    for id, outcome in outcomes.items():
        with subtests.test(id=id):
            assert outcome.status == ("not_applicable" if id in ("MDE-005", "MDE-006") else "passed"), outcome


@pytest.mark.parametrize(("member", "value"), [("severity", 2), ("incidentId", "4711"), ("evidence", "none")])
def test_alerts_with_a_member_of_another_type(member: str, value: object) -> None:
    there = changed(world(), ALERTS, lambda body: first(body).update({member: value}))
    fails("MDE-002", there, "contract_violation", member)


@LISTS
def test_unknown_values_and_further_members_are_accepted(id: str, endpoint: str) -> None:
    more = {"severity": "Catastrophic", "healthStatus": "Novelty", "riskScore": "Extreme", "vmMetadata": {"of": 2027}}
    ends(id, changed(world(), endpoint, lambda body: first(body).update(more)), "passed")


def test_answers_that_are_not_a_list() -> None:
    fails("MDE-001", answered(world(), MACHINES, httpx.Response(204)), "empty_answer")
    fails("MDE-001", answered(world(), MACHINES, httpx.Response(200, headers=JSON, text="{}")), "contract_violation")
    fails("MDE-002", answered(world(), ALERTS, httpx.Response(200)), "empty_answer")
    fails("MDE-002", answered(world(), ALERTS, httpx.Response(206, headers=JSON, text="{}")), "query_partial")


@LISTS
def test_no_data_is_not_a_failure(id: str, endpoint: str) -> None:
    ends(id, world("empty-tenant"), "passed")


@LISTS
@pytest.mark.parametrize("code", ["NotFound", "ResourceNotFound"])
def test_a_list_that_is_not_found_is_an_empty_one(id: str, endpoint: str, code: str) -> None:
    ends(id, answered(world(), endpoint, refusal(404, code)), "not_applicable", "nothing to list")


def test_if_no_list_is_found_defender_is_not_known_to_answer() -> None:
    there = answered(answered(world(), MACHINES, refusal(404, "NotFound")), ALERTS, refusal(404, "NotFound"))
    outcomes = outcomes_by_check(there, "MDE-001", "MDE-002", "MDE-003")
    assert (outcomes["MDE-001"].status, outcomes["MDE-001"].cause) == ("inconclusive", "unknown")
    assert {outcomes[id].blocked_by for id in ("MDE-002", "MDE-003")} == {"MDE-001"}


def test_a_refusal_of_defender_itself_shows_that_it_answers() -> None:
    there = world("no-defender-consent")
    there.tenant.consent(DEFENDER_APP, "Machine.Read.All")
    ends("MDE-001", answered(there, MACHINES, refusal(404, "NotFound")), "not_applicable", "nothing to list")


@LISTS
def test_a_404_page_of_another_server_is_not_an_empty_list(id: str, endpoint: str) -> None:
    page = httpx.Response(404, headers={"Content-Type": "text/html"}, text="<html><h1>Not Found</h1></html>")
    assert outcomes_by_check(answered(world(), endpoint, page), id)[id].cause == "intercepted"


def test_a_refusal_of_one_machine_or_alert_is_reported() -> None:
    fails("MDE-001", answered(world(), MACHINE, refusal(404, "ResourceNotFound")), "object_not_found")
    fails("MDE-002", answered(world(), ALERT, refusal(404, "ResourceNotFound")), "object_not_found")
    ends("MDE-002", answered(world(), ALERT, refusal(500, "InternalServerError")), "inconclusive")


def test_a_machine_or_alert_with_another_id() -> None:
    fails(
        "MDE-001", changed(world(), MACHINE, lambda body: body.update(id="x")), "contract_violation", "Another machine"
    )
    fails("MDE-002", changed(world(), ALERT, lambda body: body.update(id="x")), "contract_violation", "Another alert")


def test_a_tenant_in_which_defender_is_not_active() -> None:
    there = world()
    there.tenant.defender.active = False
    fails("MDE-001", there, "licence_missing")
    blocked("MDE-002", there, "MDE-001", "licence_missing")


def test_a_tenant_without_any_licence_is_one_finding() -> None:
    blocked("MDE-001", world("no-licence"), "GRAPH-001", "licence_missing")


def test_a_missing_consent_is_reported_by_its_permission_check() -> None:
    there = world("no-defender-consent")
    there.tenant.consent(DEFENDER_APP, "Machine.Read.All")
    ends("MDE-001", there, "passed")
    blocked("MDE-002", there, "PERM-012", "app_role_missing")


@pytest.mark.parametrize("number", range(1, 5))
def test_a_connection_without_defender(number: int) -> None:
    ends(f"MDE-00{number}", world(apis=("sentinel",)), "not_applicable", "does not use Defender for Endpoint")


# MDE-003: query options


@pytest.mark.parametrize(
    ("option", "says"),
    [("$filter", "healthStatus Active"), ("$top", "$top=3 gave 5"), ("$skip", "$skip=3 gave no machine")],
)
def test_an_option_that_is_ignored(option: str, says: str) -> None:
    there = world()
    there.tenant.defender.machines.reverse()  # the silent machine first
    fails("MDE-003", ignoring(there, MACHINES, option), "contract_violation", says)


def test_a_refused_second_page_is_reported() -> None:
    def answer(call: Call) -> httpx.Response:
        return refusal(400, "ODataError") if call.option("$skip") else undisturbed(call)

    fails("MDE-003", answered(world(), MACHINES, answer), "request_invalid")


def test_few_machines_have_no_second_page() -> None:
    there = world()
    del there.tenant.defender.machines[2:]
    ends("MDE-003", there, "passed")


# MDE-004: the announced end


@pytest.mark.parametrize("day", [date(2026, 8, 6), date(2027, 3, 1)])
def test_a_near_or_past_end_date(day: date) -> None:
    ended = fails("MDE-004", on(day), "api_retires_soon", "2027-02-01")
    assert ended.root is not None
    assert ended.root.finding.certainty == "likely"


def test_a_distant_end_date() -> None:
    ends("MDE-004", on(date(2026, 8, 1)), "passed")


def test_days_are_counted_by_the_service_s_clock() -> None:
    there = on(date(2026, 8, 1))
    there.clock.skew = timedelta(days=100)
    ends("MDE-004", there, "passed")


def test_healthy_world_passes() -> None:
    ids = [id for id, check in catalogue().items() if check.area == "defender"]
    assert {outcome.status for outcome in outcomes_by_check(on(date(2026, 8, 1)), *ids).values()} == {"passed"}


# MDE-005 to MDE-007: the state of most machines


def most(**values: object) -> World:
    """Return a world in which three of the five machines have these values."""
    there = world()
    for machine in there.tenant.defender.machines[:3]:
        machine.update(values)
    return there


MACHINE_CASES = [
    ("MDE-005", {"lastSeen": "2026-11-10T09:00:00.0000000Z"}, "of 5 machines have not reported"),
    ("MDE-005", {"healthStatus": "Inactive"}, "of 5 machines have not reported"),
    ("MDE-006", {"healthStatus": "NoSensorData"}, "NoSensorData"),
    ("MDE-006", {"healthStatus": "ImpairedCommunication"}, "3 of 5"),
    ("MDE-007", {"onboardingStatus": "CanBeOnboarded"}, "3 of 5 machines"),
]


def test_most_machines_are_unhealthy(subtests: pytest.Subtests) -> None:
    for id, values, says in MACHINE_CASES:
        with subtests.test(id=id, values=values):
            fails(id, most(**values), "data_stale", says)


def test_some_unhealthy_machines_are_normal(subtests: pytest.Subtests) -> None:
    for id, values, _ in MACHINE_CASES:
        with subtests.test(id=id, values=values):
            there = world()
            there.tenant.defender.machines[0].update(values)
            ends(id, there, "passed")


@pytest.mark.parametrize("id", ["MDE-005", "MDE-006", "MDE-007"])
def test_without_machines_the_checks_are_not_applicable(id: str) -> None:
    ends(id, world("empty-tenant"), "not_applicable", "no machine")
