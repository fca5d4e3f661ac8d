"""The queries that the virtual tenant can answer: those of ``conformance.apis.kql``, each from the tables' rows.

Anything else is refused honestly; rows are never invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conformance.apis import kql
from conformance.fakes.table_rows import INGESTED, SCHEMAS
from conformance.fakes.tenant import TableState, Workspace

Row = Mapping[str, Any]
Window = tuple[datetime, datetime]


class UnknownTable(Exception):
    """A query that names a table that the workspace does not have."""


class Unreachable(Exception):
    """A query on a table whose plan keeps it out of the query API."""


class NotEvaluated(Exception):
    """A query that this model has no answer to."""


class Malformed(Exception):
    """A text that is no KQL."""


@dataclass(frozen=True)
class Result:
    """Column name to type, and rows as column name to value."""

    columns: Mapping[str, str]
    rows: list[Row]
    partial: bool = False


def evaluate(text: str, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    """The answer to a query. ``window`` is the request's timespan; it narrows what the query itself looks at.

    Raises :class:`UnknownTable`, :class:`Unreachable`, :class:`NotEvaluated` or :class:`Malformed`.
    """
    if text.count('"') % 2 or text.count("(") != text.count(")") or not text.strip():
        raise Malformed(text)
    wanted = " ".join(text.split())
    for query in kql.QUERIES.values():
        if " ".join(query.text.split()) == wanted:
            return ANSWERS[query.name.partition(".")[0]](query, workspace, now, window)
    raise NotEvaluated(text)


def rows_of(workspace: Workspace, name: str, window: Window | None) -> list[dict[str, Any]]:
    """The rows of a table that a reader sees within a window."""
    table = workspace.tables.get(name)
    if table is None:
        raise UnknownTable(name)
    if table.plan != "Analytics":
        raise Unreachable(name)
    return [row for row in visible(table) if window is None or window[0] <= row["TimeGenerated"] <= window[1]]


def visible(table: TableState) -> list[dict[str, Any]]:
    """A protected table shows a control-plane reader no rows, and does not say so."""
    return table.rows if table.protection == "General" else []


def _print(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    return Result({"ok": "long"}, [{"ok": 1}])


def _take(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    name = query.name.partition(".")[2]
    rows = rows_of(workspace, name, window)
    partial = workspace.tables[name].partial
    return Result(SCHEMAS[name], list(rows[-1:]), partial)


def _unknown_table(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    raise UnknownTable(query.text.split()[0])


def _freshness(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    since = now - timedelta(days=14)
    found: list[Row] = []
    known = [name for name in kql.FRESHNESS_TABLES if name in workspace.tables]
    if not known:
        raise UnknownTable(kql.FRESHNESS_TABLES[0])
    for name in known:
        rows = [row for row in rows_of(workspace, name, window) if row["TimeGenerated"] > since]
        if rows:
            delays = sorted((row[INGESTED] - row["TimeGenerated"]).total_seconds() for row in rows)
            found.append(
                {
                    "T": name,
                    "Rows": len(rows),
                    "LastEvent": max(row["TimeGenerated"] for row in rows),
                    "LastIngest": max(row[INGESTED] for row in rows),
                    "Delay95": delays[int(0.95 * (len(delays) - 1))],
                }
            )
    columns = {"T": "string", "Rows": "long", "LastEvent": "datetime", "LastIngest": "datetime", "Delay95": "real"}
    return Result(columns, found)


def _recent_incidents(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    since = now - timedelta(days=14)
    latest: dict[int, dict[str, Any]] = {}
    for row in rows_of(workspace, "SecurityIncident", window):
        if row["TimeGenerated"] > since:
            known = latest.get(row["IncidentNumber"])
            if known is None or row["LastModifiedTime"] > known["LastModifiedTime"]:
                latest[row["IncidentNumber"]] = row
    newest = sorted(latest.values(), key=lambda row: row["CreatedTime"], reverse=True)[:200]
    return Result({"IncidentName": "string", "IncidentNumber": "int", "LastModifiedTime": "datetime"}, list(newest))


def _timespan(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    rows = rows_of(workspace, "Usage", window)
    oldest = min((row["TimeGenerated"] for row in rows), default=None)
    return Result({"Rows": "long", "Oldest": "datetime"}, [{"Rows": len(rows), "Oldest": oldest}])


def _daily_cap(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    stopped = workspace.ingestion_status in ("OverQuota", "ForceOff")
    return Result({"Count": "long"}, [{"Count": 1 if stopped else 0}])


ANSWERS: Mapping[str, Callable[[kql.Query, Workspace, datetime, Window | None], Result]] = {
    "print": _print,
    "take": _take,
    "unknown_table": _unknown_table,
    "freshness": _freshness,
    "recent_incidents": _recent_incidents,
    "timespan": _timespan,
    "daily_cap": _daily_cap,
}

DURATION = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)


def window_of(timespan: str | None, now: datetime) -> Window | None:
    """The window of an ISO 8601 timespan: a duration up to now, start/end, or start/duration."""
    if not timespan:
        return None
    start, _, end = timespan.partition("/")
    if not end:
        return now - _duration(start), now
    began = datetime.fromisoformat(start)
    return began, began + _duration(end) if end.startswith("P") else datetime.fromisoformat(end)


def _duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return timedelta(**{unit: float(value) for unit, value in match.groupdict().items() if value})
