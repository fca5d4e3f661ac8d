"""Scenarios of managed identities, of workload identity, and of several client secrets side by side."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

from conformance.connection import ClientSecret, ManagedIdentity, Secret
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.services import managed_identity
from conformance.fakes.state.healthy import register
from conformance.fakes.state.host_identities import UserIdentity
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World
from conformance.verification.verdict import ExitCode

ENDPOINT = "managed_identity.token"


@scenario(
    "with-managed-identity",
    "everything as it should be, with a managed identity in place of a secret",
    credential="managed_identity",
)
def _with_managed_identity(world: World) -> None:
    """A connection that has a managed identity keeps its own."""
    if not isinstance(world.connection.credential, ManagedIdentity):
        world.connection = replace(world.connection, credential=ManagedIdentity())
        register(world.tenant, world.connection)


@scenario(
    "identity-not-assigned",
    "the machine has no managed identity",
    "credential_missing",
    credential="managed_identity",
)
def _identity_not_assigned(world: World) -> None:
    _with_managed_identity(world)
    world.tenant.host.system = False
    world.tenant.host.users.clear()


@scenario(
    "identity-not-chosen",
    "the machine has two user-assigned identities, and the connection names neither",
    "credential_missing",
    credential="managed_identity",
)
def _identity_not_chosen(world: World) -> None:
    _with_managed_identity(world)
    world.tenant.host.system = False
    other = {name: stable_id("another identity", name) for name in ("client_id", "object_id", "resource_id")}
    world.tenant.host.users.append(UserIdentity(**other))
    world.connection = replace(world.connection, credential=ManagedIdentity())


@scenario(
    "identity-endpoint-updating",
    "the managed identity endpoint is being updated, for longer than a run waits",
    "service_fault",
    exit_code=ExitCode.INCOMPLETE,
    credential="managed_identity",
)
def _identity_endpoint_updating(world: World) -> None:
    _with_managed_identity(world)
    world.disturb(lambda call: managed_identity.refuse(call, "updating"), endpoint=ENDPOINT)


@scenario(
    "identity-endpoint-missing",
    "this machine is none of Azure: no managed identity endpoint answers",
    "connection_failed",
    exit_code=ExitCode.INCOMPLETE,
    credential="managed_identity",
)
def _identity_endpoint_missing(world: World) -> None:
    _with_managed_identity(world)
    world.disturb(Obstacle.REFUSED, endpoint=ENDPOINT)


@scenario(
    "identity-without-consent",
    "the managed identity has no application permissions",
    "app_role_missing",
    "app_role_missing",
    credential="managed_identity",
)
def _identity_without_consent(world: World) -> None:
    _with_managed_identity(world)
    world.tenant.app.consents.clear()


def _with_two_secrets(world: World) -> None:
    """The app has two secrets, and the connection both."""
    old, new = (Secret(f"{name}8Q~{secrets.token_urlsafe(26)}"[:40]) for name in ("old", "new"))
    world.tenant.app.secrets.clear()
    world.connection = replace(world.connection, credential=ClientSecret(old, (new,)))
    register(world.tenant, world.connection)


@scenario("two-secrets", "the app has two secrets side by side, and both work")
def _two_secrets(world: World) -> None:
    _with_two_secrets(world)


@scenario("one-secret-expired", "of two secrets the first ended yesterday; the second works", notes=("secret_expired",))
def _one_secret_expired(world: World) -> None:
    _with_two_secrets(world)
    world.tenant.app.secrets[0].ends = world.clock.service_now() - timedelta(days=1)


@scenario(
    "all-secrets-refused", "of two secrets the first has ended, and the second is another app's", "secret_expired"
)
def _all_secrets_refused(world: World) -> None:
    _with_two_secrets(world)
    world.tenant.expire_secret()
    world.tenant.app.secrets.pop()
