"""Microsoft Entra ID of the virtual tenant: discovery and the token endpoint, deciding in the service's order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx

from conformance.apis import entra
from conformance.apis.endpoint import ENTRA, Audience
from conformance.apis.permissions import RESOURCES
from conformance.fakes.answering import Call, Refuser, answers, new_id, respond, stray
from conformance.fakes.assertions import federated, signed_by_certificate
from conformance.fakes.tenant import App
from conformance.fakes.tokens import issue

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TENANT = re.compile(r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+|" + GUID.pattern, re.IGNORECASE)
SHARED = frozenset({"common", "organizations", "consumers"})
AUDIENCES: tuple[Audience, ...] = ("arm", "log_analytics", "graph", "defender")


def headers(call: Call, status: int = 200) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
        "x-ms-request-id": new_id(),
        "x-ms-ests-server": "2.1.18708.3 - SCUS ProdSlices",
        "x-ms-srs": "1.P",
        "X-XSS-Protection": "0",
        "Set-Cookie": "fpc=virtual; x-ms-gateway-slice=estsfd; stsservicecookie=estsfd",
    }


def body(call: Call, error: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The error document, with the trailer of texts since 2024 (single blanks)."""
    now = call.tenant.clock.service_now().strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = new_id(), call.request.headers.get("client-request-id") or new_id()
    code = re.match(r"AADSTS(\d+)", message)
    number = int(code.group(1)) if code else 0
    return {
        "error": error,
        "error_description": f"{message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
        "error_codes": [number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://{call.request.url.host}/error?code={number}",
        **{key: value for key, value in extra.items() if key in ("suberror", "claims")},
    }


refusals = Refuser(ENTRA, body, headers)
REFERENCE = "learn.microsoft.com/entra/identity-platform/reference-error-codes"


def refusal(
    name: str, status: int, error: str, message: str, tier: Any = "observed", **extra: Any
) -> Callable[..., httpx.Response]:
    return refusals.declare(name, status, error, message, tier, REFERENCE, **extra)


not_post = refusal(
    "not-post",
    400,
    "invalid_request",
    "AADSTS900561: The endpoint only accepts POST requests. Received a GET request.",
    "inferred",
)
body_malformed = refusal(
    "body-malformed",
    400,
    "invalid_request",
    "AADSTS9002313: Invalid request. Request is malformed or invalid.",
    "inferred",
)
parameter_missing = refusal(
    "parameter-missing",
    400,
    "invalid_request",
    "AADSTS900144: The request body must contain the following parameter: '{name}'.",
)
grant_unsupported = refusal(
    "grant-unsupported",
    400,
    "unsupported_grant_type",
    "AADSTS70003: The app requested an unsupported grant type '{grant}'.",
)
credential_missing = refusal(
    "credential-missing",
    401,
    "invalid_client",
    "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials'"
    " grant type.",
    "recorded",
)
tenant_malformed = refusal(
    "tenant-malformed",
    400,
    "invalid_request",
    "AADSTS900023: Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    "recorded",
)
NOT_FOUND = (
    "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into"
    " the correct cloud. Check with your subscription administrator, this may happen if there are no active"
    " subscriptions for the tenant."
)
tenant_not_found = refusal("tenant-not-found", 400, "invalid_request", NOT_FOUND, "recorded")
tenant_not_discovered = refusal("tenant-not-found-at-discovery", 400, "invalid_tenant", NOT_FOUND, "recorded")
app_not_found = refusal(
    "app-not-found",
    400,
    "unauthorized_client",
    "AADSTS700016: Application with identifier '{client_id}' was not found in the directory '{tenant}'. This"
    " can happen if the application has not been installed by the administrator of the tenant or consented to"
    " by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
)
service_principal_missing = refusal(
    "service-principal-missing",
    401,
    "invalid_client",
    "AADSTS7000229: The client application {client_id} is missing service principal in the tenant {tenant}.",
    "inferred",
)
app_disabled = refusal(
    "app-disabled",
    400,
    "unauthorized_client",
    "AADSTS7000112: Application '{client_id}'({app_name}) is disabled.",
    "inferred",
)
secret_wrong = refusal(
    "secret-wrong",
    401,
    "invalid_client",
    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client"
    " secret value, not the client secret ID, for a secret added to app '{client_id}'.",
    "recorded",
)
secret_expired = refusal(
    "secret-expired",
    401,
    "invalid_client",
    "AADSTS7000222: The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal"
    " to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate"
    " credentials for added security: https://aka.ms/certCreds.",
)
certificate_unknown = refusal(
    "certificate-unknown",
    401,
    "invalid_client",
    "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on"
    " application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']",
)
assertion_expired = refusal(
    "assertion-expired",
    401,
    "invalid_client",
    "AADSTS700024: Client assertion is not within its valid time range. Current time: {now}, assertion valid"
    " from {starts}, expiry time of assertion {ends}.",
)
federation_subject = refusal(
    "federation-subject",
    401,
    "invalid_client",
    "AADSTS700213: No matching federated identity record found for presented assertion subject '{subject}'."
    " Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
)
federation_issuer = refusal(
    "federation-issuer",
    401,
    "invalid_client",
    "AADSTS700211: No matching federated identity record found for presented assertion issuer '{issuer}'. Check"
    " your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
)
federation_audience = refusal(
    "federation-audience",
    401,
    "invalid_client",
    "AADSTS700212: No matching federated identity record found for presented assertion audience '{audience}'.",
    "inferred",
)
scope_missing = refusal(
    "scope-missing",
    400,
    "invalid_request",
    "AADSTS90014: The required field 'scope' is missing from the credential. Ensure that you have all the"
    " necessary parameters for the login request.",
)
scope_malformed = refusal(
    "scope-malformed",
    400,
    "invalid_scope",
    "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a"
    " scope value with /.default suffixed to the resource identifier (application ID URI).",
)
scope_of_two = refusal(
    "scope-of-two",
    400,
    "invalid_scope",
    "AADSTS28000: Provided value for the input parameter scope is not valid because it contains more than one"
    " resource. Scope {scope} is not valid.",
)
resource_on_v2 = refusal(
    "resource-on-v2",
    400,
    "invalid_request",
    "AADSTS901002: The 'resource' request parameter is not supported.",
    "inferred",
)
resource_not_found = refusal(
    "resource-not-found",
    400,
    "invalid_resource",
    "AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This can"
    " happen if the application has not been installed by the administrator of the tenant or consented to by"
    " any user in the tenant. You might have sent your authentication request to the wrong tenant.",
)
resource_disabled = refusal(
    "resource-disabled",
    400,
    "invalid_resource",
    "AADSTS500014: The service principal for resource '{resource}' is disabled. This indicate that a"
    " subscription within the tenant has lapsed, or that the administrator for this tenant has disabled the"
    " application, preventing tokens from being issued for it.",
    "inferred",
)
assignment_required = refusal(
    "assignment-required",
    400,
    "invalid_grant",
    "AADSTS501051: Application '{client_id}'({app_name}) is not assigned to a role for the application"
    " '{resource}'({resource_name}).",
)
access_blocked = refusal(
    "access-blocked",
    400,
    "invalid_grant",
    "AADSTS53003: Access has been blocked by Conditional Access policies. The access policy does not allow"
    " token issuance.",
    suberror="message_only",
)


@answers(entra.OPENID_CONFIGURATION, "recorded", "graph-azure recordings of 2024")
def openid_configuration(call: Call) -> httpx.Response:
    """The discovery document; needs no credential. Markup in the tenant's name gets an HTML page with status 200."""
    if refused := _tenant(call, tenant_not_discovered):
        return refused
    tenant, login = call.tenant, f"https://{call.request.url.host}"
    here = f"{login}/{tenant.id}"
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
            "issuer": f"{here}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{tenant.cloud.hosts.get('graph') or login}/oidc/userinfo",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{here}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "aud", "exp", "iat"],
            "kerberos_endpoint": f"{here}/kerberos",
            "tenant_region_scope": "EU",
            "cloud_instance_name": httpx.URL(tenant.cloud.login).host.removeprefix("login."),
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        },
        {**headers(call), "Cache-Control": "max-age=86400, private", "Access-Control-Allow-Origin": "*"},
    )


