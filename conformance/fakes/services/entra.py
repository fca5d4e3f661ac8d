"""Microsoft Entra ID of the virtual tenant: the token endpoint, with checks in the order of the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from conformance.apis import entra
from conformance.apis.endpoint import ENTRA, Audience
from conformance.apis.permissions import RESOURCES
from conformance.fakes import token_form
from conformance.fakes.services.routes import Call, Refuser, answers, new_id, not_served, respond, unmatched
from conformance.fakes.state.assertions import judge
from conformance.fakes.state.tenant import App
from conformance.fakes.state.tokens import issue

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TENANT = re.compile(r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+|" + GUID.pattern, re.IGNORECASE)
SHARED = frozenset({"common", "organizations", "consumers"})
BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The only ``client_assertion_type``."""
AUDIENCES: tuple[Audience, ...] = ("arm", "log_analytics", "graph", "defender")


SECURITY = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    "x-ms-ests-server": "2.1.18708.3 - SCUS ProdSlices",
    "X-XSS-Protection": "0",
    "Set-Cookie": "fpc=virtual; x-ms-gateway-slice=estsfd; stsservicecookie=estsfd",
}
"""Headers of every answer."""


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """Return the headers of the token endpoint. The id of the request is the trace id of a refusal."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        **SECURITY,
        "x-ms-request-id": call.request_id,
        "x-ms-srs": "1.P",
    }


def body(call: Call, error: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error document, with the trailer of texts since 2024 (single blanks)."""
    now = call.tenant.clock.service_now().strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = call.request_id, call.request.headers.get("client-request-id") or new_id()
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


refuse = Refuser(ENTRA, body, headers)


@answers(entra.TOKEN, "recorded", "graph-azure recordings of 2021-2024")
def token(call: Call) -> httpx.Response:
    """Return a token, or the refusal of the first problem in the order of the service (partly inferred)."""
    try:
        form = token_form.read(call.request)
    except token_form.DuplicateField as duplicate:
        return refuse(call, "parameter-duplicated", name=str(duplicate))
    except ValueError:
        return refuse(call, "body-malformed")
    if "grant_type" not in form:
        return refuse(call, "parameter-missing", name="grant_type")
    if form["grant_type"] != "client_credentials":
        return refuse(call, "grant-unsupported", grant=form["grant_type"])
    if not (form.get("client_secret") or form.get("client_assertion")):
        return refuse(call, "credential-missing")
    if not form.get("client_id"):
        return refuse(call, "parameter-missing", name="client_id")
    if form.get("client_assertion") and not form.get("client_assertion_type"):
        return refuse(call, "parameter-missing", name="client_assertion_type")
    if form.get("client_assertion") and form["client_assertion_type"] != BEARER_ASSERTION:
        return refuse(call, "parameter-invalid", name="client_assertion_type")
    if refused := refuse_tenant(call, "tenant-not-found"):
        return refused
    app = call.tenant.app_by_id(form["client_id"])
    if app is None:
        return refuse(call, "app-not-found", client_id=form["client_id"], tenant=call.tenant.name)
    return _app(call, app) or _credential(call, app, form) or _scope(call, app, form) or _issued(call, app, form)


def refuse_tenant(call: Call, not_found: str) -> httpx.Response | None:
    """Return a refusal if the path names no tenant that can be signed in to; else None. ``not_found`` is
    the refusal's name for an unknown tenant.
    """
    tenant_name = call.path["tenant_id"]
    if any(sign in tenant_name for sign in '<>"'):
        return respond(
            call,
            200,
            "<!DOCTYPE html><html><head><title>Sign in to your account</title></head></html>",
            {**headers(call), "Content-Type": "text/html; charset=utf-8"},
        )
    if tenant_name.lower() in SHARED or not TENANT.fullmatch(tenant_name):
        return refuse(call, "tenant-malformed", tenant=tenant_name)
    tenant = call.tenant
    if tenant_name.lower() not in (tenant.id.lower(), *tenant.domains):
        return refuse(call, not_found, tenant=tenant_name)
    # Discovery of a tenant of another cloud is answered, and names its cloud; tokens are not (inferred).
    abroad = call.request.url.host != httpx.URL(tenant.cloud.login).host
    if abroad and (not_found == "tenant-not-found" or not tenant.known_abroad):
        return refuse(call, not_found, tenant=tenant_name)
    return None


