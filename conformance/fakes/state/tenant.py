"""The state of a virtual tenant. The routes decide their answers from it, as the services do from theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from conformance.apis.permissions import RESOURCES
from conformance.connection import Cloud
from conformance.fakes.identity_provider import IdentityProvider
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.state.assignments import Assignment, Denial
from conformance.fakes.state.data_collection import DataEndpoint, Rule
from conformance.fakes.state.defender import Defender
from conformance.fakes.state.host_identities import HostIdentities
from conformance.fakes.state.roles import BUILT_IN, RoleDefinition
from conformance.fakes.state.timeline import Incident
from conformance.probing.clock import VirtualClock

GRAPH_APP, ARM_APP, LOG_ANALYTICS_APP, DEFENDER_APP = (
    RESOURCES[name].app_id for name in ("graph", "arm", "log_analytics", "defender")
)


@dataclass
class ClientSecret:
    """A secret of an app: its value, its id (often pasted instead of the value) and its expiry."""

    value: str = field(repr=False)
    key_id: str
    ends: datetime
    starts: datetime


@dataclass
class FederatedCredential:
    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"


@dataclass
class Consent:
    """A consented application permission and the time of consent. Tokens issued before lack it, and tokens of the
    first ``delay`` after it.
    """

    resource_app_id: str
    role: str
    granted: datetime
    delay: timedelta = timedelta()


@dataclass
class App:
    """An app registration and its service principal in the tenant (``service_principal_id`` None: there is none)."""

    client_id: str
    name: str
    registration_id: str
    service_principal_id: str | None
    enabled: bool = True
    secrets: list[ClientSecret] = field(default_factory=list)
    certificates: list[KeyCredential] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    requested: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Resource app id to (permission name, ``Role`` or ``Scope``)."""


@dataclass
class Resource:
    """The service principal of an API in the tenant."""

    app_id: str
    name: str
    enabled: bool = True
    assignment_required: bool = False


@dataclass
class Subscription:
    id: str
    name: str
    tenant_id: str
    state: str = "Enabled"
    managed_by: list[str] = field(default_factory=list)
    """Tenants to which it or one of its resource groups is delegated (Azure Lighthouse)."""
    registered: set[str] = field(
        default_factory=lambda: {"Microsoft.SecurityInsights", "Microsoft.OperationalInsights"}
    )
    unregistering: set[str] = field(default_factory=set)
    """Registered providers that are being unregistered: existing resources still answer."""
    unlisted_versions: set[str] = field(default_factory=set)
    """api-versions that its providers no longer list but still accept."""

    @property
    def scope(self) -> str:
        """Return its resource id."""
        return f"/subscriptions/{self.id}"


@dataclass
class TableState:
    """A table of a workspace: its plan, its access to rows, and the rows as column to value."""

    name: str
    plan: str = "Analytics"
    protection: str = "General"
    rows: list[dict[str, Any]] = field(default_factory=list)
    partial: bool = False
    """Queries on it answer with a part of their rows, and an error beside them."""
    retention_days: int | None = None
    """Days of interactive retention; None: as the workspace."""
    total_retention_days: int | None = None
    """None: as the interactive retention."""
    sub_type: str | None = None
    """``tableSubType`` of a custom table, such as Classic."""
    columns: Mapping[str, str] | None = None
    """Column to Kusto type, of a table that was given; None for the tables that the virtual tenant has itself."""


@dataclass
class Workspace:
    subscription_id: str
    resource_group: str
    name: str
    customer_id: str
    location: str = "westeurope"
    onboarded: bool = True
    provisioning_state: str = "Succeeded"
    public_query: str = "Enabled"
    public_ingestion: str = "Enabled"
    ingestion_status: str = "RespectQuota"
    daily_quota_gb: float = -1.0
    retention_days: int = 90
    has_data: bool = True
    """False: no data was ever placed in it; queries answer 204."""
    linked_to_portal: bool = True
    """True if incidents of Microsoft XDR have the address of their page in the Defender portal."""
    vanishing: bool = False
    """Listed incidents are answered 404 when requested by id."""
    token_generation: int = 0
    """Continuation tokens of another generation are refused."""
    tables: dict[str, TableState] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    content: dict[str, list[Any]] = field(default_factory=dict)
    """Sentinel's other resources, by collection name (alertRules, dataConnectors, ...), as wire bodies."""

    @property
    def scope(self) -> str:
        """Return its resource id."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.OperationalInsights/workspaces/{self.name}"
        )

    @property
    def group_scope(self) -> str:
        """Return the resource id of its resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"


