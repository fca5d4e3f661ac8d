"""Log Analytics of the virtual tenant: the answers to the suite's own queries."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from conformance.apis import gather, kql, log_analytics
from conformance.apis.endpoint import LOG_ANALYTICS
from conformance.apis.log_analytics import QUERY, QUERY_BY_RESOURCE
from conformance.apis.tables import TABLES
from conformance.fakes.services.routes import ANSWERS, PROVENANCE
from conformance.fakes.state.table_rows import SCHEMAS
from tests.contoso import START
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import decoded, error

TABLE_NAMES = ("SecurityIncident", "SecurityAlert", "SentinelHealth", "Usage", "Heartbeat")


def records(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the rows of a success, decoded as the suite decodes them."""
    result: list[dict[str, Any]] = decoded(response, QUERY).records()
    return result


def innermost(problem: dict[str, Any]) -> dict[str, Any]:
    while "innererror" in problem:
        problem = problem["innererror"]
    return problem


def test_every_operation_is_answered_and_states_its_source() -> None:
    assert set(gather(log_analytics)) <= set(ANSWERS) & set(PROVENANCE)
    assert all(
        provenance.source for name, provenance in PROVENANCE.items() if name.startswith(f"{LOG_ANALYTICS.name}/")
    )


# Answers


def test_the_right_to_query_is_shown_without_a_table(azure: AzureWorld) -> None:
    azure.workspace.tables.clear()
    assert records(azure.query(kql.PRINT)) == [{"ok": 1}]


def test_guid_and_arm_id_lead_to_the_same_workspace(azure: AzureWorld) -> None:
    ask = QUERY_BY_RESOURCE.ask(json={"query": kql.table("SecurityIncident").text})
    assert azure.put(ask).json() == azure.query(kql.table("SecurityIncident")).json()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_one_row_of_a_table_comes_with_all_its_columns(azure: AzureWorld, name: str) -> None:
    table = decoded(azure.query(kql.table(name)), QUERY).primary
    assert table.name == "PrimaryResult"
    assert table.schema == dict(SCHEMAS[name])
    (row,) = records(azure.query(kql.table(name)))
    assert row["Type"] == name
    assert row["TenantId"] == azure.workspace.customer_id


@pytest.mark.parametrize("name", TABLES)
def test_documented_columns_are_all_there(azure: AzureWorld, name: str) -> None:
    assert TABLES[name].documented.items() <= decoded(azure.query(kql.table(name)), QUERY).primary.schema.items()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_a_table_without_rows_still_has_its_columns(azure: AzureWorld, name: str) -> None:
    azure.workspace.tables[name].rows.clear()
    table = decoded(azure.query(kql.table(name)), QUERY).primary
    assert table.schema == dict(SCHEMAS[name])
    assert table.rows == ()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_rows_have_columns_of_their_table_only(azure: AzureWorld, name: str) -> None:
    for row in azure.workspace.tables[name].rows:
        assert row.keys() - {"_ingested"} <= SCHEMAS[name].keys()


def test_values_have_their_wire_form(azure: AzureWorld) -> None:
    table = azure.query(kql.table("SecurityIncident")).json()["tables"][0]
    wire = dict(zip((column["name"] for column in table["columns"]), table["rows"][0], strict=True))
    (row,) = records(azure.query(kql.table("SecurityIncident")))
    assert len(wire["CreatedTime"].rpartition(".")[2]) == len("1234567Z")
    assert isinstance(wire["AlertIds"], str)
    assert isinstance(row["AlertIds"], list)
    assert isinstance(wire["IncidentNumber"], int)
    assert wire["Description"] == ""


def test_the_order_of_white_space_does_not_matter(azure: AzureWorld) -> None:
    spread = kql.RECENT_INCIDENTS.text.replace(" ", "\n ")
    assert records(azure.query(spread)) == records(azure.query(kql.RECENT_INCIDENTS))


def test_incidents_have_a_row_for_each_change(azure: AzureWorld) -> None:
    rows = azure.workspace.tables["SecurityIncident"].rows
    for incident in azure.workspace.incidents:
        first, last = (row for row in rows if row["IncidentName"] == incident.id)
        assert (first["Status"], first["TimeGenerated"]) == ("New", incident.created)
        assert (last["Status"], last["TimeGenerated"]) == (incident.status, incident.modified)
        times = sorted(alert.at for alert in incident.alerts)
        assert (first["FirstActivityTime"], first["LastActivityTime"]) == (times[0], times[-1])
        assert json.loads(last["AlertIds"]) == [alert.id for alert in incident.alerts]
        assert json.loads(last["BookmarkIds"]) == incident.bookmark_ids


def test_recent_incidents_are_those_of_the_timeline_in_their_latest_state(azure: AzureWorld) -> None:
    incidents = records(azure.query(kql.RECENT_INCIDENTS))
    assert [(row["IncidentName"], row["IncidentNumber"], row["LastModifiedTime"]) for row in incidents] == [
        (incident.id, incident.number, incident.modified) for incident in azure.workspace.incidents
    ]


