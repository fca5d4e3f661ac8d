"""Scenarios of log ingestion: another tool sends rows with the connection's app."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection.ingestion import Ingestion
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.data_collection import PROVIDER, Rule
from conformance.fakes.state.healthy import add_workspace
from conformance.fakes.state.log_ingestion import HOST, LOOKER, SENDER, add_rule
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World

STREAM = "Custom-Orders_CL"


def ingesting(world: World) -> Rule:
    """Return the rule that the connection names; a connection without one names it from now on."""
    connection, tenant = world.connection, world.tenant
    if connection.ingestion is None:
        rule = f"{tenant.workspace.group_scope}{PROVIDER}/dataCollectionRules/dcr-orders"
        ingestion = Ingestion(rule, STREAM, f"https://{HOST}.ingest.monitor.azure.com")
        world.connection = replace(connection, ingestion=ingestion)
        add_rule(tenant, ingestion)
    return next(iter(tenant.rules.values()))


def withdraw(world: World, role: str) -> None:
    """Remove all assignments of an Azure role."""
    tenant = world.tenant
    tenant.assignments = [assignment for assignment in tenant.assignments if assignment.role.name != role]


@scenario("with-ingestion", "everything as it should be, and another tool sends rows with the same app")
def _with_ingestion(world: World) -> None:
    ingesting(world)


@scenario("ingestion-rule-missing", "the data collection rule was deleted", "object_not_found")
def _rule_missing(world: World) -> None:
    del world.tenant.rules[ingesting(world).id.lower()]


@scenario(
    "ingestion-rule-unreadable", "the app may send to the rule, and may not look at it", notes=("rbac_role_missing",)
)
def _rule_unreadable(world: World) -> None:
    ingesting(world)
    withdraw(world, LOOKER)


@scenario("ingestion-role-missing", "the app has no role to send to the rule", "rbac_role_missing")
def _role_missing(world: World) -> None:
    ingesting(world)
    withdraw(world, SENDER)


@scenario("ingestion-stream-unknown", "the rule has another stream than the sender names", "config_invalid")
def _stream_unknown(world: World) -> None:
    rule = ingesting(world)
    rule.tables = {"Custom-Invoices_CL": "Invoices_CL"}


@scenario("ingestion-to-other-workspace", "the rule sends to another workspace", "workspace_id_mismatch")
def _other_workspace(world: World) -> None:
    rule, tenant = ingesting(world), world.tenant
    other = add_workspace(
        tenant, tenant.workspace.subscription_id, "rg-test", "law-test", stable_id("workspace", "law-test")
    )
    rule.workspace_scope, rule.workspace_id = other.scope, other.customer_id


@scenario("ingestion-table-missing", "the table that the rule writes to does not exist", "table_missing")
def _table_missing(world: World) -> None:
    for table in ingesting(world).tables.values():
        world.tenant.workspace.tables.pop(table, None)


@scenario("ingestion-endpoint-other", "the sender is configured with another endpoint", "config_invalid")
def _endpoint_other(world: World) -> None:
    ingesting(world)
    ingestion = world.connection.ingestion
    assert ingestion is not None
    other = "https://dce-old-c3d4.westeurope-1.ingest.monitor.azure.com"
    world.connection = replace(world.connection, ingestion=replace(ingestion, endpoint=other))


@scenario(
    "ingestion-from-private-networks",
    "the data collection endpoint takes rows from private networks only",
    notes=("network_access_disabled",),
)
def _private(world: World) -> None:
    ingesting(world)
    for endpoint in world.tenant.data_endpoints.values():
        endpoint.public = "Disabled"
