"""Probes of Log Analytics: the queries of ``conformance.apis.kql``."""

from __future__ import annotations

from conformance.apis import kql, log_analytics
from conformance.apis.endpoint import Ask
from conformance.apis.log_analytics import QueryResponse
from conformance.connection import Connection
from conformance.probing.entra import stop_at_problems
from conformance.probing.probe import probe
from conformance.probing.routes import stop_unless_called


def query(
    connection: Connection, query: kql.Query, *, timespan: str | None = None, prefer: str = "wait=10"
) -> Ask[QueryResponse]:
    """Return the question for a query by the workspace's GUID. Raises :class:`NotApplicable` or :class:`Refused`.

    The body must be JSON with its content type, or the answer is empty.
    """
    stop_unless_called(connection, log_analytics.QUERY)
    stop_at_problems(connection, "workspace_id")
    body = {"query": query.text} if timespan is None else {"query": query.text, "timespan": timespan}
    return log_analytics.QUERY.ask(json=body, headers={"Prefer": prefer})


@probe
def query_print(connection: Connection) -> Ask[QueryResponse]:
    """Run a query that reads no table."""
    return query(connection, kql.PRINT)


@probe
def query_by_resource(connection: Connection) -> Ask[QueryResponse]:
    """Query the workspace by its ARM id: its names and its GUID must belong to the same workspace."""
    stop_unless_called(connection, log_analytics.QUERY_BY_RESOURCE)
    stop_at_problems(connection, "subscription_id", "resource_group", "workspace_name")
    return log_analytics.QUERY_BY_RESOURCE.ask(json={"query": kql.PRINT.text}, headers={"Prefer": "wait=10"})


@probe
def query_incidents(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the newest rows of SecurityIncident."""
    return query(connection, kql.table("SecurityIncident"))


@probe
def query_alerts(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the newest rows of SecurityAlert."""
    return query(connection, kql.table("SecurityAlert"))


@probe
def query_health(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the newest rows of SentinelHealth."""
    return query(connection, kql.table("SentinelHealth"))


@probe
def query_usage(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the newest rows of Usage."""
    return query(connection, kql.table("Usage"))


@probe
def query_heartbeat(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the newest rows of Heartbeat."""
    return query(connection, kql.table("Heartbeat"))


@probe
def query_freshness(connection: Connection) -> Ask[QueryResponse]:
    """Ask when each table last received data."""
    return query(connection, kql.FRESHNESS)


@probe
def query_recent_incidents(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the incidents that changed last."""
    return query(connection, kql.RECENT_INCIDENTS)


@probe
def query_unknown_table(connection: Connection) -> Ask[QueryResponse]:
    """Query a table that does not exist, which the service must refuse."""
    return query(connection, kql.UNKNOWN_TABLE)


@probe
def query_timespan(connection: Connection) -> Ask[QueryResponse]:
    """Run a query with a timespan and with preferences, to verify that both take effect."""
    return query(connection, kql.TIMESPAN, timespan="PT6H", prefer="wait=10, include-statistics=true")


@probe
def query_health_states(connection: Connection) -> Ask[QueryResponse]:
    """Ask for the state of connectors, rules and playbooks, from SentinelHealth."""
    return query(connection, kql.HEALTH)


@probe
def query_volumes(connection: Connection) -> Ask[QueryResponse]:
    """Ask how much data each table received, from Usage."""
    return query(connection, kql.VOLUMES)


@probe
def query_agents(connection: Connection) -> Ask[QueryResponse]:
    """Ask how many agents still send heartbeats."""
    return query(connection, kql.AGENTS)


@probe
def query_daily_cap(connection: Connection) -> Ask[QueryResponse]:
    """Ask whether the workspace's daily cap was reached."""
    return query(connection, kql.DAILY_CAP)
