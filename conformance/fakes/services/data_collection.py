"""Data collection rules and endpoints in the virtual tenant's Azure Resource Manager."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import data_collection
from conformance.fakes.services.arm import permissions
from conformance.fakes.services.arm_gateway import ok, refuse
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.state.data_collection import DataEndpoint, Rule
from conformance.fakes.state.timeline import stable_id

SPECIFICATION = "Azure Monitor data collection API, 2024-03-11, with its examples"


@answers(data_collection.RULE, "specified", SPECIFICATION)
def rule(call: Call) -> httpx.Response:
    """Return a data collection rule by its path, or 404."""
    match = call.tenant.rules.get(call.request.url.path.lower())
    return _missing(call, "dataCollectionRules", "rule") if match is None else ok(call, rule_body(match))


@answers(data_collection.DATA_ENDPOINT, "specified", SPECIFICATION)
def data_endpoint(call: Call) -> httpx.Response:
    """Return a data collection endpoint by its path, or 404."""
    match = call.tenant.data_endpoints.get(call.request.url.path.lower())
    if match is None:
        return _missing(call, "dataCollectionEndpoints", "data_endpoint")
    return ok(call, endpoint_body(match))


answers(data_collection.RULE_PERMISSIONS, "recorded", "azure-sdk recordings of the permissions list")(permissions)


def _missing(call: Call, kind: str, name: str) -> httpx.Response:
    resource = f"Microsoft.Insights/{kind}/{call.path[name]}"
    return refuse(call, "resource-not-found", resource=resource, group=call.path["resource_group"])


def rule_body(rule: Rule) -> dict[str, Any]:
    """Return a rule as the API gives it: one data flow for each stream."""
    columns = [{"name": name, "type": kind} for name, kind in rule.columns.items()]
    return {
        "id": rule.id,
        "name": rule.name,
        "type": "Microsoft.Insights/dataCollectionRules",
        "location": "westeurope",
        "etag": '"070057da-0000-0000-0000-5ba70d6c0000"',
        "properties": {
            "immutableId": f"dcr-{stable_id('rule', rule.id).replace('-', '')}",
            **({"dataCollectionEndpointId": rule.endpoint_id} if rule.endpoint_id else {}),
            "streamDeclarations": {
                stream: {"columns": columns} for stream in rule.tables if stream.startswith("Custom-")
            },
            "destinations": {
                "logAnalytics": [
                    {
                        "name": "workspace",
                        "workspaceResourceId": rule.workspace_scope,
                        "workspaceId": rule.workspace_id,
                    }
                ]
            },
            "dataFlows": [
                {
                    "streams": [stream],
                    "destinations": ["workspace"],
                    "transformKql": "source",
                    "outputStream": f"{'Custom' if table.endswith('_CL') else 'Microsoft'}-{table}",
                }
                for stream, table in rule.tables.items()
            ],
            "provisioningState": "Succeeded",
        },
    }


def endpoint_body(endpoint: DataEndpoint) -> dict[str, Any]:
    """Return an endpoint as the API gives it, with its hosts."""
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "type": "Microsoft.Insights/dataCollectionEndpoints",
        "location": "westeurope",
        "etag": '"0000ae31-0000-0100-0000-65fd441c0000"',
        "properties": {
            "immutableId": f"dce-{stable_id('endpoint', endpoint.id).replace('-', '')}",
            "configurationAccess": {"endpoint": f"https://{endpoint.host}.handler.control.monitor.azure.com"},
            "logsIngestion": {"endpoint": f"https://{endpoint.host}.ingest.monitor.azure.com"},
            "metricsIngestion": {"endpoint": f"https://{endpoint.host}.metrics.ingest.monitor.azure.com"},
            "networkAcls": {"publicNetworkAccess": endpoint.public},
            "provisioningState": "Succeeded",
        },
    }
