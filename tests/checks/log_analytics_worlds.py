"""Results of queries, and worlds with older or delayed rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conformance.apis import kql
from conformance.fakes.state.table_rows import INGESTED
from conformance.fakes.world import World

QUERY, BY_RESOURCE = "log_analytics.query", "log_analytics.query_by_resource"
INCIDENTS, ALERTS = kql.table("SecurityIncident"), kql.table("SecurityAlert")
PART = {"code": "PartialError", "message": "There were some errors when processing your query."}
TIMEOUT = {
    "error": {"code": "GatewayTimeout", "message": "x", "innererror": {"code": "GatewayTimeout", "message": "y"}}
}


def result(**columns: tuple[str, Any]) -> dict[str, Any]:
    """Return a query result of one row, from column names to pairs of type and value."""
    shape = [{"name": name, "type": kind} for name, (kind, _) in columns.items()]
    return {"tables": [{"name": "PrimaryResult", "columns": shape, "rows": [[value for _, value in columns.values()]]}]}


def columns(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a query's first table."""
    columns: list[dict[str, Any]] = body["tables"][0]["columns"]
    return columns


def without_column(body: dict[str, Any]) -> None:
    """Remove the first column of a query's first table."""
    columns(body).pop(0)
    for row in body["tables"][0]["rows"]:
        row.pop(0)


def age(world: World, table: str, by: timedelta) -> World:
    """Move the event and arrival times of all rows of a table back; return the world."""
    for row in world.tenant.workspace.tables[table].rows:
        row["TimeGenerated"] -= by
        row[INGESTED] -= by
    return world


def arriving(world: World, table: str, after: timedelta) -> World:
    """Delay the arrival of all rows of a table after their event; return the world."""
    for row in world.tenant.workspace.tables[table].rows:
        row[INGESTED] = row["TimeGenerated"] + after
    return world
