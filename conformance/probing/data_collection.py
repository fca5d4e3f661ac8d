"""Probes of the data collection rule of a connection with log ingestion."""

from __future__ import annotations

from conformance.apis import arm, data_collection
from conformance.apis.arm import Permissions, Table
from conformance.apis.data_collection import DataEndpoint, DataFlow, Rule, WorkspaceDestination
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.connection.ingestion import Ingestion, place_of
from conformance.probing.evidence import Answer
from conformance.probing.probe import NotApplicable, NotConfigured, T, probe


def of_ingestion(connection: Connection) -> Ingestion:
    """Return the configured target of log ingestion. Raises :class:`NotConfigured` for a connection without it."""
    if connection.ingestion is None:
        raise NotConfigured("ingestion")
    return connection.ingestion


def flows_of(rule: Rule, stream: str) -> tuple[DataFlow, ...]:
    """Return the data flows of a rule that take a stream; several flows split it over tables or workspaces."""
    return tuple(flow for flow in rule.properties.data_flows or () if stream in (flow.streams or ()))


def flows_here(rule: Rule, stream: str, connection: Connection) -> tuple[DataFlow, ...]:
    """Return the flows of a stream whose destination is the connection's workspace."""
    return tuple(flow for flow in flows_of(rule, stream) if destination_of(rule, flow, connection))


def table_of(flow: DataFlow, stream: str) -> str:
    """Return the table that a flow writes a stream to: its output stream, else the stream itself, without prefix."""
    return (flow.output_stream or stream).partition("-")[2]


def destination_of(rule: Rule, flow: DataFlow, connection: Connection) -> WorkspaceDestination | None:
    """Return the destination of a flow that is the connection's workspace, by its ARM id or its workspace id."""
    places = (rule.properties.destinations and rule.properties.destinations.log_analytics) or ()
    for place in places:
        ids = ((place.workspace_resource_id or "").lower(), (place.workspace_id or "").lower())
        if place.name in (flow.destinations or ()) and (
            connection.workspace.lower() == ids[0] or connection.workspace_id.lower() == ids[1]
        ):
            return place
    return None


def at_rule(endpoint: Endpoint[T], connection: Connection) -> Ask[T]:
    """Return the question to an operation at the connection's rule."""
    subscription, group, name = of_ingestion(connection).place
    return endpoint.ask(subscription_id=subscription, resource_group=group, rule=name)


@probe
def data_collection_rule(connection: Connection) -> Ask[Rule]:
    """Ask for the data collection rule of the connection."""
    return at_rule(data_collection.RULE, connection)


@probe
def rule_permissions(connection: Connection) -> Ask[ArmList[Permissions]]:
    """Ask for the caller's permissions at the rule: the sum of all grants that reach it."""
    return at_rule(data_collection.RULE_PERMISSIONS, connection)


@probe
def data_collection_endpoint(connection: Connection, data_collection_rule: Answer[Rule]) -> Ask[DataEndpoint]:
    """Ask for the endpoint resource that the rule names."""
    id = data_collection_rule.data.properties.data_collection_endpoint_id
    if not id:
        raise NotApplicable("the rule has a host of its own, and no endpoint resource")
    try:
        subscription, group, name = place_of(id)
    except ValueError:
        raise NotApplicable("the rule names an endpoint by something else than its id") from None
    return data_collection.DATA_ENDPOINT.ask(subscription_id=subscription, resource_group=group, data_endpoint=name)


@probe
def ingestion_table(connection: Connection, data_collection_rule: Answer[Rule]) -> Ask[Table]:
    """Ask the workspace for the table that receives the rows; for several tables, the first."""
    stream = of_ingestion(connection).stream
    flows = flows_here(data_collection_rule.data, stream, connection)
    if not flows:
        raise NotApplicable("no data flow of the rule takes the stream to this workspace")
    return arm.TABLE.ask(table=table_of(flows[0], stream))
