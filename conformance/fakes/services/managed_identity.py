"""The managed identity endpoint of the machine: of a virtual machine (IMDS), App Service, or the agent of Azure Arc."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from conformance.apis.managed_identity import MANAGED_IDENTITY, TOKEN
from conformance.apis.permissions import RESOURCES
from conformance.fakes.services.entra import audience_of
from conformance.fakes.services.routes import Call, Refuser, answers, respond
from conformance.fakes.state.tokens import issue

APP_SERVICE_PATH, ARC_PATH = "/msi/token", "/arc/metadata/identity/oauth2/token"
"""Paths of the other two forms in the virtual tenant, beside the path of IMDS."""
ARC_PORT = 40342
SELECTORS: Mapping[str, str] = {
    "client_id": "client_id",
    "object_id": "object_id",
    "msi_res_id": "resource_id",
    "mi_res_id": "resource_id",
}


def body(call: Call, error: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error document: OAuth's, or App Service's own."""
    if error.isdecimal():
        return {"statusCode": int(error), "message": message, "correlationId": call.request_id}
    return {"error": error, "error_description": message}


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """Return the headers of an answer, which depend on the kind of machine."""
    server = "Kestrel" if platform(call) == "app_service" else "IMDS/150.870.65.1015"
    return {"Content-Type": "application/json; charset=utf-8", "Server": server}


refuse = Refuser(MANAGED_IDENTITY, body, headers)


def platform(call: Call) -> str:
    """Return the platform of a request: by its path, and for Azure Arc by the port of the agent."""
    url = call.request.url
    if url.port == ARC_PORT or url.path.startswith("/arc/"):
        return "arc"
    return "imds" if url.path == TOKEN.path else "app_service"


@answers(
    TOKEN, "documented", "learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token"
)
def token(call: Call) -> httpx.Response:
    """Return a token of the requested identity, or a refusal; the order of the checks is inferred."""
    kind, tenant = platform(call), call.tenant
    host, app = tenant.host, tenant.app
    if refused := _caller(call, kind):
        return refused
    resource = (call.option("resource") or "").removesuffix("/")
    if not resource:
        return refuse(call, "resource-missing")
    selected = {SELECTORS[name]: value for name, value in call.query.multi_items() if name in SELECTORS}
    if problem := host.problem(selected):
        return refuse(call, "app-service.identity-not-found" if kind == "app_service" else problem)
    if not app.enabled:
        return refuse(call, "app-disabled", client_id=app.client_id, app_name=app.name)
    audience = audience_of(call, resource)
    if audience is None or RESOURCES[audience].app_id not in tenant.resources:
        return refuse(call, "resource-not-found", resource=resource, tenant=tenant.name)
    now = int(tenant.clock.service_now().timestamp())
    life = int(tenant.token_lifetime.total_seconds())
    issued = {
        "access_token": issue(tenant, app, resource, RESOURCES[audience].app_id, "2"),
        "client_id": app.client_id,
        "expires_on": str(now + life),
        "resource": resource,
        "token_type": "Bearer",
    }
    if kind != "app_service":
        issued |= {"expires_in": str(life), "ext_expires_in": str(life), "not_before": str(now)}
    if kind == "arc" and selected:
        issued |= {"msi_res_id" if name == "resource_id" else name: value for name, value in selected.items()}
    return respond(call, 200, issued, headers(call))


def _caller(call: Call, kind: str) -> httpx.Response | None:
    """Return a refusal for a caller without the proof that the platform requires; else None."""
    host = call.tenant.host
    if kind == "app_service":
        own = call.request.headers.get("x-identity-header") == host.header
        return None if own else refuse(call, "app-service.header-wrong")
    if call.request.headers.get("metadata") != "true":
        return refuse(call, "header-missing")
    if kind == "arc":
        scheme, _, key = call.request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or not host.is_arc_key(key):
            return refuse(call, "arc.challenge", {"WWW-Authenticate": f"Basic realm={host.new_arc_key()}"})
    return None
