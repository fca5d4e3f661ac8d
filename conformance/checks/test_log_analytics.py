"""Log Analytics: queries, tables, freshness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from conformance.apis.log_analytics import QueryResponse
from conformance.apis.tables import TABLES
from conformance.checks.expect import Found, advise, fail, not_applicable, require, require_answer
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.ingestion import ingestion_stop
from conformance.probing.diagnosis.log_analytics import id_mismatch
from conformance.probing.diagnosis.rules import elements_of
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.following import is_settled
from conformance.probing.partial import LIMITS

TIMESPAN = timedelta(hours=6)
"""The timespan of the timespan probe."""


@check(
    "LA-001",
    "a query by workspace id is answered",
    owns=("empty_answer:log_analytics",),
)
def test_query(query_print: Answer[QueryResponse]) -> None:
    """``print ok=1`` returns one row with one column; it needs no data."""
    rows = query_print.data.records()
    require(
        rows == [{"ok": 1}],
        f"print ok=1 was answered with {len(rows)} rows, and not with the one row of a 1.",
        promise="print",
    )


@check("LA-002", "the same query by resource id is answered alike")
def test_query_by_resource(query_by_resource: Answer[QueryResponse], query_print: Answer[QueryResponse]) -> None:
    """The workspace's ARM id and its GUID lead to the same workspace."""
    require(
        query_by_resource.data.records() == query_print.data.records(),
        "The two routes to the workspace answer differently.",
        promise="print",
    )


def same_workspace(connection: Connection, workspace: Evidence) -> None:
    """Raise :class:`Found` if the configured workspace id is not that of the workspace in Azure Resource Manager. In
    that case the plans of its tables say nothing about the queries.
    """
    if isinstance(workspace, Answer) and (mismatch := id_mismatch(connection, workspace.data)):
        raise Found(mismatch, promise="customer-id")


def hidden_finding(table: str) -> Finding:
    """Return the finding for a protected table: its rows are silently hidden from readers without the data action."""
    return finding(
        "data_hidden",
        about=table,
        facts={"table": table},
        explanation=f"{table} is protected: queries answer without rows to readers without the data action.",
    )


@check(
    "LA-010",
    "SecurityIncident can be queried",
    using={"rows": "query_incidents", "plan": "incident_table"},
    given={"table": "SecurityIncident"},
    owns=("table_missing:SecurityIncident", "table_unqueryable:SecurityIncident", "data_hidden:SecurityIncident"),
)
@check(
    "LA-011",
    "SecurityAlert can be queried",
    using={"rows": "query_alerts", "plan": "alert_table"},
    given={"table": "SecurityAlert"},
    owns=("table_missing:SecurityAlert", "table_unqueryable:SecurityAlert", "data_hidden:SecurityAlert"),
)
def test_table(
    connection: Connection, rows: Answer[QueryResponse], plan: Evidence, workspace: Evidence, table: str
) -> None:
    """The table exists, its plan allows the query API, and its rows are not hidden from this reader."""
    same_workspace(connection, workspace)
    if isinstance(plan, Answer):
        name = plan.data.properties.plan
        if rows.data.records():
            return
        if name not in (None, "Analytics"):
            fail(
                f"{table} is on the {name} plan, which the query API does not reach.",
                "table_unqueryable",
                about=table,
                promise="table-plan",
            )
        if plan.data.properties.protection_level == "Protected":
            raise Found(hidden_finding(table), promise="protected-table")


@check("LA-012", "SentinelHealth can be queried", level="should", using={"rows": "query_health"})
@check("LA-013", "Usage can be queried", level="should", using={"rows": "query_usage"})
@check("LA-014", "Heartbeat can be queried", level="should", using={"rows": "query_heartbeat"})
def test_side_table(rows: Evidence) -> None:
    """Such a table shows the state of the workspace. It exists only once its feature is used, so a missing table is not
    a failure.
    """
    if isinstance(rows, Refusal):
        if rows.finding.cause == "table_missing":
            not_applicable("the table is not in the workspace: its feature is not used")
        raise Found(rows.finding, refusal=rows)


@check(
    "LA-020",
    "SecurityIncident has its documented columns",
    using={"rows": "query_incidents"},
    given={"table": "SecurityIncident"},
)
@check(
    "LA-021",
    "SecurityAlert has its documented columns",
    using={"rows": "query_alerts"},
    given={"table": "SecurityAlert"},
)
def test_columns(rows: Answer[QueryResponse], table: str) -> None:
    """Names and types are those of Microsoft's table reference. Additional columns are fine."""
    schema = rows.data.primary.schema
    documented = TABLES[table].documented
    missing = sorted(name for name in documented if name not in schema)
    require(not missing, f"{table} lacks the documented columns {', '.join(missing)}.", promise="table-columns")
    other = [f"{name} is {schema[name]}, not {kind}" for name, kind in documented.items() if schema[name] != kind]
    require(not other, f"{table}: {'; '.join(other)}.", promise="table-columns")


LOOK_BACK = timedelta(days=14)
"""The maximum age of a row that the freshness query sees."""


