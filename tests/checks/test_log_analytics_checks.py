"""Tests of the checks of Log Analytics: a first row, the tables and their columns."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from conformance.apis import kql
from tests.checks.disturbances import query_changed
from tests.checks.log_analytics_worlds import (
    ALERTS,
    BY_RESOURCE,
    INCIDENTS,
    QUERY,
    columns,
    result,
    without_column,
)
from tests.checks.outcomes import answered, blocked, changed, ends, fails, world
from tests.profile_worlds import verified

# LA-001, LA-002: one row of one column, by either route


def test_an_answer_other_than_the_requested_row(subtests: pytest.Subtests) -> None:
    for body in [
        {},
        {"tables": None},
        {"tables": "none"},
        {"tables": [{"name": "PrimaryResult", "rows": [[1]]}]},
        {"tables": [{"name": "PrimaryResult", "columns": [{"name": "ok"}], "rows": [[1]]}]},
        {"tables": [{"name": "PrimaryResult", "columns": [{"name": "ok", "type": "long"}], "rows": [[1, 2]]}]},
        result(ok=("long", 2)),
        result(okay=("long", 1)),
        {"tables": []},
    ]:
        with subtests.test(body=body):
            there = query_changed(world(), kql.PRINT, partial(lambda body, _: body, body))
            fails("LA-001", there, "contract_violation")


def test_an_answer_with_two_rows() -> None:
    fails(
        "LA-001",
        query_changed(world(), kql.PRINT, lambda body: body["tables"][0]["rows"].append([1])),
        "contract_violation",
        "2 rows",
    )


def test_further_members_and_new_column_types_are_accepted() -> None:
    def more(body: dict[str, Any]) -> None:
        body["novelty"] = body["tables"][0]["novelty"] = {"of": "2027"}
        body["render"] = {"visualization": "hologram"}

    ends("LA-001", query_changed(world(), kql.PRINT, more), "passed")


@pytest.mark.parametrize("status", [200, 201])
def test_success_without_a_body(status: int) -> None:
    fails("LA-001", answered(world(), QUERY, httpx.Response(status)), "empty_answer")


def test_an_id_of_another_workspace() -> None:
    elsewhere = changed(world(), BY_RESOURCE, lambda _: result(ok=("long", 7)))
    fails("LA-002", elsewhere, "contract_violation", "differently")


def test_the_id_of_another_workspace_is_reported_by_the_workspace_check() -> None:
    blocked("LA-001", world("mismatched-workspace-id"), "ARM-004", "workspace_id_mismatch")


@pytest.mark.parametrize("id", ["LA-001", "LA-010", "LA-030", "LA-032"])
def test_without_a_role_the_second_route_is_blocked(id: str) -> None:
    blocked(id, world("no-azure-role"), "RBAC-001", "rbac_role_missing")


def test_a_connection_without_log_analytics(subtests: pytest.Subtests) -> None:
    for id in ["LA-001", "LA-002", "LA-010", "LA-021", "LA-030", "LA-033"]:
        with subtests.test(id=id):
            ends(id, world(apis=("sentinel",)), "not_applicable", "does not use Log Analytics")


# LA-010 to LA-014: the tables


def test_a_table_that_was_never_provisioned() -> None:
    fails("LA-010", world("table-missing"), "table_missing")
    alerts = world()
    alerts.tenant.drop_table("SecurityAlert")
    fails("LA-011", alerts, "table_missing")


@pytest.mark.parametrize("apis", [("log_analytics",), None])
def test_two_tables_that_are_missing_are_one_cause_that_names_both(apis: tuple[str, ...] | None) -> None:
    there = world(apis=apis)
    for table in ("SecurityIncident", "SecurityAlert"):
        there.tenant.drop_table(table)
    report = verified(there)
    (cause,) = report.verdict.root_causes
    assert (cause.root.check, cause.root.finding.cause) == ("LA-010", "table_missing")
    assert "no table SecurityIncident and no table SecurityAlert." in cause.root.finding.explanation
    assert "LA-011" in cause.blocks


@pytest.mark.parametrize("plan", ["Basic", "Auxiliary"])
def test_a_table_on_a_plan_that_queries_do_not_reach(plan: str) -> None:
    there = world()
    for table in there.tenant.workspace.tables.values():
        table.plan = plan
    fails("LA-010", there, "table_unqueryable", plan)
    fails("LA-011", there, "table_unqueryable")


def test_a_table_on_another_plan_that_answers_without_rows() -> None:
    there = query_changed(world(), INCIDENTS, lambda body: body["tables"][0].update(rows=[]))
    fails("LA-010", changed(there, "arm.table", on_plan), "table_unqueryable", "Basic plan")


def test_received_rows_outweigh_the_plan() -> None:
    ends("LA-010", changed(world(), "arm.table", on_plan), "passed")


def on_plan(body: dict[str, Any]) -> None:
    body["properties"]["plan"] = "Basic"


def test_a_protected_table_hides_its_rows() -> None:
    there = world()
    for table in there.tenant.workspace.tables.values():
        table.protection = "Protected"
    fails("LA-010", there, "data_hidden", "protected")
    fails("LA-011", there, "data_hidden")


def test_an_empty_table_is_not_reported_as_hidden() -> None:
    ends("LA-010", world("empty-tenant"), "passed")


@pytest.mark.parametrize("id", ["LA-010", "LA-020"])
def test_a_workspace_that_never_had_data(id: str) -> None:
    blocked(id, world("no-data"), "LA-001", "table_missing")


def test_side_tables_that_cannot_be_queried() -> None:
    there = world()
    for table in there.tenant.workspace.tables.values():
        table.plan = "Basic"
    fails("LA-012", there, "table_unqueryable")
    fails("LA-013", there, "table_unqueryable")
    fails("LA-014", there, "table_unqueryable")


@pytest.mark.parametrize(("id", "table"), [("LA-012", "SentinelHealth"), ("LA-013", "Usage"), ("LA-014", "Heartbeat")])
def test_a_missing_side_table_is_an_unused_feature(id: str, table: str) -> None:
    there = world()
    there.tenant.drop_table(table)
    ends(id, there, "not_applicable", "feature is not used")


# LA-020, LA-021: the columns


def test_a_missing_documented_column() -> None:
    fails("LA-020", query_changed(world(), INCIDENTS, without_column), "contract_violation", "lacks")
    fails("LA-021", query_changed(world(), ALERTS, without_column), "contract_violation", "lacks")


def test_a_column_of_another_type() -> None:
    def mistype(body: dict[str, Any]) -> None:
        next(column for column in columns(body) if column["name"] == "Status")["type"] = "int"

    fails("LA-020", query_changed(world(), INCIDENTS, mistype), "contract_violation", "Status is int, not string")
    fails("LA-021", query_changed(world(), ALERTS, mistype), "contract_violation", "Status is int, not string")


def test_unknown_columns_are_accepted() -> None:
    def more(body: dict[str, Any]) -> None:
        columns(body).append({"name": "SentinelScope_CF", "type": "novelty"})
        for row in body["tables"][0]["rows"]:
            row.append(None)

    ends("LA-020", query_changed(world(), INCIDENTS, more), "passed")


def test_columns_are_read_without_rows() -> None:
    ends("LA-020", world("empty-tenant"), "passed")
