"""Scenarios: how a tenant gets into a state, and the one cause that a verification must then name.

A scenario arranges a healthy world; every answer follows from the state. ``healthy`` arranges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import httpx

from conformance.connection import CLOUDS, ClientSecret, Secret
from conformance.fakes import tenant as state
from conformance.fakes.answering import Call, respond
from conformance.fakes.building import READER, add_workspace
from conformance.fakes.roles import RoleDefinition
from conformance.fakes.story import stable_id
from conformance.fakes.tenant import Subscription
from conformance.fakes.world import World
from conformance.verdict import ExitCode

Arrange = Callable[[World], None]


@dataclass(frozen=True)
class Scenario:
    """``causes`` are the root causes that a report must name, ``notes`` those that it must warn of; ``exit_code`` of
    the run.
    """

    name: str
    title: str
    arrange: Arrange
    causes: tuple[str, ...]
    notes: tuple[str, ...]
    exit_code: ExitCode


_scenarios: dict[str, Scenario] = {}
SCENARIOS: Mapping[str, Scenario] = MappingProxyType(_scenarios)


def scenario(
    name: str,
    title: str,
    *causes: str,
    notes: tuple[str, ...] = (),
    exit_code: ExitCode | None = None,
) -> Callable[[Arrange], Arrange]:
    """Declares a scenario by the function that arranges it."""

    def declare(arrange: Arrange) -> Arrange:
        if name in _scenarios:
            raise ValueError(f"two scenarios are named {name}")
        code = exit_code if exit_code is not None else (ExitCode.NONCONFORMANT if causes else ExitCode.CONFORMANT)
        _scenarios[name] = Scenario(name, title, arrange, causes, notes, code)
        return arrange

    return declare


@scenario("healthy", "everything as it should be")
def _healthy(world: World) -> None:
    """Nothing to arrange."""


# The connection's values and its credential


@scenario("secret-id-pasted", "the secret's ID was pasted where its value belongs", "secret_id_instead_of_value")
def _secret_id(world: World) -> None:
    key_id = world.tenant.app.secrets[0].key_id
    world.connection = replace(world.connection, credential=ClientSecret(Secret(key_id)))


@scenario("wrong-secret", "the secret is another app's", "wrong_client_secret")
def _wrong_secret(world: World) -> None:
    world.tenant.app.secrets[0].value = "another-secret"


@scenario("expired-secret", "the secret ended yesterday", "secret_expired")
def _expired_secret(world: World) -> None:
    world.tenant.expire_secret()


@scenario("wrong-tenant", "no tenant has the configured id", "tenant_not_found")
def _wrong_tenant(world: World) -> None:
    world.tenant.id = stable_id("another tenant")
    world.tenant.domains = ["another.example"]


@scenario("wrong-cloud", "the tenant lives in another cloud", "wrong_cloud")
def _wrong_cloud(world: World) -> None:
    world.tenant.cloud = CLOUDS["usgov-gcc-high" if world.connection.cloud.name == "public" else "public"]


@scenario("app-missing", "the app is not in the tenant", "app_not_in_tenant")
def _app_missing(world: World) -> None:
    app = world.tenant.app
    app.client_id = stable_id("another app")
    world.tenant.apps = {app.client_id: app}


# Consent


@scenario("no-graph-consent", "the Graph permissions were never consented", "app_role_missing")
def _no_graph_consent(world: World) -> None:
    world.tenant.app.consents = [one for one in world.tenant.app.consents if one.resource_app_id != state.GRAPH_APP]


@scenario("no-defender-consent", "the Defender permissions were never consented", "app_role_missing")
def _no_defender_consent(world: World) -> None:
    world.tenant.app.consents = [one for one in world.tenant.app.consents if one.resource_app_id != state.DEFENDER_APP]


# Azure roles


@scenario("no-azure-role", "the service principal has no Azure role at all", "rbac_role_missing")
def _no_azure_role(world: World) -> None:
    world.tenant.revoke_roles()


@scenario("role-on-wrong-scope", "the role was given on another workspace", "rbac_wrong_scope")
def _role_on_wrong_scope(world: World) -> None:
    tenant = world.tenant
    tenant.revoke_roles()
    other = add_workspace(
        tenant, tenant.workspace.subscription_id, "rg-test", "law-test", stable_id("workspace", "law-test")
    )
    tenant.assign(READER, scope=other.scope)


@scenario("role-on-wrong-principal", "the role was given to the app registration's object id", "rbac_wrong_principal")
def _role_on_wrong_principal(world: World) -> None:
    # An auditor's role lets the app see who has which role here; without any role nobody can tell.
    tenant = world.tenant
    tenant.revoke_roles()
    tenant.custom_roles.append(
        RoleDefinition(stable_id("role", "auditor"), "Access Auditor", ("Microsoft.Authorization/*/read",), custom=True)
    )
    tenant.assign("Access Auditor")
    tenant.assign(READER, to=tenant.app.registration_id)


# Where things are


@scenario("wrong-subscription", "no subscription has the configured id", "subscription_not_found")
def _wrong_subscription(world: World) -> None:
    _move(world, subscription=stable_id("another subscription"))


@scenario("wrong-resource-group", "the workspace is in another resource group", "resource_group_not_found")
def _wrong_resource_group(world: World) -> None:
    _move(world, group="rg-elsewhere")


@scenario("wrong-workspace", "the workspace has another name", "workspace_not_found")
def _wrong_workspace(world: World) -> None:
    _move(world, name="law-elsewhere")


def _move(world: World, *, subscription: str | None = None, group: str | None = None, name: str | None = None) -> None:
    """The workspace is not where the connection says, and the role is where the workspace is."""
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


@scenario("table-missing", "the table SecurityIncident was never provisioned", "table_missing")
def _table_missing(world: World) -> None:
    world.tenant.drop_table("SecurityIncident")


# Services


@scenario("no-licence", "Defender is not licensed in the tenant", "licence_missing")
def _no_licence(world: World) -> None:
    world.tenant.defender.provisioned = False
    world.tenant.defender.active = False


@scenario("throttled", "Azure asks to slow down at first, then answers", notes=("throttled",))
def _throttled(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        subscription = call.path.get("subscription_id", "")
        subject = f"subscription '{subscription}' actor '{call.claims.get('oid', '')}'"
        message = f"Number of 'read' requests for {subject} exceeded. Please try again after '5' seconds."
        return respond(
            call,
            429,
            {"error": {"code": "SubscriptionRequestsThrottled", "message": message}},
            {"Content-Type": "application/json; charset=utf-8", "Retry-After": "5"},
        )

    world.disturb(answer, api="sentinel", times=3)


@scenario("service-down", "Log Analytics is not available", "service_fault", exit_code=ExitCode.INCOMPLETE)
def _service_down(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        body = {"error": {"message": "The service is unavailable", "code": "ServiceUnavailableError"}}
        return respond(call, 503, body, {"Content-Type": "application/json; charset=utf-8", "Retry-After": "5"})

    world.disturb(answer, api="log_analytics")


@scenario("empty-tenant", "nothing has happened yet: no incidents, no alerts, no machines")
def _empty_tenant(world: World) -> None:
    tenant = world.tenant
    tenant.workspace.incidents.clear()
    for table in tenant.workspace.tables.values():
        table.rows.clear()
    tenant.workspace.content = {name: [] for name in tenant.workspace.content}
    for listed in (
        tenant.defender.machines,
        tenant.defender.alerts,
        tenant.defender.graph_alerts,
        tenant.defender.graph_incidents,
    ):
        listed.clear()
