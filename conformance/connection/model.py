"""A connection: the values of the onboarding form, its cloud and its credential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from conformance.apis.endpoint import APIS, Audience
from conformance.connection.clouds import CLOUDS, Cloud
from conformance.connection.credential import ClientSecret, Credential
from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.secret import Secret

USABLE = ("log_analytics", "sentinel", "graph", "defender")
"""What a connection can be for."""


@dataclass(frozen=True)
class Expect:
    """The expectations of a connection about its data; None means no expectation."""

    max_incident_age: timedelta | None = None
    """Of the newest row of SecurityIncident."""
    max_data_age: timedelta | None = timedelta(days=1)
    """Of the newest row of Usage, which is written hourly as long as anything is ingested."""
    max_ingestion_delay: timedelta | None = timedelta(hours=1)
    """95th percentile, of each table."""
    min_retention_days: int | None = None
    min_secret_days: int = 30
    """How long before its end a credential is warned about."""


@dataclass(frozen=True, init=False)
class Connection:
    """One connection. Formats are not checked here: :func:`~conformance.connection.problems` tells what is wrong.

    ``client_secret`` is a shorthand for a :class:`ClientSecret` credential; ``cloud`` may be a name.
    """

    name: str
    tenant_id: str
    client_id: str
    credential: Credential = field(repr=False)
    subscription_id: str
    resource_group: str
    workspace_id: str
    workspace_name: str
    cloud: Cloud
    apis: tuple[str, ...]
    secret_expires: date | None
    expect: Expect
    customer_tenant_id: str | None
    """Azure Lighthouse: the tenant that delegates its subscription to ``tenant_id``, which is the provider's."""
    home_tenant_id: str | None
    """A multi-tenant app: the provider's tenant, where it is registered; ``tenant_id`` is the customer's."""

    def __init__(
        self,
        name: str,
        tenant_id: str,
        client_id: str,
        subscription_id: str,
        resource_group: str,
        workspace_id: str,
        workspace_name: str,
        *,
        client_secret: str | Secret | None = None,
        credential: Credential | None = None,
        cloud: Cloud | str = "public",
        apis: Sequence[str] = USABLE,
        secret_expires: date | None = None,
        expect: Expect | None = None,
        customer_tenant_id: str | None = None,
        home_tenant_id: str | None = None,
    ) -> None:
        if (client_secret is None) == (credential is None):
            raise TypeError("a connection has one credential: client_secret, or credential")
        if client_secret is not None:
            credential = ClientSecret(client_secret if isinstance(client_secret, Secret) else Secret(client_secret))
        values = {
            "name": name,
            "tenant_id": tenant_id,
            "client_id": client_id,
            "credential": credential,
            "subscription_id": subscription_id,
            "resource_group": resource_group,
            "workspace_id": workspace_id,
            "workspace_name": workspace_name,
            "cloud": CLOUDS[cloud] if isinstance(cloud, str) else cloud,
            "apis": tuple(apis),
            "secret_expires": secret_expires,
            "expect": expect or Expect(),
            "customer_tenant_id": customer_tenant_id,
            "home_tenant_id": home_tenant_id,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def workspace(self) -> str:
        """The workspace's ARM id."""
        return f"{self.group_scope}/providers/Microsoft.OperationalInsights/workspaces/{self.workspace_name}"

    @property
    def group_scope(self) -> str:
        """The resource group's ARM id: where Microsoft advises to assign the role."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    def uses(self, api: str) -> bool:
        """Return whether the connection uses an API; Azure Resource Manager where Log Analytics or Sentinel is used."""
        if api == "arm":
            return "log_analytics" in self.apis or "sentinel" in self.apis
        return api == "entra" or api in self.apis

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """The audiences that it needs tokens for."""
        used = {APIS[api].audience for api in ("arm", *USABLE) if self.uses(api)}
        return tuple(audience for audience in self.cloud.audiences if audience in used)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of all hosts that it needs: an allow-list for a proxy or a firewall, port 443."""
        return tuple(url.removeprefix("https://") for api, url in self.cloud.hosts.items() if self.uses(api))

    def facts(self) -> dict[str, str]:
        """Return its values by the names that endpoints' paths and the commands of fixes use. No secret among them."""
        return {
            "tenant_id": self.tenant_id,
            "client_id": self.client_id,
            "subscription_id": self.subscription_id,
            "resource_group": self.resource_group,
            "workspace_id": self.workspace_id,
            "workspace_name": self.workspace_name,
            "workspace": self.workspace,
            "scope": self.group_scope,
            "login_host": self.cloud.login.removeprefix("https://"),
            "cloud_az": self.cloud.az,
            **{
                f"{api}_host": base.removeprefix("https://")
                for api in ("graph", "log_analytics")
                if (base := self.cloud.hosts.get(api))
            },
            "hosts": ", ".join(self.hosts),
            **({"kind": " ".join(self.kinds)} if self.kinds else {}),
            **({"customer_tenant_id": self.customer_tenant_id} if self.customer_tenant_id else {}),
            **({"home_tenant_id": self.home_tenant_id} if self.home_tenant_id else {}),
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """In which ways it differs from an app of the customer's own with a credential of its own, for its fixes."""
        differs = {
            "managed_identity": isinstance(self.credential, ManagedIdentity),
            "lighthouse": self.customer_tenant_id is not None,
            "multi_tenant": self.home_tenant_id is not None,
        }
        return tuple(name for name, is_so in differs.items() if is_so)
