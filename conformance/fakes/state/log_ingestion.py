"""Log ingestion in the tenant: the rule, endpoint, table and role on the rule that a sender of rows needs."""

from __future__ import annotations

from conformance.connection.ingestion import Ingestion
from conformance.fakes.state.data_collection import PROVIDER, DataEndpoint, Rule
from conformance.fakes.state.tenant import TableState, Tenant

SENDER, LOOKER = "Monitoring Metrics Publisher", "Monitoring Reader"
HOST = "dce-orders-a1b2.westeurope-1"


def add_rule(tenant: Tenant, ingestion: Ingestion) -> Rule:
    """Add the data collection rule that a connection names, with everything needed to send to it; return it."""
    (subscription, name, _), workspace = ingestion.place, tenant.workspace
    group = f"/subscriptions/{subscription}/resourceGroups/{name}"
    tenant.resource_groups.add((subscription.lower(), name.lower()))
    host = ingestion.endpoint and ingestion.endpoint.removeprefix("https://").partition(".ingest.")[0]
    endpoint = DataEndpoint(f"{group}{PROVIDER}/dataCollectionEndpoints/dce-orders", host or HOST)
    table = ingestion.stream.partition("-")[2]
    rule = Rule(ingestion.rule, workspace.scope, workspace.customer_id, endpoint.id, {ingestion.stream: table})
    tenant.rules[rule.id.lower()], tenant.data_endpoints[endpoint.id.lower()] = rule, endpoint
    workspace.tables.setdefault(table, TableState(table, columns=dict(rule.columns)))
    tenant.assign(SENDER, scope=rule.id)
    for scope in (rule.id, endpoint.id):
        tenant.assign(LOOKER, scope=scope)
    return rule