@dataclass
class Tenant:
    """A tenant of a cloud, with everything that a connection touches."""

    id: str
    name: str
    domains: list[str]
    cloud: Cloud
    clock: VirtualClock
    apps: dict[str, App] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    resource_groups: set[tuple[str, str]] = field(default_factory=set)
    """(subscription id, group name), both lower-cased."""
    workspaces: list[Workspace] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    """Data collection rules, by their lower-cased ARM ids."""
    data_endpoints: dict[str, DataEndpoint] = field(default_factory=dict)
    """Data collection endpoints, by their lower-cased ARM ids."""
    literal_wildcards: bool = False
    """True: ``workspaces/*/read`` of a role does not include ``workspaces/read``, which is not documented."""
    custom_roles: list[RoleDefinition] = field(default_factory=list)
    administrator: App | None = None
    """A principal with all rights."""
    defender: Defender = field(default_factory=Defender)
    host: HostIdentities = field(default_factory=HostIdentities)
    """The managed identities of the machine that a client runs on."""
    identity_providers: dict[str, IdentityProvider] = field(default_factory=dict)
    """Providers with available keys, by issuer. Signatures of others that an app trusts are not verified."""
    conditional_access: str | None = None
    """The id of a Conditional Access policy that blocks workload identities."""
    token_lifetime: timedelta = timedelta(seconds=3599)
    unready: set[str] = field(default_factory=set)
    """Ids of incidents, alerts and machines that are listed, but answered 404 when requested by id; for an incident of
    the workspace, its lists are."""
    odd_audiences: dict[str, str] = field(default_factory=dict)
    """The audience of tokens for an API, by its app id, where a claims policy of the tenant sets another."""
    known_abroad: bool = True
    """True if discovery of another cloud answers for it, with its cloud."""
    tokens_valid_from: datetime | None = None
    """Microsoft Graph challenges tokens that were issued before: continuous access evaluation."""

    # Look-ups

    @property
    def roles(self) -> Iterable[RoleDefinition]:
        """Return all role definitions, the built-in ones first."""
        return (*BUILT_IN.values(), *self.custom_roles)

    def app_by_id(self, client_id: str) -> App | None:
        """Return the app of a client id, the administrator among them."""
        if self.administrator and client_id.lower() == self.administrator.client_id:
            return self.administrator
        return self.apps.get(client_id.lower())

    def administers(self, principal_id: str | None) -> bool:
        """Return whether a service principal is the administrator's."""
        return self.administrator is not None and principal_id == self.administrator.service_principal_id

    def workspace_named(self, subscription_id: str, resource_group: str, name: str) -> Workspace | None:
        """Return a workspace by its place in Azure, in any letter case; None if there is none."""
        key = (subscription_id.lower(), resource_group.lower(), name.lower())
        for workspace in self.workspaces:
            if (workspace.subscription_id.lower(), workspace.resource_group.lower(), workspace.name.lower()) == key:
                return workspace
        return None

    def workspace_by_id(self, customer_id: str) -> Workspace | None:
        """Return a workspace by its workspace id (customer id), in any letter case; None if there is none."""
        return next(
            (workspace for workspace in self.workspaces if workspace.customer_id.lower() == customer_id.lower()), None
        )

    # Changes

    @property
    def app(self) -> App:
        """Return the connection's app: the first."""
        return next(iter(self.apps.values()))

    @property
    def workspace(self) -> Workspace:
        """Return the connection's workspace: the first."""
        return self.workspaces[0]

    def consent(
        self,
        resource_app_id: str,
        *roles: str,
        ago: timedelta = timedelta(days=30),
        delay: timedelta = timedelta(),
    ) -> None:
        """Add admin consent for application permissions of an API."""
        granted = self.clock.service_now() - ago
        self.app.consents += [Consent(resource_app_id, role, granted, delay) for role in roles]

    def revoke(self, *roles: str) -> None:
        """Remove the consent for these application permissions (for all, if none is named)."""
        self.app.consents = [consent for consent in self.app.consents if roles and consent.role not in roles]

    def assign(
        self,
        role: str,
        *,
        to: str | None = None,
        scope: str | None = None,
        ago: timedelta = timedelta(days=30),
        delay: timedelta = timedelta(),
    ) -> Assignment:
        """Assign an Azure role by name: to the app's service principal at the workspace's resource group,
        unless said.
        """
        definition = next(role_definition for role_definition in self.roles if role_definition.name == role)
        principal = to or self.app.service_principal_id or self.app.registration_id
        assignment = Assignment(
            definition, principal, scope or self.workspace.group_scope, self.clock.service_now() - ago, delay
        )
        self.assignments.append(assignment)
        return assignment

    def revoke_roles(self) -> None:
        """Remove all Azure roles."""
        self.assignments.clear()

    def expire_secret(self, ago: timedelta = timedelta(days=1)) -> None:
        """Make the app's secrets expired."""
        for secret in self.app.secrets:
            secret.ends = self.clock.service_now() - ago

    def drop_table(self, name: str) -> None:
        """Remove a table, as if it had never been provisioned in the workspace."""
        self.workspace.tables.pop(name, None)
