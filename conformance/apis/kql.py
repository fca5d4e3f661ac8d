"""The queries sent to a workspace, each with a name by which the virtual tenant recognises it.

Each reads little: counts, times and ids, and at most one row of content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Query:
    """A KQL query and its name."""

    name: str
    text: str


PRINT = Query("print", "print ok=1")
"""Answered without any data: tests the right to query without the right to read."""

_RESERVED = MappingProxyType(
    {
        table: Query(f"take.{table}", f"{table} | take 1")
        for table in ("SecurityIncident", "SecurityAlert", "SentinelHealth", "Usage", "Heartbeat")
    }
)


def table(name: str) -> Query:
    """Return the query for one row of a table, with all columns. Raises KeyError for an unknown table."""
    return _RESERVED[name]


FRESHNESS_TABLES = ("SecurityIncident", "SecurityAlert", "SentinelHealth", "Usage")


def _leg(table: str) -> str:
    # Labelled by hand: `withsource=` calls the legs of a union union_arg0 and so on.
    return f' ({table} | where TimeGenerated > ago(14d) | project T="{table}", TimeGenerated, I=ingestion_time())'


FRESHNESS = Query(
    "freshness",
    # isfuzzy tolerates missing tables, if the workspace has at least one of them.
    "union isfuzzy=true\n"
    + ",\n".join(_leg(table) for table in FRESHNESS_TABLES)
    + "\n| summarize Rows=count(), LastEvent=max(TimeGenerated), LastIngest=max(I),"
    " Delay95=percentile((I - TimeGenerated) / 1s, 95) by T",
)
"""Per table T with rows in the last 14 days: Rows, LastEvent, LastIngest, and Delay95, the 95th percentile of the
ingestion delay in seconds. A missing table has no rows, or they are hidden.
"""

UNKNOWN_TABLE = Query("unknown_table", "NoSuchTable_CL | take 1")
"""A real service refuses it: a 200 comes from another system."""

TIMESPAN = Query("timespan", "Usage | summarize Rows=count(), Oldest=min(TimeGenerated)")
"""It has no time filter: Oldest shows whether the request's timespan was applied."""

RECENT_INCIDENTS = Query(
    "recent_incidents",
    "SecurityIncident\n"
    "| where TimeGenerated > ago(14d)\n"
    "| summarize arg_max(LastModifiedTime, IncidentName, CreatedTime) by IncidentNumber\n"
    "| top 200 by CreatedTime desc\n"
    "| project IncidentName, IncidentNumber, LastModifiedTime",
)
"""The newest incidents in their latest state: the table has a row for each change of each incident."""

DAILY_CAP = Query(
    "daily_cap",
    "_LogOperation\n"
    "| where TimeGenerated > ago(7d)\n"
    '| where Category =~ "Ingestion" and Detail contains "OverQuota"\n'
    "| count",
)
"""Its one column, Count, is the number of times the daily cap stopped ingestion in the last 7 days."""

HEALTH = Query(
    "health",
    "SentinelHealth\n"
    "| where TimeGenerated > ago(7d)\n"
    '| summarize arg_max(TimeGenerated, Status), Failures=countif(Status == "Failure")'
    " by SentinelResourceType, SentinelResourceName, OperationName\n"
    "| top 500 by TimeGenerated desc",
)
"""The latest state of each connector, rule and playbook by operation, and its number of failures in the last 7 days."""

VOLUMES = Query(
    "volumes",
    "Usage\n"
    "| where TimeGenerated > ago(14d)\n"
    "| summarize LastHour=max(TimeGenerated), Days=dcount(bin(TimeGenerated, 1d)),"
    " BilledToday=sumif(Quantity, IsBillable and TimeGenerated > ago(1d)) by DataType\n"
    "| top 500 by LastHour desc",
)
"""Per table with data in the last 14 days: the last hour with data, the number of days with any, and the billed
megabytes of the last day."""

AGENTS = Query(
    "agents",
    "Heartbeat\n"
    "| where TimeGenerated > ago(14d)\n"
    "| summarize LastHeartbeat=max(TimeGenerated) by Computer\n"
    "| summarize Agents=count(), Silent=countif(LastHeartbeat < ago(1d))",
)
"""The number of agents with a heartbeat in the last 14 days, and the number of those without one in the last day."""

QUERIES: Mapping[str, Query] = MappingProxyType(
    {
        query.name: query
        for query in (
            PRINT,
            *_RESERVED.values(),
            FRESHNESS,
            UNKNOWN_TABLE,
            TIMESPAN,
            RECENT_INCIDENTS,
            DAILY_CAP,
            HEALTH,
            VOLUMES,
            AGENTS,
        )
    }
)

_NO_NAMES = re.compile(
    r"""(?P<table>\btable\s*\(\s*['"]\w+['"])"""  # table("Name") is a table name, not a string
    r"""|//[^\n]*|```.*?```|~~~.*?~~~|[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)
"""Comments and string literals of KQL (learn.microsoft.com/kusto/query/scalar-data-types/string)."""


def words(query: str) -> frozenset[str]:
    """Return the words in a query's code: names of tables, columns and functions, without comments and strings.

    >>> sorted(words('SigninLogs // not Old_CL'))
    ['SigninLogs']
    """
    code = _NO_NAMES.sub(lambda match: f" {match['table'] or ''} ", query)
    return frozenset(re.findall(r"\w+", code))
