"""Tests of the checks of health: silent failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conformance.fakes.state.table_rows import HEALTH_EVENTS, health_row, usage_row
from conformance.fakes.world import World
from tests.checks.outcomes import changed, ends, fails, outcomes_by_check, world
from tests.contoso import START

OF_EVENT = dict(zip(("HEALTH-002", "HEALTH-003", "HEALTH-004", "HEALTH-005"), HEALTH_EVENTS, strict=True))


def with_event(id: str, status: str, minutes: int = 5) -> World:
    """Return a world with one more event of the check's kind, in this status."""
    there = world()
    workspace = there.tenant.workspace
    at = START - timedelta(minutes=minutes)
    workspace.tables["SentinelHealth"].rows.append(health_row(workspace, at, *OF_EVENT[id], status=status))
    return there


# HEALTH-001: health monitoring


def test_a_health_table_without_events() -> None:
    there = world()
    there.tenant.workspace.tables["SentinelHealth"].rows.clear()
    fails("HEALTH-001", there, "data_stale", "no event of the last 7 days")
    ends("HEALTH-001", changed(there, "sentinel.data_connectors", lambda body: {"value": []}), "not_applicable")


def test_without_health_monitoring_the_checks_are_not_applicable(subtests: pytest.Subtests) -> None:
    there = world()
    there.tenant.drop_table("SentinelHealth")
    for id in ("HEALTH-001", *OF_EVENT):
        with subtests.test(id=id):
            ends(id, there, "not_applicable", "Auditing and health monitoring")


# HEALTH-002 to HEALTH-005: the latest event counts


@pytest.mark.parametrize("id", ["HEALTH-002", "HEALTH-003", "HEALTH-004", "HEALTH-005"])
def test_the_latest_event_is_a_failure(id: str) -> None:
    name = OF_EVENT[id][2]
    fails(id, with_event(id, "Failure"), "data_stale", f"{name} (Failure, 1 failure in 7 days)")
    fails(id, with_event(id, "Partial success"), "data_stale", f"{name} (Partial success, 0 failures in 7 days)")
    others = [other for other in OF_EVENT if other != id]
    assert {outcome.status for outcome in outcomes_by_check(with_event(id, "Failure"), *others).values()} == {"passed"}


def test_the_kind_follows_from_the_operation(subtests: pytest.Subtests) -> None:
    """The table's reference writes DataConnector and AlertRule, the one of health monitoring Data connector."""
    for id, kind in (("HEALTH-002", "DataConnector"), ("HEALTH-003", "AlertRule")):
        with subtests.test(id=id):
            there = with_event(id, "Failure")
            for row in there.tenant.workspace.tables["SentinelHealth"].rows:
                row["SentinelResourceType"] = kind
            fails(id, there, "data_stale")


def test_a_success_after_a_failure_passes(subtests: pytest.Subtests) -> None:
    for id in OF_EVENT:
        with subtests.test(id=id):
            ends(id, with_event(id, "Failure", minutes=90), "passed")


def test_only_the_last_week_counts(subtests: pytest.Subtests) -> None:
    for id in OF_EVENT:
        with subtests.test(id=id):
            there = with_event(id, "Failure", minutes=8 * 24 * 60)
            rows = there.tenant.workspace.tables["SentinelHealth"].rows
            rows[:] = rows[-1:]
            ends(id, there, "not_applicable", "in the last 7 days")


# HEALTH-006: alerts in their table


def test_alerts_of_incidents_without_a_row() -> None:
    there = world()
    there.tenant.workspace.tables["SecurityAlert"].rows.clear()
    fails("HEALTH-006", there, "data_stale", "shows this reader no row")
    ends("HEALTH-006", world("empty-tenant"), "not_applicable")


def test_hidden_alerts_are_reported_once() -> None:
    there = world()
    there.tenant.workspace.tables["SecurityAlert"].protection = "Protected"
    outcomes = outcomes_by_check(there)
    assert (outcomes["HEALTH-006"].status, outcomes["HEALTH-006"].blocked_by) == ("blocked", "LA-011")


# HEALTH-007: tables that received data


def with_table(days: int, last: timedelta) -> World:
    """Return a world with a table that received data on this many days, most recently ``last`` ago."""
    there = world()
    workspace = there.tenant.workspace
    for day in range(days):
        workspace.tables["Usage"].rows.append(usage_row(workspace, START - last - timedelta(days=day), "Syslog", 1.0))
    return there


def test_a_table_that_gets_no_data_any_more() -> None:
    fails("HEALTH-007", with_table(8, timedelta(hours=30)), "data_stale", "Syslog")
    ends("HEALTH-007", with_table(8, timedelta(hours=20)), "passed")
    ends("HEALTH-007", with_table(3, timedelta(hours=30)), "not_applicable")


def test_a_stop_of_all_tables_is_reported_once() -> None:
    there = with_table(8, timedelta(hours=30))
    rows = there.tenant.workspace.tables["Usage"].rows
    rows[:] = [row for row in rows if row["DataType"] == "Syslog"]
    outcomes = outcomes_by_check(there)
    assert (outcomes["LA-030"].status, outcomes["LA-030"].cause) == ("warning", "data_stale")
    assert outcomes["HEALTH-007"].status == "not_applicable"
    assert "LA-030" in (outcomes["HEALTH-007"].reason or "")


# HEALTH-008: agents


def test_agents_that_fell_silent() -> None:
    there = world()
    heartbeats = there.tenant.workspace.tables["Heartbeat"].rows
    heartbeats[0]["TimeGenerated"] -= timedelta(days=2)
    ends("HEALTH-008", there, "passed")
    heartbeats[1]["TimeGenerated"] -= timedelta(days=2)
    fails("HEALTH-008", there, "data_stale", "2 of 2 agents")
    heartbeats.clear()
    ends("HEALTH-008", there, "not_applicable", "no agent")
    there.tenant.drop_table("Heartbeat")
    ends("HEALTH-008", there, "not_applicable", "no table Heartbeat")


# HEALTH-009: the daily quota


def test_a_day_that_uses_up_the_quota() -> None:
    there = world()
    there.tenant.workspace.daily_quota_gb = 0.03
    fails("HEALTH-009", there, "daily_cap_reached", "of a daily quota of 0.03 GB")
    there.tenant.workspace.daily_quota_gb = 1.0
    ends("HEALTH-009", there, "passed")
    there.tenant.workspace.daily_quota_gb = -1.0
    ends("HEALTH-009", there, "not_applicable", "no daily quota")
