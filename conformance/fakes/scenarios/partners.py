"""Scenarios of providers: subscriptions that customers delegate (Azure Lighthouse), and apps that they consent."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection.connection_keys import OF_AZURE
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World

CUSTOMER, HOME = stable_id("partners", "customer"), stable_id("partners", "provider")


def _delegate(world: World) -> None:
    """The subscription is a customer's, which delegates all of it to the tenant of the app."""
    tenant = world.tenant
    for subscription in tenant.subscriptions.values():
        subscription.tenant_id = CUSTOMER
        subscription.managed_by = [tenant.id]
    tenant.assign("Reader")  # Microsoft Sentinel Reader does not show the subscription
    for assignment in tenant.assignments:
        assignment.delegated = True
        assignment.scope = f"/subscriptions/{tenant.workspace.subscription_id}"


@scenario("lighthouse", "everything as it should be, in a subscription that a customer delegates to the provider")
def _lighthouse(world: World) -> None:
    world.connection = replace(world.connection, customer_tenant_id=CUSTOMER, apis=OF_AZURE)
    _delegate(world)


@scenario("delegation-missing", "the customer delegates its subscription no longer", "wrong_token_tenant")
def _delegation_missing(world: World) -> None:
    _lighthouse(world)
    for subscription in world.tenant.subscriptions.values():
        subscription.managed_by.clear()


@scenario("delegation-without-role", "the delegation gives the provider's app no role", "rbac_role_missing")
def _delegation_without_role(world: World) -> None:
    _lighthouse(world)
    world.tenant.revoke_roles()


@scenario("delegation-of-another", "the delegated subscription is another customer's", "subscription_not_found")
def _delegation_of_another(world: World) -> None:
    _lighthouse(world)
    world.connection = replace(world.connection, customer_tenant_id=stable_id("partners", "another customer"))


@scenario(
    "graph-of-the-provider", "Graph is asked with the provider's token for a delegated customer", "wrong_token_tenant"
)
def _graph_of_the_provider(world: World) -> None:
    _delegate(world)


@scenario("multi-tenant-app", "everything as it should be, with a provider's app that the customer has consented")
def _multi_tenant_app(world: World) -> None:
    world.connection = replace(world.connection, home_tenant_id=HOME)


@scenario("multi-tenant-app-not-consented", "the customer never consented to the provider's app", "app_not_in_tenant")
def _multi_tenant_app_not_consented(world: World) -> None:
    _multi_tenant_app(world)
    world.tenant.apps = {"": replace(world.tenant.app, client_id=stable_id("another app"))}
