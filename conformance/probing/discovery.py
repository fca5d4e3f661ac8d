"""Validation of the token endpoint in a discovery document, before a secret is sent to it."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.apis.entra import OpenIdConfiguration
from conformance.connection import Connection
from conformance.connection.near_guid import GUID


def token_endpoint_problem(connection: Connection, document: OpenIdConfiguration) -> str | None:
    """Return why a secret must not be sent to the document's token endpoint; None if it may be sent.

    It must be the tenant's own endpoint, over https, on the login host of the connection's cloud. For a tenant
    configured by its domain, the document contains the tenant's id, both in the issuer and in the token endpoint. A
    document of another cloud has a separate finding.
    """
    cloud = document.cloud_instance_name
    if cloud is not None and not connection.cloud.login.endswith(f".{cloud}"):
        return None
    try:
        endpoint, issuer = urlsplit(document.token_endpoint), urlsplit(document.issuer)
        host, port = endpoint.hostname or "", endpoint.port
    except ValueError:
        return "the discovery document names a token endpoint that is no address"
    if endpoint.scheme != "https" or endpoint.username or port not in (None, 443):
        return f"the discovery document names a token endpoint that is no plain https address: {endpoint.scheme}"
    if host != urlsplit(connection.cloud.login).hostname:
        return f"the discovery document names a token endpoint on another host: {host}"
    tenant = connection.tenant_id.lower()
    allowed = {tenant}
    if not GUID.fullmatch(tenant):
        allowed.add(issuer.path.strip("/").partition("/")[0].lower())
    tenant_name = endpoint.path.strip("/").partition("/")[0].lower()
    if tenant_name not in allowed:
        return f"the discovery document names the token endpoint of another tenant: {tenant_name}"
    return None
