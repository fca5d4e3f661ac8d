"""Microsoft Entra ID: the identity of the tenant, and the access tokens of an application.

Discovery needs no credential. Names in the JSON are snake_case, as in OpenID Connect and OAuth 2.0.
"""

from __future__ import annotations

import msgspec

from conformance.apis.endpoint import ENTRA, Endpoint
from conformance.apis.shape import Shape


class OAuthShape(Shape, frozen=True, kw_only=True, rename="lower"):
    """A JSON object of Entra. Its wire names are the Python names."""


class OpenIdConfiguration(OAuthShape, frozen=True, kw_only=True):
    """The OpenID configuration of the tenant: its endpoints, its id (within ``issuer``) and its cloud."""

    issuer: str
    token_endpoint: str
    authorization_endpoint: str
    jwks_uri: str
    device_authorization_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    kerberos_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] | None = None
    scopes_supported: tuple[str, ...] | None = None
    tenant_region_scope: str | None = None
    cloud_instance_name: str | None = None
    cloud_graph_host_name: str | None = None
    msgraph_host: str | None = None
    rbac_url: str | None = None


class TokenResponse(OAuthShape, frozen=True, kw_only=True):
    """An issued access token from the v2.0 endpoint. Lifetimes are whole seconds, as numbers.

    (The v1.0 endpoint, which this suite does not use, sends them as strings.)
    """

    token_type: str
    expires_in: int
    access_token: str
    ext_expires_in: int | None = None
    refresh_in: int | None = None

    def __repr__(self) -> str:
        return f"TokenResponse(token_type={self.token_type!r}, expires_in={self.expires_in}, access_token=...)"

    # rich has its own way to inspect an object
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("token_type", self.token_type), ("expires_in", self.expires_in)]


class CloudMetadata(OAuthShape, frozen=True, kw_only=True):
    """A cloud: its login host, and all its names."""

    preferred_network: str
    preferred_cache: str
    aliases: tuple[str, ...]


class InstanceDiscovery(OAuthShape, frozen=True, kw_only=True):
    """The clouds known to a login host."""

    tenant_discovery_endpoint: str
    api_version: str | None = msgspec.field(name="api-version", default=None)
    metadata: tuple[CloudMetadata, ...] = ()


OPENID_CONFIGURATION = Endpoint(
    name="entra.openid_configuration",
    api=ENTRA,
    method="GET",
    path="/{tenant_id}/v2.0/.well-known/openid-configuration",
    answers=OpenIdConfiguration,
    source="https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc",
    abroad=True,
)

TOKEN = Endpoint(
    name="entra.token",
    api=ENTRA,
    method="POST",
    path="/{tenant_id}/oauth2/v2.0/token",
    answers=TokenResponse,
    source="https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow",
)

INSTANCE_DISCOVERY = Endpoint(
    name="entra.instance_discovery",
    api=ENTRA,
    method="GET",
    path="/common/discovery/instance",
    answers=InstanceDiscovery,
    source="https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud",
    api_version="1.1",
    query={"authorization_endpoint": "authorization_endpoint"},
)
