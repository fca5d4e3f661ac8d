"""A connection: the values of the onboarding form, its cloud and its credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from conformance.apis.endpoint import APIS, Audience, Endpoint
from conformance.connection.clouds import CLOUDS, Cloud
from conformance.connection.credential import ClientSecret, Credential
from conformance.connection.expect import Expect
from conformance.connection.ingestion import Ingestion
from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.needs import Needs
from conformance.connection.profile import DEFAULT, Profile, get_profile
from conformance.connection.secret import Secret

USABLE = ("log_analytics", "sentinel", "graph", "defender")
"""The APIs that a connection can use."""


@dataclass(frozen=True, init=False)
class Connection:
    """One connection. It does not check formats: :func:`~conformance.connection.problems` returns the malformed values.

    ``client_secret`` is a shorthand for a :class:`ClientSecret` credential; ``cloud`` and ``profile`` may be names.
    Without ``apis``, the connection uses the APIs of its profile and its expectations.
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
    profile: Profile
    ingestion: Ingestion | None
    """The target of log ingestion by the same app; None if the app only reads."""
    customer_tenant_id: str | None
    """Azure Lighthouse: the tenant that delegates its subscription to ``tenant_id``, the provider's tenant."""
    home_tenant_id: str | None
    """The provider's tenant, where a multi-tenant app is registered; ``tenant_id`` is the customer's tenant."""

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
        apis: Sequence[str] | None = None,
        secret_expires: date | None = None,
        expect: Expect | None = None,
        profile: Profile | str = DEFAULT,
        ingestion: Ingestion | None = None,
        customer_tenant_id: str | None = None,
        home_tenant_id: str | None = None,
    ) -> None:
        if (client_secret is None) == (credential is None):
            raise TypeError("a connection has one credential: client_secret, or credential")
        if client_secret is not None:
            credential = ClientSecret(client_secret if isinstance(client_secret, Secret) else Secret(client_secret))
        profile = get_profile(profile) if isinstance(profile, str) else profile
        expect = expect or Expect()
        if apis is None:
            led_to = Needs.of(profile, expect).apis
            apis = [api_name for api_name in USABLE if api_name in led_to]
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
            "expect": expect,
            "profile": profile,
            "ingestion": ingestion,
            "customer_tenant_id": customer_tenant_id,
            "home_tenant_id": home_tenant_id,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def workspace(self) -> str:
        """Return the ARM id of the workspace."""
        return f"{self.group_scope}/providers/Microsoft.OperationalInsights/workspaces/{self.workspace_name}"

    @property
    def group_scope(self) -> str:
        """Return the ARM id of the resource group, where Microsoft recommends assigning the role."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @cached_property
    def needs(self) -> Needs:
        """Return the needs of the profile and the expectations."""
        return Needs.of(self.profile, self.expect)

    def calls(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether an operation is called: the connection uses its API, and the profile includes it."""
        return self.uses(endpoint.api.name) and self.needs.calls(endpoint)

    @property
    def at_workspace(self) -> bool:
        """Return whether the connection uses the workspace: Log Analytics, or Microsoft Sentinel."""
        return "log_analytics" in self.apis or "sentinel" in self.apis

    def uses(self, api: str) -> bool:
        """Return whether the connection uses an API. Azure Resource Manager is used with the workspace or with a data
        collection rule for sending rows.
        """
        if api == "arm":
            return self.at_workspace or self.ingestion is not None
        return api == "entra" or api in self.apis

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Return the audiences for which the connection needs tokens."""
        used = {APIS[api].audience for api in ("arm", *USABLE) if self.uses(api)}
        return tuple(audience for audience in self.cloud.audiences if audience in used)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the names of all hosts that the connection needs, for the allow-list of a proxy or firewall; port
        443.
        """
        return tuple(url.removeprefix("https://") for api, url in self.cloud.hosts.items() if self.uses(api))

    def facts(self) -> dict[str, str]:
        """Return the values under the names used in endpoint paths and fix commands. They contain no secrets."""
        return dict(self._facts)

    @cached_property
    def _facts(self) -> Mapping[str, str]:
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
            "role": self.needs.role,
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
        """Return the ways in which it differs from a customer's own app with its own credential; fixes depend on
        them.
        """
        differs = {
            "managed_identity": isinstance(self.credential, ManagedIdentity),
            "lighthouse": self.customer_tenant_id is not None,
            "multi_tenant": self.home_tenant_id is not None,
        }
        return tuple(name for name, is_so in differs.items() if is_so)
