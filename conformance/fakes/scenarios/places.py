"""Scenarios of wrong places: subscription, resource group, workspace, or a workspace without Sentinel."""

from __future__ import annotations

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.healthy import add_workspace
from conformance.fakes.state.tenant import Subscription
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World


@scenario("wrong-subscription", "no subscription has the configured id", "subscription_not_found")
def _wrong_subscription(world: World) -> None:
    _move(world, subscription=stable_id("another subscription"))


@scenario("other-subscription", "the workspace is in another subscription", "subscription_not_found")
def _other_subscription(world: World) -> None:
    configured = world.tenant.subscriptions[world.connection.subscription_id.lower()]
    _move(world, subscription=stable_id("another subscription"))
    world.tenant.subscriptions[configured.id.lower()] = configured


@scenario("wrong-resource-group", "the workspace is in another resource group", "resource_group_not_found")
def _wrong_resource_group(world: World) -> None:
    _move(world, group="rg-elsewhere")


@scenario("wrong-workspace", "the workspace has another name", "workspace_not_found")
def _wrong_workspace(world: World) -> None:
    _move(world, name="law-elsewhere")


def _move(world: World, *, subscription: str | None = None, group: str | None = None, name: str | None = None) -> None:
    """Move the workspace to another place than configured; the role is assigned at the new place."""
    tenant, workspace = world.tenant, world.tenant.workspace
    tenant.revoke_roles()
    if subscription:
        tenant.subscriptions = {subscription: Subscription(subscription, "Security", tenant.id)}
        workspace.subscription_id = subscription
    workspace.resource_group = group or workspace.resource_group
    workspace.name = name or workspace.name
    tenant.resource_groups = {(workspace.subscription_id.lower(), workspace.resource_group.lower())}
    tenant.assign(READER)


@scenario("mismatched-workspace-id", "the workspace id is another workspace's", "workspace_id_mismatch")
def _mismatched_workspace_id(world: World) -> None:
    workspace = world.tenant.workspace
    add_workspace(world.tenant, workspace.subscription_id, "rg-other", "law-other", workspace.customer_id)
    workspace.customer_id = stable_id("customer id")


@scenario(
    "sentinel-not-onboarded",
    "the workspace is there, Microsoft Sentinel is not enabled on it",
    "sentinel_not_onboarded",
)
def _not_onboarded(world: World) -> None:
    workspace = world.tenant.workspace
    workspace.onboarded = False
    for table in ("SecurityIncident", "SecurityAlert", "SentinelHealth"):
        world.tenant.drop_table(table)


@scenario("network-access-disabled", "the workspace refuses queries from public networks", "network_access_disabled")
def _network_access_disabled(world: World) -> None:
    world.tenant.workspace.public_query = "Disabled"


@scenario("foreign-subscription", "the subscription belongs to another tenant", "wrong_token_tenant")
def _foreign_subscription(world: World) -> None:
    for subscription in world.tenant.subscriptions.values():
        subscription.tenant_id = stable_id("another tenant")


@scenario("subscription-disabled", "the subscription is disabled", "subscription_disabled")
def _subscription_disabled(world: World) -> None:
    tenant = world.tenant
    for subscription in tenant.subscriptions.values():
        subscription.state = "Disabled"
        tenant.assign("Reader", scope=subscription.scope)


@scenario("provider-not-registered", "Sentinel's resource provider is not registered", "provider_not_registered")
def _provider_not_registered(world: World) -> None:
    for subscription in world.tenant.subscriptions.values():
        subscription.registered.discard("Microsoft.SecurityInsights")


@scenario("resource-group-missing", "the subscription holds no such resource group", "resource_group_not_found")
def _resource_group_missing(world: World) -> None:
    _move(world, group="rg-elsewhere")
    world.tenant.assign("Reader", scope=world.tenant.subscriptions[world.connection.subscription_id.lower()].scope)