def test_freshness_has_event_and_ingestion_times_per_table(azure: AzureWorld) -> None:
    newest = {row["T"]: row for row in records(azure.query(kql.FRESHNESS))}
    assert set(newest) == set(kql.FRESHNESS_TABLES)
    for name, row in newest.items():
        assert row["Rows"] == len(azure.workspace.tables[name].rows)
        assert row["LastIngest"] - row["LastEvent"] == timedelta(seconds=row["Delay95"])
        assert row["LastEvent"] <= START


def test_freshness_leaves_out_missing_tables_if_one_exists(azure: AzureWorld) -> None:
    for name in kql.FRESHNESS_TABLES[:-1]:
        azure.tenant.drop_table(name)
    assert [row["T"] for row in records(azure.query(kql.FRESHNESS))] == ["Usage"]
    azure.tenant.drop_table("Usage")
    assert innermost(error(azure.query(kql.FRESHNESS), 400))["code"] == "SEM0100"


def test_incidents_older_than_two_weeks_are_not_recent(azure: AzureWorld) -> None:
    azure.tenant.clock.skip(timedelta(days=15))
    assert records(azure.query(kql.FRESHNESS)) == []
    assert records(azure.query(kql.RECENT_INCIDENTS)) == []


@pytest.mark.parametrize(("status", "count"), [("RespectQuota", 0), ("ApproachingQuota", 0), ("OverQuota", 1)])
def test_the_daily_cap_shows_once_it_stopped_ingestion(azure: AzureWorld, status: str, count: int) -> None:
    azure.workspace.ingestion_status = status
    assert records(azure.query(kql.DAILY_CAP)) == [{"Count": count}]


@pytest.mark.parametrize(
    ("timespan", "hours"),
    [
        (None, 24),
        ("P2D", 24),
        ("PT6H", 6),
        ("PT21600.0S", 6),
        ("PT90M", 1),
        ("2026-11-24T06:00:00Z/2026-11-24T09:00:00Z", 3),
        ("2026-11-24T06:00:00/PT90M", 2),
        ("2026-11-24/2026-11-25", 9),
    ],
)
def test_the_timespan_of_the_request_limits_the_rows(azure: AzureWorld, timespan: str | None, hours: int) -> None:
    (row,) = records(azure.query(kql.TIMESPAN, timespan=timespan, workspaces=None))
    usage = [row["TimeGenerated"] for row in azure.workspace.tables["Usage"].rows]
    assert row["Rows"] == 3 * hours
    assert row["Oldest"] in usage


def test_a_timespan_is_counted_from_the_services_clock(azure: AzureWorld) -> None:
    azure.tenant.clock.skip(timedelta(hours=4))
    assert records(azure.query(kql.TIMESPAN, timespan="PT6H"))[0]["Rows"] == 3 * 2
    azure.tenant.clock.skip(timedelta(hours=4))
    assert records(azure.query(kql.TIMESPAN, timespan="PT6H")) == [{"Rows": 0, "Oldest": None}]


@pytest.mark.parametrize("prefer", ["include-statistics=true", "wait=30, include-statistics=true"])
def test_statistics_come_when_they_are_asked_for(azure: AzureWorld, prefer: str) -> None:
    assert decoded(azure.query(kql.PRINT, prefer=prefer), QUERY).statistics
    assert "statistics" not in azure.query(kql.PRINT, prefer="wait=30").json()


def test_a_partial_result_is_a_success_with_an_error_in_it(azure: AzureWorld) -> None:
    azure.workspace.tables["SecurityIncident"].partial = True
    for query in (kql.table("SecurityIncident"), kql.RECENT_INCIDENTS, kql.FRESHNESS):
        answer = decoded(azure.query(query), QUERY)
        assert answer.error is not None
        assert answer.error.code == "PartialError"
        assert answer.records()
    assert decoded(azure.query(kql.table("SecurityAlert")), QUERY).error is None


def test_a_protected_table_is_a_success_without_rows(azure: AzureWorld) -> None:
    azure.workspace.tables["SecurityIncident"].protection = "Protected"
    assert records(azure.query(kql.table("SecurityIncident"))) == []
    assert "SecurityIncident" not in {row["T"] for row in records(azure.query(kql.FRESHNESS))}


def test_a_workspace_that_never_had_data_has_no_content(azure: AzureWorld) -> None:
    azure.workspace.has_data = False
    response = azure.query(kql.PRINT)
    assert (response.status_code, response.content) == (204, b"")


def test_a_request_without_body_or_content_type_is_an_empty_success(azure: AzureWorld) -> None:
    without_body = azure.put(QUERY.ask())
    request = azure.request(QUERY.ask(json={"query": kql.PRINT.text}))
    del request.headers["Content-Type"]
    without_type = azure.send(request)
    for response in (without_body, without_type):
        assert (response.status_code, response.content) == (200, b"")


def test_answers_carry_the_services_time(azure: AzureWorld) -> None:
    azure.tenant.clock.skew = timedelta(hours=3)
    assert azure.query(kql.PRINT).headers["date"] == "Tue, 24 Nov 2026 09:00:00 GMT"
