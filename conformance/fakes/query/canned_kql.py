"""The queries that the virtual tenant can answer: those of ``conformance.apis.kql``, each from the tables' rows.

Anything else is refused honestly; rows are never invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.apis import kql
from conformance.fakes.state.table_rows import INGESTED, SCHEMAS
from conformance.fakes.state.tenant import TableState, Workspace

Row = Mapping[str, Any]
Window = tuple[datetime, datetime]


class UnknownTable(Exception):
    """A query on a table that the workspace does not have; the argument is its name."""


class UnreachableWorkspace(Exception):
    """A query on a table whose plan keeps it out of the query API: the name and the plan."""


class NotEvaluated(Exception):
    """A query without an answer in this model."""


class Malformed(Exception):
    """A text that is not KQL: the offset of the error."""


@dataclass(frozen=True)
class Result:
    """Column name to type, and rows as column name to value."""

    columns: Mapping[str, str]
    rows: list[Row]
    partial: bool = False


def evaluate(text: str, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    """Return the answer to a query. ``window`` is the request's timespan; it narrows the time range of the query.

    Raises :class:`UnknownTable`, :class:`NetworkFailure`, :class:`NotEvaluated` or :class:`Malformed`.
    """
    if (offset := fault(text)) is not None:
        raise Malformed(offset)
    compact = " ".join(text.split())
    for query in kql.QUERIES.values():
        if " ".join(query.text.split()) == compact:
            result = ANSWERS[query.name.partition(".")[0]](query, workspace, now, window)
            return replace(result, partial=any(table.partial for table in _tables_in(text, workspace)))
    raise NotEvaluated(text)


QUOTED = re.compile(r"""@"[^"\n]*"|@'[^'\n]*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|```.*?```|//[^\n]*""", re.DOTALL)
"""Strings (verbatim, plain, of several lines) and comments; their content is not syntax."""
PAIRS = {")": "(", "]": "[", "}": "{"}


def fault(text: str) -> int | None:
    """Return the offset at which a text cannot be KQL: an empty text, an open string, a bracket
    without its pair.
    """
    bare = QUOTED.sub(lambda match: (" " if match[0].startswith("//") else "x") * len(match[0]), text)
    open_brackets: list[int] = []
    for offset, char in enumerate(bare):
        if char in "\"'":
            return offset
        if char in PAIRS.values():
            open_brackets.append(offset)
        elif char in PAIRS and (not open_brackets or bare[open_brackets.pop()] != PAIRS[char]):
            return offset
    if open_brackets:
        return open_brackets[-1]
    return None if bare.strip() else 0


def operator_on(table: str, text: str) -> str:
    """Return the first operator that a query applies to a table; refusals name it."""
    match = re.search(rf"\b{re.escape(table)}\s*\|\s*([\w-]+)", text)
    return match[1] if match else "union"


def _tables_in(text: str, workspace: Workspace) -> list[TableState]:
    return [table for name, table in workspace.tables.items() if re.search(rf"\b{re.escape(name)}\b", text)]


def rows_of(workspace: Workspace, name: str, window: Window | None) -> list[dict[str, Any]]:
    """Return the rows of a table that a reader sees within a window.

    Raises :class:`UnknownTable`, and :class:`UnreachableWorkspace` for a table of another plan.
    """
    table = workspace.tables.get(name)
    if table is None:
        raise UnknownTable(name)
    if table.plan != "Analytics":
        raise UnreachableWorkspace(name, table.plan)
    return [row for row in visible(table) if window is None or window[0] <= row["TimeGenerated"] <= window[1]]


def visible(table: TableState) -> list[dict[str, Any]]:
    """Return the rows that a control-plane reader sees: none of a protected table, without an error."""
    return table.rows if table.protection == "General" else []


