"""What is asked of the data collection rule of a connection that another tool sends rows with."""

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
    """Return where rows are sent to; raises :class:`NotConfigured` for a connection that does not say."""
    if connection.ingestion is None:
        raise NotConfigured("ingestion")
    return connection.ingestion


def flow_of(rule: Rule, stream: str) -> DataFlow | None:
    """Return the data flow of a rule that takes a stream; None if it has none."""
    flows = rule.properties.data_flows or ()
    return next((flow for flow in flows if stream in (flow.streams or ())), None)


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
    """What the caller may do at the rule: all grants that reach it, added up."""
    return at_rule(data_collection.RULE_PERMISSIONS, connection)


@probe
def data_collection_endpoint(connection: Connection, data_collection_rule: Answer[Rule]) -> Ask[DataEndpoint]:
    """The endpoint resource that the rule names."""
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
    """The table that the rows end in, as the workspace has it."""
    stream = of_ingestion(connection).stream
    flow = flow_of(data_collection_rule.data, stream)
    if flow is None:
        raise NotApplicable("no data flow of the rule takes the stream")
    if destination_of(data_collection_rule.data, flow, connection) is None:
        raise NotApplicable("the rule sends the stream to another workspace")
    return arm.TABLE.ask(table=table_of(flow, stream))
