"""Tests of the checks that compare two routes to the same data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from conformance.apis import kql
from conformance.apis.action_roles import READER_ROLE as READER
from conformance.fakes.world import World
from tests.checks.disturbances import JSON, query_changed
from tests.checks.outcomes import answered, blocked, changed, ends, fails, outcomes_by_check, world

INCIDENTS = "sentinel.incidents"


def without_rows(world: World, number: int) -> World:
    """Remove the rows of the ``number`` newest incidents from the table; return the world."""
    workspace = world.tenant.workspace
    names = {incident.id for incident in workspace.incidents[:number]}
    table = workspace.tables["SecurityIncident"]
    table.rows = [row for row in table.rows if row["IncidentName"] not in names]
    return world


def every(body: dict[str, Any], **members: object) -> None:
    for item in body["value"]:
        item["properties"].update(members)


# XAPI-001: incidents of the API in the table


def test_an_incident_that_never_arrived_in_the_table() -> None:
    fails("XAPI-001", without_rows(world(), 1), "data_stale", "Incidents 4719")


def test_a_table_without_any_row() -> None:
    there = world()
    there.tenant.workspace.tables["SecurityIncident"].rows.clear()
    fails("XAPI-001", there, "data_hidden", "no row at all")


def test_the_configured_id_is_of_another_workspace_that_can_be_read() -> None:
    there = world("workspace-not-shown+mismatched-workspace-id")
    there.tenant.assign(READER, scope=f"/subscriptions/{there.connection.subscription_id}")
    there.tenant.workspaces[-1].tables["SecurityIncident"].rows.clear()
    fails("XAPI-001", there, "workspace_id_mismatch", "their alerts are of workspace")


def test_hidden_rows_of_a_table_whose_plan_was_not_read() -> None:
    no_plan = httpx.Response(404, headers=JSON, json={"error": {"code": "ResourceNotFound", "message": ""}})
    fails("XAPI-001", answered(world("rows-hidden"), "arm.table", no_plan), "data_hidden")


def test_a_protected_table_is_found_by_the_check_that_reads_it() -> None:
    blocked("XAPI-001", world("rows-hidden"), "LA-010", "data_hidden")


@pytest.mark.parametrize(
    "age", [timedelta(minutes=5), timedelta(days=15)], ids=["too young to be there", "too old to be looked for"]
)
def test_incidents_that_cannot_be_compared(age: timedelta) -> None:
    there = without_rows(world(), 9)
    when = (there.clock.service_now() - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed(there, INCIDENTS, lambda body: every(body, createdTimeUtc=when, lastModifiedTimeUtc=when))
    ends("XAPI-001", there, "not_applicable", "no incident is old enough")


def test_names_are_compared_without_their_case() -> None:
    there = world()
    for row in there.tenant.workspace.tables["SecurityIncident"].rows:
        row["IncidentName"] = row["IncidentName"].upper()
    ends("XAPI-001", there, "passed")


def test_an_answer_without_the_names() -> None:
    def rename(body: dict[str, Any]) -> None:
        body["tables"][0]["columns"][0]["name"] = "Name"

    fails("XAPI-001", query_changed(world(), kql.RECENT_INCIDENTS, rename), "contract_violation", "IncidentName")


@pytest.mark.parametrize(
    ("scenario", "by", "cause"),
    [
        ("table-missing", "LA-010", "table_missing"),
        ("table-on-basic-plan", "LA-010", "table_unqueryable"),
        ("partial-results", "LA-031", "query_partial"),
        ("sentinel-not-onboarded", "ARM-007", "sentinel_not_onboarded"),
    ],
)
def test_a_closed_route_is_reported_by_its_own_check(scenario: str, by: str, cause: str) -> None:
    blocked("XAPI-001", world(scenario), by, cause)


# XAPI-002: incidents of Sentinel in Graph


def test_none_of_the_incidents_is_in_graph() -> None:
    there = changed(world(), INCIDENTS, lambda body: every(body, providerIncidentId="1"))
    fails("XAPI-002", there, "defender_portal_not_connected", "None of the Defender incidents")


def test_graph_has_no_incident_at_all() -> None:
    there = world()
    there.tenant.defender.graph_incidents.clear()
    fails("XAPI-002", there, "defender_portal_not_connected")


def test_a_merged_incident_is_found_by_its_target() -> None:
    def merged(body: dict[str, Any]) -> None:
        body["value"] = [item | {"id": f"{item['id']}0", "redirectIncidentId": item["id"]} for item in body["value"]]

    ends("XAPI-002", changed(world(), "graph.incidents", merged), "passed")


def test_incidents_of_the_azure_portal_are_not_expected_in_graph() -> None:
    there = changed(world("portal-not-connected"), INCIDENTS, lambda body: every(body, providerName="Azure Sentinel"))
    ends("XAPI-002", there, "not_applicable", "comes from the Defender portal")


def test_sentinel_without_incidents() -> None:
    ends("XAPI-002", world("empty-tenant"), "not_applicable", "no incident")


# XAPI-003: alerts of Defender in Graph


def test_alerts_that_graph_does_not_show() -> None:
    there = world()
    there.tenant.defender.graph_alerts.clear()
    fails("XAPI-003", there, "licence_missing", "Graph shows none")


def test_defender_without_alerts() -> None:
    ends("XAPI-003", world("empty-tenant"), "not_applicable", "no alert")


# Routes that are not used or not reached


def test_a_single_route_is_not_compared(subtests: pytest.Subtests) -> None:
    for id, apis in [
        ("XAPI-001", ("sentinel",)),
        ("XAPI-001", ("log_analytics",)),
        ("XAPI-002", ("sentinel", "defender")),
        ("XAPI-002", ("graph",)),
        ("XAPI-003", ("graph",)),
        ("XAPI-003", ("defender",)),
    ]:
        with subtests.test(id=id, apis=apis):
            ends(id, world(apis=apis), "not_applicable", "does not use")


def test_a_refusal_of_either_route_blocks() -> None:
    blocked("XAPI-002", world("no-graph-consent"), "PERM-001", "app_role_missing")
    blocked("XAPI-003", world("no-licence"), "GRAPH-001", "licence_missing")
    blocked("XAPI-001", world("network-access-disabled"), "ARM-005", "network_access_disabled")


def test_healthy_world_passes() -> None:
    ended = outcomes_by_check(world(), "XAPI-001", "XAPI-002", "XAPI-003")
    assert {outcome.status for outcome in ended.values()} == {"passed"}