@answers(entra.INSTANCE_DISCOVERY, "recorded", "sample of the public instance-discovery document")
def instance_discovery(call: Call) -> httpx.Response:
    login = call.request.url.host
    return respond(
        call,
        200,
        {
            "tenant_discovery_endpoint": f"https://{login}/{call.tenant.id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": login, "preferred_cache": login, "aliases": [login]}],
        },
        headers(call),
    )


@answers(entra.TOKEN, "recorded", "graph-azure recordings of 2021-2024")
def token(call: Call) -> httpx.Response:
    """A token, or the first thing that is wrong, in the order of the service (partly inferred)."""
    form = {
        name: values[0]
        for name, values in parse_qs(call.request.content.decode("utf-8", "replace"), keep_blank_values=True).items()
    }
    if not form:
        return body_malformed(call)
    if "grant_type" not in form:
        return parameter_missing(call, name="grant_type")
    if form["grant_type"] != "client_credentials":
        return grant_unsupported(call, grant=form["grant_type"])
    if not (form.get("client_secret") or form.get("client_assertion")):
        return credential_missing(call)
    if not form.get("client_id"):
        return parameter_missing(call, name="client_id")
    if refused := _tenant(call, tenant_not_found):
        return refused
    app = call.tenant.apps.get(form["client_id"].lower())
    if app is None:
        return app_not_found(call, client_id=form["client_id"], tenant=call.tenant.name)
    return _app(call, app) or _credential(call, app, form) or _scope(call, app, form) or _issued(call, app, form)


