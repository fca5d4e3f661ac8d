"""Data collection rules and endpoints of Azure Monitor: the target of log ingestion, and its host.

They are read, never written. The log ingestion API, which receives the rows, is not used by this suite.
"""

from __future__ import annotations

from typing import Any

from conformance.apis.arm import AUTHORIZATION, RESOURCE_GROUP_PATH
from conformance.apis.azure_resources import Resource
from conformance.apis.azure_roles import Permissions
from conformance.apis.endpoint import ARM, Action, Endpoint
from conformance.apis.shape import ArmList, Shape

DOCS = "https://learn.microsoft.com/rest/api/"
RULE_PATH = RESOURCE_GROUP_PATH + "/providers/Microsoft.Insights/dataCollectionRules/{rule}"
ENDPOINT_PATH = RESOURCE_GROUP_PATH + "/providers/Microsoft.Insights/dataCollectionEndpoints/{data_endpoint}"
SEND = "Microsoft.Insights/Telemetry/Write"
"""The data action of Monitoring Metrics Publisher that log ingestion requires on the rule."""


class Column(Shape, frozen=True, kw_only=True):
    """A column of a stream; ``type`` is string, int, long, real, boolean, datetime or dynamic."""

    name: str | None = None
    type: str | None = None


class Stream(Shape, frozen=True, kw_only=True):
    """The columns of the rows that a sender sends."""

    columns: tuple[Column, ...] | None = None


class WorkspaceDestination(Shape, frozen=True, kw_only=True):
    """A destination workspace, with a name that is local to the rule."""

    name: str | None = None
    workspace_resource_id: str | None = None
    workspace_id: str | None = None


class Destinations(Shape, frozen=True, kw_only=True):
    log_analytics: tuple[WorkspaceDestination, ...] | None = None


class DataFlow(Shape, frozen=True, kw_only=True):
    """Streams and their destinations. ``output_stream`` contains the name of the table: ``Custom-Orders_CL``."""

    streams: tuple[str, ...] | None = None
    destinations: tuple[str, ...] | None = None
    transform_kql: str | None = None
    output_stream: str | None = None


class RuleEndpoints(Shape, frozen=True, kw_only=True):
    """The hosts of a rule of the kind Direct, which needs no endpoint resource."""

    logs_ingestion: str | None = None
    metrics_ingestion: str | None = None


class RuleProperties(Shape, frozen=True, kw_only=True):
    immutable_id: str | None = None
    data_collection_endpoint_id: str | None = None
    stream_declarations: dict[str, Stream] | None = None
    destinations: Destinations | None = None
    data_flows: tuple[DataFlow, ...] | None = None
    data_sources: dict[str, Any] | None = None
    endpoints: RuleEndpoints | None = None
    provisioning_state: str | None = None


class Rule(Resource, frozen=True, kw_only=True):
    """A data collection rule. ``kind`` is Direct, Windows, Linux and others."""

    location: str
    properties: RuleProperties
    kind: str | None = None


class Host(Shape, frozen=True, kw_only=True):
    endpoint: str | None = None


class NetworkAcls(Shape, frozen=True, kw_only=True):
    """The allowed networks. ``public_network_access`` is Enabled, Disabled or SecuredByPerimeter."""

    public_network_access: str | None = None


class EndpointProperties(Shape, frozen=True, kw_only=True):
    immutable_id: str | None = None
    configuration_access: Host | None = None
    logs_ingestion: Host | None = None
    network_acls: NetworkAcls | None = None
    provisioning_state: str | None = None


class DataEndpoint(Resource, frozen=True, kw_only=True):
    """A data collection endpoint: the host for senders, and the networks that may use it."""

    location: str
    properties: EndpointProperties


RULE = Endpoint(
    name="arm.data_collection_rule",
    api=ARM,
    method="GET",
    path=RULE_PATH,
    answers=Rule,
    source=DOCS + "monitor/data-collection-rules/get",
    needs=Action("Microsoft.Insights/DataCollectionRules/Read"),
    api_version="2024-03-11",
)

DATA_ENDPOINT = Endpoint(
    name="arm.data_collection_endpoint",
    api=ARM,
    method="GET",
    path=ENDPOINT_PATH,
    answers=DataEndpoint,
    source=DOCS + "monitor/data-collection-endpoints/get",
    needs=Action("Microsoft.Insights/DataCollectionEndpoints/Read"),
    api_version="2024-03-11",
)

RULE_PERMISSIONS = Endpoint(
    name="arm.permissions_of_rule",
    api=ARM,
    method="GET",
    path=RULE_PATH + AUTHORIZATION + "/permissions",
    answers=ArmList[Permissions],
    source=DOCS + "authorization/permissions/list-for-resource",
    needs=Action("Microsoft.Authorization/permissions/read"),
    api_version="2022-04-01",
    paging="nextLink",
)
