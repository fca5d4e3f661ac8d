"""The discovery documents of Microsoft Entra ID: of tenants and of instances."""

from __future__ import annotations

import httpx

from conformance.apis import entra
from conformance.connection import CLOUDS
from conformance.fakes.services.entra import SECURITY, SHARED, refuse, refuse_tenant
from conformance.fakes.services.routes import Call, answers, respond

INSTANCES = frozenset({"login.windows.net", "login.microsoft.com", "sts.windows.net"}) | {
    httpx.URL(cloud.login).host for cloud in CLOUDS.values()
}
"""Sign-in hosts that instance discovery knows: those of the clouds, and other names of the public one."""


def discovery_headers() -> dict[str, str]:
    """Return the headers of discovery documents: public, cacheable, without an id of the request."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Access-Control-Allow-Methods": "GET, OPTIONS",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "max-age=86400, private",
        **SECURITY,
        "x-ms-httpver": "1.1",
    }


@answers(entra.OPENID_CONFIGURATION, "recorded", "graph-azure recordings of 2024")
def openid_configuration(call: Call) -> httpx.Response:
    """Return the discovery document; needs no credential. Markup in the tenant's name gets an HTML page with status
    200.

    ``common`` and its like have a document too, with a place for the tenant in the issuer.
    """
    tenant_name = call.path["tenant_id"].lower()
    shared = tenant_name in SHARED
    if not shared and (refused := refuse_tenant(call, "tenant-not-found-at-discovery")):
        return refused
    tenant, login = call.tenant, f"https://{call.request.url.host}"
    here = f"{login}/{tenant_name if shared else tenant.id}"
    return respond(
        call,
        200,
        {
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{here}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{login}/{{tenantid}}/v2.0" if shared else f"{here}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{tenant.cloud.hosts.get('graph') or login}/oidc/userinfo",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{here}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "aud", "exp", "iat"],
            "kerberos_endpoint": f"{here}/kerberos",
            "tenant_region_scope": None if shared else "EU",
            "cloud_instance_name": httpx.URL(tenant.cloud.login).host.removeprefix("login."),
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        },
        discovery_headers(),
    )


@answers(entra.INSTANCE_DISCOVERY, "recorded", "sample of the public instance-discovery document")
def instance_discovery(call: Call) -> httpx.Response:
    """Return the hosts of each cloud; MSAL requests them before it trusts an authority."""
    login = call.request.url.host
    endpoint = call.option("authorization_endpoint")
    if endpoint is not None and _host(endpoint) not in INSTANCES:
        return refuse(call, "instance-unknown")
    return respond(
        call,
        200,
        {
            "tenant_discovery_endpoint": f"https://{login}/{call.tenant.id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": login, "preferred_cache": login, "aliases": [login]}],
        },
        discovery_headers(),
    )


def _host(text: str) -> str | None:
    """Return the host of a URL; None if it is not a URL."""
    try:
        return httpx.URL(text).host
    except httpx.InvalidURL:
        return None