def _print(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    return Result({"ok": "long"}, [{"ok": 1}])


def _take(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    name = query.name.partition(".")[2]
    return Result(SCHEMAS[name], list(rows_of(workspace, name, window)[-1:]))


def _unknown_table(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    raise UnknownTable(query.text.split()[0])


def _freshness(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    since = now - timedelta(days=14)
    ages: list[Row] = []
    names = [name for name in kql.FRESHNESS_TABLES if name in workspace.tables]
    if not names:
        raise UnknownTable(kql.FRESHNESS_TABLES[0])
    for name in names:
        rows = [row for row in rows_of(workspace, name, window) if row["TimeGenerated"] > since]
        if rows:
            delays = sorted((row[INGESTED] - row["TimeGenerated"]).total_seconds() for row in rows)
            ages.append(
                {
                    "T": name,
                    "Rows": len(rows),
                    "LastEvent": max(row["TimeGenerated"] for row in rows),
                    "LastIngest": max(row[INGESTED] for row in rows),
                    "Delay95": delays[int(0.95 * (len(delays) - 1))],
                }
            )
    columns = {"T": "string", "Rows": "long", "LastEvent": "datetime", "LastIngest": "datetime", "Delay95": "real"}
    return Result(columns, ages)


def _recent_incidents(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    since = now - timedelta(days=14)
    latest: dict[int, dict[str, Any]] = {}
    for row in rows_of(workspace, "SecurityIncident", window):
        if row["TimeGenerated"] > since:
            newer = latest.get(row["IncidentNumber"])
            if newer is None or row["LastModifiedTime"] > newer["LastModifiedTime"]:
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


def _health(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    keys = ("SentinelResourceType", "SentinelResourceName", "OperationName")
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in _since(workspace, "SentinelHealth", now - timedelta(days=7), window):
        groups.setdefault(tuple(str(row.get(key) or "") for key in keys), []).append(row)
    health_rows = []
    for key, rows in groups.items():
        latest = max(rows, key=lambda row: row["TimeGenerated"])
        failures = sum(row["Status"] == "Failure" for row in rows)
        state = {"TimeGenerated": latest["TimeGenerated"], "Status": latest["Status"], "Failures": failures}
        health_rows.append({**dict(zip(keys, key, strict=True)), **state})
    columns = dict.fromkeys(keys, "string") | {"TimeGenerated": "datetime", "Status": "string", "Failures": "long"}
    return Result(columns, _newest(health_rows, "TimeGenerated"))


def _volumes(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    groups: dict[str, list[Row]] = {}
    for row in _since(workspace, "Usage", now - timedelta(days=14), window):
        groups.setdefault(str(row["DataType"]), []).append(row)
    volume_rows = [
        {
            "DataType": name,
            "LastHour": max(row["TimeGenerated"] for row in rows),
            "Days": len({row["TimeGenerated"].date() for row in rows}),
            "BilledToday": sum(
                (
                    row["Quantity"]
                    for row in rows
                    if row["IsBillable"] and row["TimeGenerated"] > now - timedelta(days=1)
                ),
                0.0,
            ),
        }
        for name, rows in groups.items()
    ]
    columns = {"DataType": "string", "LastHour": "datetime", "Days": "long", "BilledToday": "real"}
    return Result(columns, _newest(volume_rows, "LastHour"))


def _agents(query: kql.Query, workspace: Workspace, now: datetime, window: Window | None) -> Result:
    last: dict[str, datetime] = {}
    for row in _since(workspace, "Heartbeat", now - timedelta(days=14), window):
        last[row["Computer"]] = max(row["TimeGenerated"], last.get(row["Computer"], row["TimeGenerated"]))
    silent = sum(time < now - timedelta(days=1) for time in last.values())
    return Result({"Agents": "long", "Silent": "long"}, [{"Agents": len(last), "Silent": silent}])


def _since(workspace: Workspace, name: str, since: datetime, window: Window | None) -> list[dict[str, Any]]:
    """Return the rows of a table that are younger than a moment."""
    return [row for row in rows_of(workspace, name, window) if row["TimeGenerated"] > since]


def _newest(rows: Sequence[Row], column: str) -> list[Row]:
    """Return the rows by a time, the latest first, as many as the queries take."""
    return sorted(rows, key=lambda row: row[column], reverse=True)[:500]


ANSWERS: Mapping[str, Callable[[kql.Query, Workspace, datetime, Window | None], Result]] = {
    "print": _print,
    "take": _take,
    "unknown_table": _unknown_table,
    "freshness": _freshness,
    "recent_incidents": _recent_incidents,
    "timespan": _timespan,
    "daily_cap": _daily_cap,
    "health": _health,
    "volumes": _volumes,
    "agents": _agents,
}

DURATION = re.compile(
    r"P(?:(?P<days>[\d.]+)D)?(?:T(?:(?P<hours>[\d.]+)H)?(?:(?P<minutes>[\d.]+)M)?(?:(?P<seconds>[\d.]+)S)?)?"
)


def window_of(timespan: str | None, now: datetime) -> Window | None:
    """Return the window of an ISO 8601 timespan: a duration up to now, start/end, or start/duration.

    Raises ValueError for any other text, and OverflowError where it leaves the calendar.
    """
    if not timespan:
        return None
    start, _, end = timespan.partition("/")
    if not end:
        return now - _duration(start), now
    began = _moment(start)
    return began, began + _duration(end) if end.startswith("P") else _moment(end)


def _moment(text: str) -> datetime:
    """Return a time; without a zone it is UTC."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return timedelta(**{unit: float(value) for unit, value in match.groupdict().items() if value})
