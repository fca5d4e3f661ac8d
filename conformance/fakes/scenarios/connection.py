"""Scenarios of wrong connection files and refused credentials."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from conformance.connection import CLOUDS, ClientSecret, Secret
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state import tenant as state
from conformance.fakes.state.healthy import register
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World


@scenario("healthy", "everything as it should be")
def _healthy(world: World) -> None:
    """Change nothing."""


def _with_secret(world: World) -> None:
    """Give a connection without a client secret one, in place of its credential."""
    if not isinstance(world.connection.credential, ClientSecret):
        world.connection = replace(world.connection, credential=ClientSecret(Secret(secrets.token_urlsafe(30))))
        register(world.tenant, world.connection)


@scenario("secret-id-pasted", "the secret's ID was pasted where its value belongs", "secret_id_instead_of_value")
def _secret_id(world: World) -> None:
    _with_secret(world)
    key_id = world.tenant.app.secrets[0].key_id
    world.connection = replace(world.connection, credential=ClientSecret(Secret(key_id)))


@scenario("wrong-secret", "the secret is another app's", "wrong_client_secret")
def _wrong_secret(world: World) -> None:
    _with_secret(world)
    world.tenant.app.secrets[0].value = "another-secret"


@scenario("expired-secret", "the secret ended yesterday", "secret_expired")
def _expired_secret(world: World) -> None:
    _with_secret(world)
    world.tenant.expire_secret()


@scenario("wrong-tenant", "no tenant has the configured id", "tenant_not_found")
def _wrong_tenant(world: World) -> None:
    world.tenant.id = stable_id("another tenant")
    world.tenant.domains = ["another.example"]


@scenario("wrong-cloud", "the tenant lives in another cloud", "wrong_cloud")
def _wrong_cloud(world: World) -> None:
    world.tenant.cloud = CLOUDS["usgov-gcc-high" if world.connection.cloud.name == "public" else "public"]


@scenario("tenant-in-other-cloud", "the tenant lives in another cloud, and this one does not know it", "wrong_cloud")
def _tenant_in_other_cloud(world: World) -> None:
    _wrong_cloud(world)
    world.tenant.known_abroad = False


@scenario("app-missing", "the app is not in the tenant", "app_not_in_tenant")
def _app_missing(world: World) -> None:
    app = world.tenant.app
    app.client_id = stable_id("another app")
    world.tenant.apps = {app.client_id: app}


@scenario("malformed-client-id", "the client id is no GUID", "config_invalid")
def _malformed_client_id(world: World) -> None:
    world.connection = replace(world.connection, client_id="sentinel-reader")


@scenario("common-tenant", "the tenant is given as common", "tenant_malformed")
def _common_tenant(world: World) -> None:
    world.connection = replace(world.connection, tenant_id="common")


@scenario("workspace-name-as-id", "the workspace's name is given as its id", "workspace_id_not_guid")
def _workspace_name_as_id(world: World) -> None:
    world.connection = replace(world.connection, workspace_id=world.connection.workspace_name)


@scenario("app-disabled", "an administrator disabled the app", "app_disabled")
def _app_disabled(world: World) -> None:
    world.tenant.app.enabled = False


@scenario("service-principal-missing", "the app has no service principal in the tenant", "service_principal_missing")
def _service_principal_missing(world: World) -> None:
    world.tenant.app.service_principal_id = None


@scenario("conditional-access", "a Conditional Access policy blocks the app", "conditional_access_blocked")
def _conditional_access(world: World) -> None:
    world.tenant.conditional_access = stable_id("policy")


@scenario("defender-not-in-tenant", "Defender's API has no service principal in the tenant", "resource_not_in_tenant")
def _defender_not_in_tenant(world: World) -> None:
    del world.tenant.resources[state.DEFENDER_APP]


@scenario("defender-api-disabled", "Defender's service principal is disabled", "resource_disabled")
def _defender_api_disabled(world: World) -> None:
    world.tenant.resources[state.DEFENDER_APP].enabled = False


@scenario("assignment-required", "Defender's API demands an assignment that the app lacks", "app_assignment_required")
def _assignment_required(world: World) -> None:
    world.tenant.resources[state.DEFENDER_APP].assignment_required = True
    world.tenant.revoke("Machine.Read.All", "Alert.Read.All")


@scenario("azure-not-in-tenant", "Azure's API has no service principal in the tenant", "resource_not_in_tenant")
def _azure_not_in_tenant(world: World) -> None:
    del world.tenant.resources[state.ARM_APP]


@scenario(
    "queries-not-in-tenant", "Log Analytics' API has no service principal in the tenant", "resource_not_in_tenant"
)
def _queries_not_in_tenant(world: World) -> None:
    del world.tenant.resources[state.LOG_ANALYTICS_APP]


@scenario("graph-disabled", "Microsoft Graph's service principal is disabled", "resource_disabled")
def _graph_disabled(world: World) -> None:
    world.tenant.resources[state.GRAPH_APP].enabled = False


@scenario(
    "app-not-found",
    "the app is not in the tenant, and Entra says so with the number that the guide explains wrongly",
    "app_not_in_tenant",
    notes=("guide_step_without_effect",),
)
def _app_not_found(world: World) -> None:
    world.fault("entra/AADSTS700011")


ANOTHER_API = "api://another-api"


@scenario("odd-audience", "tokens for Microsoft Graph are issued for another audience", "wrong_token_audience")
def _odd_audience(world: World) -> None:
    world.tenant.odd_audiences[state.GRAPH_APP] = ANOTHER_API


@scenario("odd-azure-audience", "tokens for Azure are issued for another audience", "wrong_token_audience")
def _odd_azure_audience(world: World) -> None:
    world.tenant.odd_audiences[state.ARM_APP] = ANOTHER_API


@scenario("odd-query-audience", "tokens for Log Analytics are issued for another audience", "wrong_token_audience")
def _odd_query_audience(world: World) -> None:
    world.tenant.odd_audiences[state.LOG_ANALYTICS_APP] = ANOTHER_API


@scenario("odd-defender-audience", "tokens for Defender are issued for another audience", "wrong_token_audience")
def _odd_defender_audience(world: World) -> None:
    world.tenant.odd_audiences[state.DEFENDER_APP] = ANOTHER_API


@scenario("clock-skew", "this machine's clock is 20 minutes ahead", notes=("clock_skew",))
def _clock_skew(world: World) -> None:
    world.clock.skew = timedelta(minutes=20)
