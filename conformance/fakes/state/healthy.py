"""A healthy virtual world around a connection: everything that its profile needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import LOG_ANALYTICS, WORKSPACE, Action
from conformance.apis.permissions import RESOURCES
from conformance.connection import (
    Certificate,
    ClientSecret,
    Connection,
    Credential,
    FederatedToken,
    ManagedIdentity,
    SecretError,
)
from conformance.fakes.identity_provider import virtual_provider
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.services.sentinel_content import content
from conformance.fakes.state import tenant as state
from conformance.fakes.state.administrator import administrator
from conformance.fakes.state.defender_data import fill
from conformance.fakes.state.host_identities import UserIdentity
from conformance.fakes.state.log_ingestion import add_rule
from conformance.fakes.state.roles import RoleDefinition, allows
from conformance.fakes.state.table_rows import tables
from conformance.fakes.state.tenant import App, Resource, Subscription, Tenant, Workspace
from conformance.fakes.state.timeline import incidents, stable_id
from conformance.fakes.world import World
from conformance.probing.clock import VirtualClock

LOCAL = "Azure Sentinel"
"""The provider of incidents of a workspace that is not connected to the Defender portal."""
OWN_ROLE = "Connection of its own"
LOOKING = (
    "Microsoft.OperationalInsights/workspaces/read",
    "Microsoft.SecurityInsights/onboardingStates/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Authorization/*/read",
)
"""Azure actions that a verification itself needs, beside those of the profile; every role of Sentinel has them."""


def healthy(connection: Connection, start: datetime | None = None, began: datetime | None = None) -> World:
    """Return the world in which this connection works: its ids, its credential, its workspace.

    ``start`` stops the clock at that time; ``began`` is the start of another world of the same tenant, so that both
    have the same history.
    """
    clock = VirtualClock(start, began)
    tenant = Tenant(
        id=connection.tenant_id if _is_guid(connection.tenant_id) else stable_id("tenant", connection.tenant_id),
        name="Virtual Tenant",
        domains=["virtual.example"] if _is_guid(connection.tenant_id) else [connection.tenant_id.lower()],
        cloud=connection.cloud,
        clock=clock,
    )
    tenant.administrator = administrator(tenant)
    app = _app(connection)
    tenant.apps[app.client_id] = app
    register(tenant, connection)
    tenant.resources = {
        workspace.app_id: workspace
        for workspace in (
            Resource(state.GRAPH_APP, "Microsoft Graph"),
            Resource(state.ARM_APP, "Azure Resource Manager"),
            Resource(state.LOG_ANALYTICS_APP, "Log Analytics API"),
            Resource(state.DEFENDER_APP, "WindowsDefenderATP"),
        )
    }
    subscription = Subscription(connection.subscription_id, "Security", tenant.id)
    tenant.subscriptions[subscription.id.lower()] = subscription
    add_workspace(
        tenant,
        connection.subscription_id,
        connection.resource_group,
        connection.workspace_name,
        connection.workspace_id,
    )
    for app_id, roles in granted(connection).items():
        tenant.consent(app_id, *roles)
    assign_roles(tenant, connection)
    if connection.ingestion:
        add_rule(tenant, connection.ingestion)
    fill(tenant)
    return World([tenant], connection)


def add_workspace(tenant: Tenant, subscription: str, group: str, name: str, customer_id: str) -> Workspace:
    """Return a workspace with Microsoft Sentinel and a history, and its resource group.

    The tenant's first one is connected to the Defender portal: its incidents are those of Graph. Any other has
    incidents of its own, which Graph does not have.
    """
    now = tenant.clock.began
    story = (
        incidents(now, subscription, group, name, first=100, provider=LOCAL) if tenant.workspaces else incidents(now)
    )
    workspace = Workspace(subscription, group, name, customer_id, incidents=list(story))
    workspace.tables = tables(workspace, now)
    workspace.content = content(workspace, now)
    tenant.resource_groups.add((subscription.lower(), group.lower()))
    tenant.workspaces.append(workspace)
    return workspace


def _app(connection: Connection) -> App:
    client_id = connection.client_id or stable_id("managed identity", connection.tenant_id)
    return App(
        client_id=client_id.lower(),
        name="sentinel-reader",
        registration_id=stable_id("registration", client_id),
        service_principal_id=stable_id("service principal", client_id),
        requested={app_id: [(role, "Role") for role in roles] for app_id, roles in granted(connection).items()},
    )


def granted(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return the application permissions that a connection asks for, by the app id of their API."""
    needs = connection.needs
    permissions = {RESOURCES[api].app_id: (*needs.required(api), *needs.recommended(api)) for api in RESOURCES}
    return {app_id: roles for app_id, roles in permissions.items() if roles}


