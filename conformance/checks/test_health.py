"""Silent failures: connectors, rules and playbooks in Sentinel's health table, and the data that they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from conformance.apis.arm import Workspace
from conformance.apis.log_analytics import QueryResponse
from conformance.apis.sentinel import DataConnector
from conformance.apis.shape import ArmList
from conformance.checks.expect import Found, fail, not_applicable, require_answer
from conformance.checks.registry import check
from conformance.checks.test_log_analytics import hidden_finding, same_workspace
from conformance.checks.wording import titles
from conformance.connection import Connection
from conformance.probing.evidence import Answer, Evidence, Refusal

Row = Mapping[str, Any]
SWITCH_ON = "health monitoring is not switched on: Microsoft Sentinel > Settings > Auditing and health monitoring"


def health_states(query_health_states: Evidence) -> Sequence[Row]:
    """Return the rows of SentinelHealth by resource and operation. Raises ``NotApplicable`` if the table does not
    exist, and :class:`Found` for another refusal.
    """
    if isinstance(query_health_states, Refusal) and query_health_states.finding.cause == "table_missing":
        not_applicable(SWITCH_ON)
    answer: QueryResponse | None = require_answer(query_health_states)
    if answer is None:
        not_applicable("this connection does not use Log Analytics")
    return answer.records()


@check("HEALTH-001", "health monitoring reports", level="should", owns=("data_stale:SentinelHealth",))
def test_monitoring(query_health_states: Evidence, data_connectors: Evidence) -> None:
    """SentinelHealth has events of the last 7 days if the workspace has data connectors: their state is reported each
    hour.
    """
    rows = health_states(query_health_states)
    if rows:
        return
    connectors: ArmList[DataConnector] | None = require_answer(data_connectors)
    if connectors is None or not connectors.value:
        not_applicable("there is no data connector whose health could be reported")
    fail(
        "SentinelHealth exists but has no event of the last 7 days: failures of connectors, rules and playbooks are"
        " not reported any more.",
        "data_stale",
        about="SentinelHealth",
        certainty="likely",
        remedy="Switch health monitoring on again: Microsoft Sentinel > Settings > Auditing and health monitoring.",
    )


FAILED = ("failure", "partial success")


@check(
    "HEALTH-002",
    "the last fetch of every data connector succeeded",
    level="should",
    given={"kind": "data connector", "operation": "data fetch status change", "things": "Data connectors"},
    owns=("data_stale:connectors",),
)
@check(
    "HEALTH-003",
    "the last run of every analytics rule succeeded",
    level="should",
    given={"kind": "analytics rule", "operation": "analytics rule run", "things": "Analytics rules"},
    owns=("data_stale:rule_runs",),
)
@check(
    "HEALTH-004",
    "the last run of every automation rule succeeded",
    level="should",
    given={"kind": "automation rule", "operation": "automation rule run", "things": "Automation rules"},
    owns=("data_stale:automation_runs",),
)
@check(
    "HEALTH-005",
    "every playbook could be started",
    level="should",
    given={"kind": "playbook", "operation": "playbook was triggered", "things": "Playbooks"},
    owns=("data_stale:playbooks",),
)
def test_last_state(query_health_states: Evidence, kind: str, operation: str, things: str) -> None:
    """The latest event of each resource in SentinelHealth, within 7 days, has a Status other than Failure and Partial
    success. A success after a failure is enough. The operation identifies the kind of resource, because Microsoft
    publishes two spellings of the kinds (Data connector, DataConnector).
    """
    rows = [
        row for row in health_states(query_health_states) if str(row.get("OperationName")).lower().endswith(operation)
    ]
    if not rows:
        not_applicable(f"SentinelHealth has no such event of a {kind} in the last 7 days")
    failing = [row for row in rows if str(row.get("Status")).lower() in FAILED]
    if failing:
        fail(
            f"{things} whose latest event in SentinelHealth is a failure: {titles(sorted(map(_state, failing)))}.",
            "data_stale",
            about=ABOUT[kind],
            remedy="Read Description and Reason of these events in the table SentinelHealth, and fix what they name.",
        )


ABOUT = {
    "data connector": "connectors",
    "analytics rule": "rule_runs",
    "automation rule": "automation_runs",
    "playbook": "playbooks",
}


def _state(row: Row) -> str:
    failures = row.get("Failures")
    times = f"{failures} failure{'' if failures == 1 else 's'} in 7 days"
    return f"{row.get('SentinelResourceName')} ({row.get('Status')}, {times})"


@check(
    "HEALTH-006",
    "alerts of incidents reach the table SecurityAlert",
    level="should",
    owns=("data_stale:SecurityAlert",),
    moving=True,
)
def test_alerts_arrive(query_alerts: Answer[QueryResponse], incident_alerts: Evidence, alert_table: Evidence) -> None:
    """If Sentinel shows an alert of an incident, the table has at least one row. Rows that seem missing may be
    hidden.
    """
    if query_alerts.data.records():
        return
    if isinstance(alert_table, Answer) and alert_table.data.properties.protection_level == "Protected":
        raise Found(hidden_finding("SecurityAlert"))
    data = require_answer(incident_alerts)
    if data is None or not data.value:
        not_applicable("no incident shows an alert")
    fail(
        "Sentinel shows alerts of an incident, and the table SecurityAlert shows this reader no row.",
        "data_stale",
        about="SecurityAlert",
        certainty="likely",
        also=("data_hidden",),
    )


SILENT = timedelta(days=1)
REGULAR = 7
"""Days with data, of the last 14, from which a table counts as one that gets data every day."""


@check(
    "HEALTH-007", "tables that get data every day still do", level="should", owns=("data_stale:tables",), moving=True
)
def test_tables_stopped(connection: Connection, query_volumes: Answer[QueryResponse], workspace: Evidence) -> None:
    """Each table with data on 7 or more of the last 14 days got data in the last 24 hours, by Usage, which has a row
    per table and hour. If all tables stopped, LA-030 reports it.
    """
    same_workspace(connection, workspace)
    now = query_volumes.exchange.date
    rows = query_volumes.data.records()
    regular = [row for row in rows if (row.get("Days") or 0) >= REGULAR]
    if now is None or not regular:
        not_applicable("no table got data on 7 of the last 14 days" if now else "the answer carries no date")
    if all(now - row["LastHour"] > SILENT for row in rows):
        not_applicable("no table got data in the last 24 hours: LA-030 shows whether that is expected")
    stopped = sorted(str(row.get("DataType")) for row in regular if now - row["LastHour"] > SILENT)
    if stopped:
        fail(
            f"Tables that got data on most days got none in the last 24 hours: {titles(stopped)}.",
            "data_stale",
            about="tables",
            certainty="likely",
            facts=connection.facts(),
        )


@check("HEALTH-008", "agents still send heartbeats", level="should", owns=("data_stale:agents",))
def test_agents(connection: Connection, query_agents: Evidence) -> None:
    """At least half of the agents with a heartbeat in the last 14 days sent one in the last 24 hours."""
    if isinstance(query_agents, Refusal) and query_agents.finding.cause == "table_missing":
        not_applicable("the workspace has no table Heartbeat: no agent sends to it")
    answer: QueryResponse | None = require_answer(query_agents)
    rows: Sequence[Row] = answer.records() if answer else ()
    agents, silent = (rows[0].get("Agents") or 0, rows[0].get("Silent") or 0) if rows else (0, 0)
    if not agents:
        not_applicable("no agent sent a heartbeat in the last 14 days")
    if silent * 2 > agents:
        fail(
            f"{silent} of {agents} agents sent no heartbeat in the last 24 hours.",
            "data_stale",
            about="agents",
            certainty="likely",
            remedy="Look at these machines: they are switched off, or their agent cannot reach the workspace.",
        )


NEAR = 0.8
"""The part of the daily quota from which a day's volume is near it."""


@check(
    "HEALTH-009",
    "a day's volume fits the daily quota",
    level="should",
    owns=("daily_cap_reached:volume",),
    moving=True,
)
def test_volume(workspace: Answer[Workspace], query_volumes: Answer[QueryResponse]) -> None:
    """The billed volume of the last 24 hours is below 80 % of ``dailyQuotaGb``. A gigabyte has 1000 megabytes here."""
    capping = workspace.data.properties.workspace_capping
    quota = capping.daily_quota_gb if capping else None
    if quota is None or quota <= 0:
        not_applicable("the workspace has no daily quota")
    billed = sum(row.get("BilledToday") or 0 for row in query_volumes.data.records()) / 1000
    if billed >= NEAR * quota:
        fail(
            f"The last 24 hours took {billed:.1f} GB of a daily quota of {quota:g} GB: ingestion stops when it is used"
            " up.",
            "daily_cap_reached",
            about="volume",
            certainty="likely",
            remedy="Raise or remove the daily quota, or reduce what is sent.",
        )
