"""Tests of the checks of queries: fresh rows, complete results, the documented refusals, timespan and Prefer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from conformance.apis import kql
from conformance.checks.registry import catalogue
from conformance.connection import Expect
from tests.checks.disturbances import query_answered, query_changed
from tests.checks.log_analytics_worlds import (
    ALERTS,
    INCIDENTS,
    PART,
    QUERY,
    TIMEOUT,
    age,
    arriving,
    columns,
    result,
)
from tests.checks.outcomes import answered, blocked, ends, fails, outcome, outcomes_by_check, world

# LA-030: freshness and delay


def test_nothing_has_arrived_for_days() -> None:
    fails("LA-030", world("data-stale"), "data_stale", "newest row of Usage")


def test_incidents_are_older_than_agreed() -> None:
    there = world(expect=Expect(max_incident_age=timedelta(days=2)))
    fails("LA-030", age(there, "SecurityIncident", timedelta(days=3)), "data_stale", "3.0 days old; 2.0 days are")


def test_rows_arrive_late() -> None:
    there = arriving(world(), "SecurityAlert", timedelta(hours=5))
    fails("LA-030", there, "data_stale", "SecurityAlert arrive up to 5.0 hours late")


def test_no_row_at_all_is_stale_where_rows_are_expected() -> None:
    there = world()
    there.tenant.workspace.tables["Usage"].rows.clear()
    ended = fails("LA-030", there, "data_stale", "no row of the last 14 days")
    assert ended.root is not None
    assert ended.root.finding.certainty == "likely"


def test_rows_that_are_hidden_are_not_stale() -> None:
    there = world(expect=Expect(max_incident_age=timedelta(days=7)))
    there.tenant.workspace.tables["SecurityIncident"].rows.clear()
    ends("LA-030", there, "not_applicable", "Sentinel lists incidents")
    there = world()
    for table in there.tenant.workspace.tables.values():
        table.rows.clear()
    ends("LA-030", there, "not_applicable", "Sentinel lists incidents")


def test_an_answer_about_freshness_without_its_columns() -> None:
    renamed = query_changed(world(), kql.FRESHNESS, lambda body: columns(body)[2].update(name="Newest"))
    fails("LA-030", renamed, "contract_violation", "LastEvent")


@pytest.mark.parametrize(
    "expect",
    [
        Expect(max_incident_age=timedelta(days=60)),
        Expect(max_incident_age=None, max_data_age=None, max_ingestion_delay=None),
    ],
    ids=["longer than the query looks back", "nothing"],
)
def test_tables_that_are_not_expected_may_be_empty(expect: Expect) -> None:
    there = world(expect=expect)
    there.tenant.workspace.tables["SecurityIncident"].rows.clear()
    ends("LA-030", arriving(there, "Usage", timedelta(minutes=30)), "passed")


def test_without_tables_and_expectations_freshness_is_not_judged() -> None:
    there = world("empty-tenant", expect=Expect(max_data_age=None))
    ends("LA-030", there, "not_applicable", "no data of the last 14 days")


def test_ages_are_judged_by_the_service_s_clock() -> None:
    there = world()
    there.clock.skew = timedelta(days=5)
    ends("LA-030", there, "passed")


@pytest.mark.parametrize("delay", [None, "NaN", "Infinity"])
def test_a_delay_that_is_not_a_number(delay: object) -> None:
    def put(body: dict[str, Any]) -> None:
        for row in body["tables"][0]["rows"]:
            row[4] = delay

    ends("LA-030", query_changed(world(), kql.FRESHNESS, put), "passed")


# LA-031: partial results


def test_a_success_that_carries_an_error() -> None:
    fails("LA-031", world("partial-results"), "query_partial", "EngineError")


@pytest.mark.parametrize(
    "query", [kql.PRINT, ALERTS, kql.FRESHNESS, kql.RECENT_INCIDENTS], ids=lambda query: query.name
)
def test_a_partial_result_of_any_query_is_found(query: kql.Query) -> None:
    there = query_changed(world(), query, lambda body: body.update(error=PART))
    fails("LA-031", there, "query_partial")


def test_a_206_is_a_partial_result() -> None:
    fails("LA-031", query_answered(world(), INCIDENTS, 206, result(IncidentName=("string", "x"))), "query_partial")


def test_a_result_over_the_limits() -> None:
    over = {"error": {"code": "BadArgumentError", "message": "x", "innererror": {"code": "E_RUNAWAY_QUERY"}}}
    there = query_answered(world(), kql.FRESHNESS, 400, over)
    fails("LA-031", there, "response_too_large")
    blocked("LA-030", there, "LA-031", "response_too_large")


def test_a_query_that_timed_out_is_inconclusive() -> None:
    there = query_answered(world(), INCIDENTS, 504, TIMEOUT)
    ended = outcome("LA-031", there)
    assert (ended.status, ended.cause) == ("inconclusive", "query_timeout")
    blocked("LA-010", there, "LA-031", "query_timeout")


@pytest.mark.parametrize(("id", "query"), [("LA-030", kql.FRESHNESS), ("XAPI-001", kql.RECENT_INCIDENTS)])
def test_a_partial_result_is_not_judged(id: str, query: kql.Query) -> None:
    def cut(body: dict[str, Any]) -> None:
        body["error"] = PART
        body["tables"][0]["rows"].clear()

    blocked(id, query_changed(world(), query, cut), "LA-031", "query_partial")


# LA-032: the real service refuses what does not exist


def test_a_service_that_answers_every_query_is_not_log_analytics() -> None:
    there = query_answered(world(), kql.UNKNOWN_TABLE, 200, result(x=("long", 1)))
    assert fails("LA-032", there, "intercepted").status == "failed"


def test_no_content_is_not_the_documented_refusal() -> None:
    there = query_answered(world(), kql.UNKNOWN_TABLE, 204)
    ends("LA-032", there, "warning", "answered 204")


def test_a_refusal_for_another_reason_is_not_the_documented_one() -> None:
    there = query_answered(world(), kql.UNKNOWN_TABLE, 503, {"error": {"code": "ServiceUnavailableError"}})
    ends("LA-032", there, "inconclusive")


def test_without_sentinel_its_tables_are_missing_and_the_refusal_is_the_documented_one() -> None:
    ends("LA-032", world("sentinel-not-onboarded"), "passed")


# LA-033: timespan and Prefer


def test_a_timespan_that_is_ignored() -> None:
    def long_ago(body: dict[str, Any]) -> None:
        body["tables"][0]["rows"][0][1] = "2026-11-20T00:00:00Z"

    fails("LA-033", query_changed(world(), kql.TIMESPAN, long_ago), "contract_violation", "6:00:00")


def test_requested_statistics_are_missing() -> None:
    there = query_changed(world(), kql.TIMESPAN, lambda body: body.pop("statistics") and None)
    fails("LA-033", there, "contract_violation", "statistics")


def test_a_time_that_is_a_text() -> None:
    there = query_changed(world(), kql.TIMESPAN, lambda body: columns(body)[1].update(type="string"))
    fails("LA-033", there, "contract_violation", "Oldest")


def test_no_row_in_the_timespan() -> None:
    ends("LA-033", world("empty-tenant"), "not_applicable", "no rows in the timespan")


# All together


@pytest.mark.parametrize("status", [200, 403])
def test_a_block_page_is_not_an_answer_of_the_service(status: int) -> None:
    page = httpx.Response(status, headers={"Content-Type": "text/html"}, text="<html><h1>Blocked</h1></html>")
    for ended in outcomes_by_check(answered(world(), QUERY, page), "LA-001", "LA-010", "LA-032").values():
        assert (ended.status in ("inconclusive", "blocked"), ended.cause) == (True, "intercepted")


def test_healthy_world_passes() -> None:
    ids = [id for id, check in catalogue().items() if check.area == "log_analytics"]
    assert {outcome.status for outcome in outcomes_by_check(world(), *ids).values()} == {"passed"}