def _tenant(call: Call, not_found: Callable[..., httpx.Response]) -> httpx.Response | None:
    named = call.path["tenant_id"]
    if any(sign in named for sign in '<>"'):
        return respond(
            call,
            200,
            "<!DOCTYPE html><html><head><title>Sign in to your account</title></head></html>",
            {**headers(call), "Content-Type": "text/html; charset=utf-8"},
        )
    if named.lower() in SHARED or not TENANT.fullmatch(named):
        return tenant_malformed(call, tenant=named)
    tenant = call.tenant
    if named.lower() not in (tenant.id.lower(), *tenant.domains):
        return not_found(call, tenant=named)
    # Discovery of a tenant of another cloud is answered, and names its cloud; tokens are not (inferred).
    if not_found is tenant_not_found and call.request.url.host != httpx.URL(tenant.cloud.login).host:
        return not_found(call, tenant=named)
    return None


def _app(call: Call, app: App) -> httpx.Response | None:
    names = {"client_id": app.client_id, "app_name": app.name, "tenant": call.tenant.id}
    if app.service_principal_id is None:
        return service_principal_missing(call, **names)
    return None if app.enabled else app_disabled(call, **names)


def _credential(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response | None:
    if "client_assertion" in form:
        return _assertion(call, app, form["client_assertion"])
    now = call.tenant.clock.service_now()
    known = [secret for secret in app.secrets if secret.value == form["client_secret"]]
    if not known:
        return secret_wrong(call, client_id=app.client_id)
    return None if any(secret.ends > now for secret in known) else secret_expired(call, client_id=app.client_id)


def _assertion(call: Call, app: App, assertion: str) -> httpx.Response | None:
    now = call.tenant.clock.service_now()
    verdict = signed_by_certificate(app, assertion, now) or federated(app, assertion, now)
    refuse = {
        "certificate": certificate_unknown,
        "expired": assertion_expired,
        "subject": federation_subject,
        "issuer": federation_issuer,
        "audience": federation_audience,
    }.get(verdict.problem or "")
    return refuse(call, **verdict.values) if refuse else None


def _scope(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response | None:
    if "resource" in form:
        return resource_on_v2(call)
    scope = form.get("scope", "").strip()
    if not scope:
        return scope_missing(call)
    if " " in scope:
        return scope_of_two(call, scope=scope)
    if not scope.endswith("/.default"):
        return scope_malformed(call, scope=scope)
    asked = scope.removesuffix("/.default")
    audience = _audience(call, asked)
    resource = call.tenant.resources.get(RESOURCES[audience].app_id) if audience else None
    if resource is None:
        return resource_not_found(call, resource=asked, tenant=call.tenant.name)
    names = {"resource": asked, "client_id": app.client_id, "app_name": app.name, "resource_name": resource.name}
    if not resource.enabled:
        return resource_disabled(call, **names)
    held = any(one.resource_app_id == resource.app_id for one in app.consents)
    if resource.assignment_required and not held:
        return assignment_required(call, **names)
    if call.tenant.conditional_access:
        policy = {"essential": True, "values": [call.tenant.conditional_access]}
        return access_blocked(call, claims=json.dumps({"access_token": {"capolids": policy}}))
    return None


def _audience(call: Call, asked: str) -> Audience | None:
    return next((one for one in AUDIENCES if call.tenant.cloud.accepts(one, asked)), None)


def _issued(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response:
    asked = form["scope"].strip().removesuffix("/.default")
    audience = _audience(call, asked)
    assert audience is not None
    kind = "2" if "client_assertion" in form else "1"
    life = int(call.tenant.token_lifetime.total_seconds())
    return respond(
        call,
        200,
        {
            "token_type": "Bearer",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": issue(call.tenant, app, asked, RESOURCES[audience].app_id, kind),
        },
        headers(call),
    )


@stray(ENTRA)
def unknown_path(call: Call) -> httpx.Response:
    if call.request.url.path.endswith("/oauth2/v2.0/token"):
        return not_post(call)
    return respond(call, 404, None, {**headers(call), "Content-Type": "text/html; charset=utf-8"})