def _app(call: Call, app: App) -> httpx.Response | None:
    names = {"client_id": app.client_id, "app_name": app.name, "tenant": call.tenant.id}
    if app.service_principal_id is None:
        return refuse(call, "service-principal-missing", **names)
    return None if app.enabled else refuse(call, "app-disabled", **names)


def _credential(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response | None:
    if form.get("client_assertion"):
        return _assertion(call, app, form["client_assertion"])
    now = call.tenant.clock.service_now()
    matches = [secret for secret in app.secrets if secret.value == form["client_secret"]]
    if not matches:
        return refuse(call, "secret-wrong", client_id=app.client_id)
    if any(secret.ends > now for secret in matches):
        return None
    return refuse(call, "secret-expired", client_id=app.client_id)


def _assertion(call: Call, app: App, assertion: str) -> httpx.Response | None:
    now = call.tenant.clock.service_now()
    verdict = judge(app, call.tenant.identity_providers, assertion, _endpoints(call), now)
    return refuse(call, verdict.refusal, **verdict.values) if verdict.refusal else None


def _endpoints(call: Call) -> set[str]:
    """Return the valid audiences of an assertion of the app, in lower case: the token endpoint, of v1 too, or
    the issuer, each with the tenant's id or one of its domains (all but the first inferred).
    """
    logins = {f"https://{call.request.url.host}", call.tenant.cloud.login}
    tenants = (call.tenant.id, *call.tenant.domains)
    ends = ("oauth2/v2.0/token", "oauth2/token", "v2.0")
    return {f"{login}/{tenant}/{end}".lower() for login in logins for tenant in tenants for end in ends}


def _scope(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response | None:
    if "resource" in form:
        return refuse(call, "resource-on-v2")
    scope = form.get("scope", "").strip()
    if not scope:
        return refuse(call, "scope-missing")
    if " " in scope:
        return refuse(call, "scope-of-two", scope=scope)
    if not scope.endswith("/.default"):
        return refuse(call, "scope-malformed", scope=scope)
    resource_name = scope.removesuffix("/.default")
    audience = audience_of(call, resource_name)
    resource = call.tenant.resources.get(RESOURCES[audience].app_id) if audience else None
    if resource is None:
        return refuse(call, "resource-not-found", resource=resource_name, tenant=call.tenant.name)
    names = {
        "resource": resource_name,
        "client_id": app.client_id,
        "app_name": app.name,
        "resource_name": resource.name,
    }
    if not resource.enabled:
        return refuse(call, "resource-disabled", **names)
    consented = any(consent.resource_app_id == resource.app_id for consent in app.consents)
    if resource.assignment_required and not consented:
        return refuse(call, "assignment-required", **names)
    if call.tenant.conditional_access and app is not call.tenant.administrator:
        policy = {"essential": True, "values": [call.tenant.conditional_access]}
        return refuse(call, "access-blocked", claims=json.dumps({"access_token": {"capolids": policy}}))
    return None


def audience_of(call: Call, name: str) -> Audience | None:
    """Return the resource (one of four) that a URI names; None for any other."""
    return next((audience for audience in AUDIENCES if call.tenant.cloud.accepts(audience, name)), None)


def _issued(call: Call, app: App, form: Mapping[str, str]) -> httpx.Response:
    resource_name = form["scope"].strip().removesuffix("/.default")
    audience = audience_of(call, resource_name)
    assert audience is not None
    kind = "2" if form.get("client_assertion") else "1"
    life = int(call.tenant.token_lifetime.total_seconds())
    return respond(
        call,
        200,
        {
            "token_type": "Bearer",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": issue(
                call.tenant, app, resource_name, RESOURCES[audience].app_id, kind, challenged="claims" in form
            ),
        },
        headers(call),
    )


@unmatched(ENTRA)
def unknown_path(call: Call) -> httpx.Response:
    """Refuse a path of no endpoint; a GET of the token endpoint has its own refusal."""
    if call.request.url.path.endswith("/oauth2/v2.0/token"):
        return refuse(call, "not-post")
    return not_served(refuse, call)
