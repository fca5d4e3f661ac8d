"""Log Analytics: KQL queries over the tables of one workspace.

The workspace is identified by its GUID or its ARM id; both must belong to the same workspace.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from conformance.apis.endpoint import LOG_ANALYTICS, WORKSPACE, Action, Endpoint
from conformance.apis.shape import Shape

COLUMN_TYPES = frozenset(
    {"bool", "datetime", "dynamic", "int", "long", "real", "string", "guid", "decimal", "timespan"}
)
"""The column types of the query API."""

PRIMARY = "PrimaryResult"

_Instants = list[Annotated[datetime, msgspec.Meta(tz=True)] | None]


class Column(Shape, frozen=True, kw_only=True):
    """A column of a result; ``type`` is usually one of :data:`COLUMN_TYPES`, but may be a new type."""

    name: str
    type: str


class QueryTable(Shape, frozen=True, kw_only=True):
    """A result. Its rows are as sent by the service, each as long as ``columns``, with times in datetime columns."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} values for {len(self.columns)} columns")
        for index, column in enumerate(self.columns):
            if column.type == "datetime":
                try:
                    msgspec.convert([row[index] for row in self.rows], _Instants)
                except msgspec.ValidationError as error:
                    raise ValueError(f"column {column.name}: {error}") from None

    @property
    def schema(self) -> dict[str, str]:
        """Return the types of the columns, by column name."""
        return {column.name: column.type for column in self.columns}

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dicts by column name. Datetimes and the JSON text of dynamic columns are parsed."""
        return [
            {column.name: _read(value, column.type) for column, value in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]


def _read(value: Any, kind: str) -> Any:
    if not isinstance(value, str):
        return value  # null, a native value, or a dynamic value that came as JSON instead of text
    if kind == "datetime":
        return msgspec.convert(value, datetime)
    if kind == "dynamic":
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value  # a dynamic value may be a bare string
    return value


class QueryError(Shape, frozen=True, kw_only=True):
    """The error of an incomplete result; the innermost error has the most useful text."""

    code: str
    message: str | None = None
    details: tuple[QueryError, ...] | None = None
    innererror: QueryError | None = None


class QueriedResource(Shape, frozen=True, kw_only=True):
    """A resource or workspace in the scope of a query. Tables in ``deny_tables`` were silently left out."""

    resource_id: str | None = None
    data_sources: tuple[str, ...] | None = None
    deny_tables: tuple[str, ...] | None = None


class QueryPermissions(Shape, frozen=True, kw_only=True):
    """The resources that the caller could see; requested by ``Prefer: include-permissions=true``."""

    resources: tuple[QueriedResource, ...] | None = None
    data_sources: tuple[QueriedResource, ...] | None = None


class QueryResponse(Shape, frozen=True, kw_only=True):
    """The answer to a query. With ``error``, its tables are incomplete, although the status is 200."""

    tables: tuple[QueryTable, ...]
    error: QueryError | None = None
    statistics: dict[str, Any] | None = None
    render: dict[str, Any] | None = None
    permissions: QueryPermissions | None = None

    @property
    def primary(self) -> QueryTable:
        """Return the result table of the query, which is not always named PrimaryResult; if there is none, a table
        without columns.
        """
        primary_tables = (table for table in self.tables if table.name == PRIMARY)
        return next(primary_tables, self.tables[0] if self.tables else QueryTable(name=PRIMARY, columns=(), rows=()))

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the primary table as dicts by column name."""
        return self.primary.records()


# Allows any query; `workspaces/query/<table>/read` decides which tables may be read.
_QUERY = Action("Microsoft.OperationalInsights/workspaces/query/read")

QUERY = Endpoint(
    name="log_analytics.query",
    api=LOG_ANALYTICS,
    method="POST",
    path="/v1/workspaces/{workspace_id}/query",
    answers=QueryResponse,
    source="https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format",
    needs=_QUERY,
)

QUERY_BY_RESOURCE = Endpoint(
    name="log_analytics.query_by_resource",
    api=LOG_ANALYTICS,
    method="POST",
    path="/v1" + WORKSPACE + "/query",
    answers=QueryResponse,
    source="https://learn.microsoft.com/azure/azure-monitor/logs/api/azure-resource-queries",
    needs=_QUERY,
)