@check("LA-030", "data is fresh and arrives in time", level="should", owns=("data_stale",))
def test_freshness(
    connection: Connection,
    query_freshness: Answer[QueryResponse],
    workspace: Evidence,
    query_daily_cap: Evidence,
    incidents: Evidence,
) -> None:
    """The newest row and the ingestion delay of each table are within ``expect``, by the service's clock.

    If Sentinel shows data of which the table has no rows, the rows are reported as hidden, not as old.
    """
    same_workspace(connection, workspace)
    if stop := ingestion_stop(workspace, query_daily_cap):
        raise Found(stop)
    now = query_freshness.exchange.date
    if now is None:
        not_applicable("the answer carries no date to judge ages by")
    expect, rows = connection.expect, {str(row.get("T")): row for row in query_freshness.data.records()}
    for table, limit in (("SecurityIncident", expect.max_incident_age), ("Usage", expect.max_data_age)):
        if limit is None:
            continue
        age = now - _newest(rows[table]) if table in rows else None
        if age is not None and age > limit:
            fail(f"The newest row of {table} is {_days(age)} old; {_days(limit)} are expected at most.", "data_stale")
        if age is None and limit <= LOOK_BACK:
            if (not rows or table == "SecurityIncident") and lists_incidents(incidents, since=now - LOOK_BACK):
                not_applicable(
                    f"{table} shows no row, though Sentinel lists incidents of the last {LOOK_BACK.days} days"
                )
            fail(
                f"{table} shows no row of the last {LOOK_BACK.days} days; {_days(limit)} are expected at most.",
                "data_stale",
                certainty="likely",
                also=("data_hidden",),
            )
    if not rows:
        not_applicable(f"there is no data of the last {LOOK_BACK.days} days to look at")
    most = expect.max_ingestion_delay
    for name, row in rows.items():
        delay = row.get("Delay95")
        if most is not None and isinstance(delay, int | float) and delay > most.total_seconds():
            late = _days(timedelta(seconds=delay))
            fail(f"Rows of {name} arrive up to {late} late; {_days(most)} are expected at most.", "data_stale")


def lists_incidents(incidents: Evidence, since: datetime) -> bool:
    """Return whether Microsoft Sentinel lists an incident that was changed after ``since``, and long enough ago for its
    row to have arrived.
    """
    changes = (incident.properties.last_modified_time_utc for incident in elements_of(incidents))
    return any(change and since < change and is_settled(change, since + LOOK_BACK) for change in changes)


def _newest(row: Mapping[str, Any]) -> datetime:
    time = row.get("LastEvent")
    if not isinstance(time, datetime):
        fail("The answer to query_freshness has no column LastEvent of type datetime, which the query asks for.")
    return time


def _days(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"


@check(
    "LA-031",
    "no partial result passes for a whole one",
    owns=tuple(f"{cause}:{about}" for cause in sorted(LIMITS) for about in ("log_analytics", "query_print")),
)
def test_whole(
    query_print: Evidence,
    query_by_resource: Evidence,
    query_incidents: Evidence,
    query_alerts: Evidence,
    query_health: Evidence,
    query_usage: Evidence,
    query_heartbeat: Evidence,
    query_freshness: Evidence,
    query_recent_incidents: Evidence,
    query_timespan: Evidence,
    query_daily_cap: Evidence,
) -> None:
    """No answer is partial: a status 200 with an error member, or a 206. The finding names the limit: time, size or
    rows.
    """
    queries = (
        query_print,
        query_by_resource,
        query_incidents,
        query_alerts,
        query_health,
        query_usage,
        query_heartbeat,
        query_freshness,
        query_recent_incidents,
        query_timespan,
        query_daily_cap,
    )
    for query in queries:
        if isinstance(query, Refusal) and query.finding.cause in LIMITS:
            raise Found(query.finding, refusal=query)
    if require_answer(query_print) is None:
        not_applicable("this connection does not use Log Analytics")


@check("LA-032", "a table that does not exist is refused as documented")
def test_unknown_table(query_print: Answer[QueryResponse], query_unknown_table: Evidence) -> None:
    """The status 400 with SEM0100 shows that the real service answers, not something in its place."""
    if isinstance(query_unknown_table, Answer):
        fail(
            "A query on a table that does not exist was answered with success: something else than Log Analytics"
            " answers here.",
            "intercepted",
            about="log_analytics",
            promise="unknown-table",
        )
    exchange = query_unknown_table.exchange if isinstance(query_unknown_table, Refusal) else None
    advise(
        exchange is None or exchange.status != 204,
        "A query on a table that does not exist was answered 204.",
        promise="unknown-table-no-content",
    )
    if isinstance(query_unknown_table, Refusal) and query_unknown_table.finding.cause not in (
        "table_missing",
        "kql_invalid",
        "sentinel_not_onboarded",
        "workspace_id_mismatch",
    ):
        raise Found(query_unknown_table.finding, refusal=query_unknown_table)


@check("LA-033", "the timespan and the Prefer header of a request are honoured", level="should")
def test_timespan(query_timespan: Answer[QueryResponse]) -> None:
    """No row is older than the timespan, and the requested statistics are in the answer."""
    require(query_timespan.data.statistics is not None, "Prefer: include-statistics=true brought no statistics.")
    rows, now = query_timespan.data.records(), query_timespan.exchange.date
    oldest = rows[0].get("Oldest") if rows else None
    if oldest is None or now is None:
        not_applicable("there are no rows in the timespan to look at")
    if not isinstance(oldest, datetime):
        fail("The answer to query_timespan has no column Oldest of type datetime, which the query asks for.")
    require(
        now - oldest <= TIMESPAN + timedelta(minutes=10), f"A row of {oldest} was counted within the last {TIMESPAN}."
    )