def assign_roles(tenant: Tenant, connection: Connection) -> None:
    """Assign the Azure roles of the profile to the app, and a custom role with the needed actions that they lack. A
    connection that does not use the workspace gets no role there.
    """
    if not connection.at_workspace:
        return
    needs = connection.needs
    for role in needs.roles:
        tenant.assign(role)
    actions = dict.fromkeys((*needs.actions, *(action.name for action in called_actions(connection))))
    grants = [assignment.role for assignment in tenant.assignments]
    missing_roles = [
        action
        for action in actions
        if not any(allows(role.actions, action) and not allows(role.not_actions, action) for role in grants)
    ]
    if missing_roles or not grants:
        own = RoleDefinition(stable_id("role", connection.client_id), OWN_ROLE, (*missing_roles, *LOOKING), custom=True)
        tenant.custom_roles.append(own)
        tenant.assign(OWN_ROLE)


def called_actions(connection: Connection) -> Iterator[Action]:
    """Yield the published Azure actions of the operations that a connection calls at its workspace."""
    for endpoint in ENDPOINTS.values():
        at_workspace = endpoint.path.startswith(WORKSPACE) or endpoint.api is LOG_ANALYTICS
        needs = endpoint.needs
        if at_workspace and isinstance(needs, Action) and needs.published and connection.needs.calls(endpoint):
            yield needs


def register(tenant: Tenant, connection: Connection) -> None:
    """Register the connection's credential on the tenant's app, as Entra stores it."""
    app, now, credential = tenant.app, tenant.clock.service_now(), connection.credential
    if isinstance(credential, ClientSecret):
        ends = now + timedelta(days=180)
        if connection.secret_expires:
            ends = datetime.combine(connection.secret_expires, ends.timetz())
        ids = [
            stable_id("key", app.client_id, *([number] if number else [])) for number in range(len(credential.secrets))
        ]
        app.secrets += [
            state.ClientSecret(secret.reveal(), id, ends, now - timedelta(days=30))
            for secret, id in zip(credential.secrets, ids, strict=True)
        ]
    elif isinstance(credential, Certificate):
        app.certificates += _key_credentials(credential)
    elif isinstance(credential, FederatedToken):
        app.federated.append(_federated_credential(credential))
        provider = virtual_provider()
        tenant.identity_providers[provider.issuer] = provider.published
    tenant.host.system = not (isinstance(credential, ManagedIdentity) and credential.selector)
    tenant.host.users = [_user_identity(tenant, credential)]


def _user_identity(tenant: Tenant, credential: Credential) -> UserIdentity:
    """Return the user-assigned identity that the tenant's app is, with the id by which the connection selects it."""
    resource = f"/subscriptions/{stable_id('host', tenant.id)}/resourceGroups/rg-host/providers"
    ids = {
        "client_id": tenant.app.client_id,
        "object_id": tenant.app.service_principal_id or "",
        "resource_id": f"{resource}/Microsoft.ManagedIdentity/userAssignedIdentities/sentinel-reader",
    }
    selectors = [credential.selector] if isinstance(credential, ManagedIdentity) and credential.selector else []
    return UserIdentity(**{**ids, **dict(selectors)})


def _key_credentials(credential: Certificate) -> list[KeyCredential]:
    """Return the certificate of a credential as registered on the app; none if the credential cannot be used."""
    try:
        return [KeyCredential.from_pem(credential.msal()["public_certificate"].encode())]
    except SecretError:
        return []


def _federated_credential(credential: FederatedToken) -> state.FederatedCredential:
    """Return a federated credential that matches the assertion which the connection will present."""
    from conformance.probing.tokens import decode_claims

    claims = decode_claims(credential.token())
    return state.FederatedCredential(*(str(claims.get(name, "")) for name in ("iss", "sub", "aud")))


def _is_guid(value: str) -> bool:
    from conformance.fakes.services.entra import GUID

    return GUID.fullmatch(value) is not None
