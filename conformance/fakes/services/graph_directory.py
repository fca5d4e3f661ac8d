"""Microsoft Graph's directory as administrators use it: apps and service principals, their secrets and consents."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from conformance.apis import graph
from conformance.apis.endpoint import GRAPH, AppRole
from conformance.apis.permissions import RESOURCES, resource_of
from conformance.fakes.services.graph import headers, refuse
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond
from conformance.fakes.state import directory
from conformance.fakes.state.tenant import App, ClientSecret, Consent, Resource
from conformance.fakes.state.timeline import stable_id

DOCS = "https://learn.microsoft.com/graph/api/"
WRITE_APPS = AppRole("Application.ReadWrite.All", also=("Directory.ReadWrite.All",))
WRITE_CONSENTS = AppRole("AppRoleAssignment.ReadWrite.All")
APPS, PRINCIPALS = "/v1.0/applications", "/v1.0/servicePrincipals"


def _operation(name: str, method: str, path: str, page: str, needs: AppRole) -> Any:
    return operation(f"graph.{name}", GRAPH, method, path, DOCS + page, needs)


LIST_APPS = _operation("applications", "GET", APPS, "application-list", graph.READ_DIRECTORY)
GET_APP = _operation("application_by_id", "GET", APPS + "/{id}", "application-get", graph.READ_DIRECTORY)
ADD_PASSWORD = _operation("add_password", "POST", APPS + "/{id}/addPassword", "application-addpassword", WRITE_APPS)
REMOVE_PASSWORD = _operation(
    "remove_password", "POST", APPS + "/{id}/removePassword", "application-removepassword", WRITE_APPS
)
FEDERATED = _operation(
    "federated_credentials", "GET", APPS + "/{id}/federatedIdentityCredentials",
    "application-list-federatedidentitycredentials", graph.READ_DIRECTORY,
)  # fmt: skip
LIST_PRINCIPALS = _operation("service_principals", "GET", PRINCIPALS, "serviceprincipal-list", graph.READ_DIRECTORY)
GET_PRINCIPAL = _operation(
    "service_principal_by_id", "GET", PRINCIPALS + "/{id}", "serviceprincipal-get", graph.READ_DIRECTORY
)
CREATE_PRINCIPAL = _operation(
    "create_service_principal", "POST", PRINCIPALS, "serviceprincipal-post-serviceprincipals", WRITE_APPS
)
UPDATE_PRINCIPAL = _operation(
    "update_service_principal", "PATCH", PRINCIPALS + "/{id}", "serviceprincipal-update", WRITE_APPS
)
DELETE_PRINCIPAL = _operation(
    "delete_service_principal", "DELETE", PRINCIPALS + "/{id}", "serviceprincipal-delete", WRITE_APPS
)
CONSENT = _operation(
    "consent", "POST", PRINCIPALS + "/{id}/appRoleAssignments", "serviceprincipal-post-approleassignments",
    WRITE_CONSENTS,
)  # fmt: skip
REVOKE = _operation(
    "revoke", "DELETE", PRINCIPALS + "/{id}/appRoleAssignments/{assignment}",
    "serviceprincipal-delete-approleassignments", WRITE_CONSENTS,
)  # fmt: skip


# What there is


def _apps(call: Call) -> list[App]:
    tenant = call.tenant
    return [*tenant.apps.values(), *([tenant.administrator] if tenant.administrator else [])]


def _app(call: Call) -> App | None:
    wanted = call.path["id"].lower()
    return next((one for one in _apps(call) if one.registration_id.lower() == wanted), None)


def _principals(call: Call) -> list[dict[str, Any]]:
    tenant = call.tenant
    apps = [directory.service_principal(tenant, one) for one in _apps(call) if one.service_principal_id]
    return [*apps, *(_resource_body(call, one) for one in tenant.resources.values())]


def _resource_id(call: Call, one: Resource) -> str:
    return stable_id("resource", call.tenant.id, one.app_id)


def _resource_body(call: Call, one: Resource) -> dict[str, Any]:
    known = resource_of(one.app_id)
    permissions = known.permissions.values() if known else ()
    return {
        "id": _resource_id(call, one),
        "appId": one.app_id,
        "displayName": one.name,
        "accountEnabled": one.enabled,
        "appRoleAssignmentRequired": one.assignment_required,
        "servicePrincipalNames": [one.app_id],
        "servicePrincipalType": "Application",
        "appRoles": [
            {"id": each.application, "value": each.name, "isEnabled": True, "allowedMemberTypes": ["Application"]}
            for each in permissions
            if each.application
        ],
    }


FILTER = re.compile(r"(?:(\w+) eq '([^']*)'|servicePrincipalNames/any\(\w+:\w+ eq '([^']*)'\))")


def _filtered(call: Call, bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Those that ``$filter`` asks for: one comparison of a member, or of the names. None: it is another filter."""
    option = call.option("$filter")
    if not option:
        return list(bodies)
    match = FILTER.fullmatch(option.strip())
    if match is None:
        return None
    member, value, name = match.groups()
    if name is not None:
        return [one for one in bodies if name.lower() in map(str.lower, one["servicePrincipalNames"])]
    return [one for one in bodies if str(one.get(member, "")).lower() == value.lower()]


def _listed(call: Call, kind: str, bodies: Iterable[dict[str, Any]]) -> httpx.Response:
    found = _filtered(call, bodies)
    if found is None:
        return refuse(call, "query-invalid", reason="The virtual tenant does not evaluate this $filter.")
    return _said(call, 200, kind, {"value": found})


def _said(call: Call, status: int, kind: str, value: dict[str, Any]) -> httpx.Response:
    context = f"https://{call.request.url.host}/v1.0/$metadata#{kind}"
    return respond(call, status, {"@odata.context": context, **value}, headers(call, status))


def _done(call: Call) -> httpx.Response:
    return respond(call, 204, None, headers(call, 204))


# Reading


@answers(LIST_APPS, "documented", LIST_APPS.source)
def applications(call: Call) -> httpx.Response:
    return _listed(call, "applications", map(directory.application, _apps(call)))


@answers(GET_APP, "documented", GET_APP.source)
def application(call: Call) -> httpx.Response:
    app = _app(call)
    return _said(call, 200, "applications/$entity", directory.application(app)) if app else refuse(call, "not-found")


@answers(FEDERATED, "documented", FEDERATED.source)
def federated_credentials(call: Call) -> httpx.Response:
    app = _app(call)
    if app is None:
        return refuse(call, "not-found")
    found = [
        {
            "id": stable_id("federated", app.client_id, one.issuer, one.subject),
            "name": f"connection-{number}",
            "issuer": one.issuer,
            "subject": one.subject,
            "audiences": [one.audience],
        }
        for number, one in enumerate(app.federated, 1)
    ]
    return _said(call, 200, "federatedIdentityCredentials", {"value": found})


@answers(LIST_PRINCIPALS, "documented", LIST_PRINCIPALS.source)
def service_principals(call: Call) -> httpx.Response:
    return _listed(call, "servicePrincipals", _principals(call))


@answers(GET_PRINCIPAL, "documented", GET_PRINCIPAL.source)
def service_principal(call: Call) -> httpx.Response:
    found = next((one for one in _principals(call) if one["id"].lower() == call.path["id"].lower()), None)
    return _said(call, 200, "servicePrincipals/$entity", found) if found else refuse(call, "not-found")


# Writing


@answers(ADD_PASSWORD, "documented", ADD_PASSWORD.source)
def add_password(call: Call) -> httpx.Response:
    """Adds a secret, for two years unless asked otherwise. Its value is in this answer alone."""
    app, wanted = _app(call), (call.json or {}).get("passwordCredential") or {}
    if app is None:
        return refuse(call, "not-found")
    now = call.tenant.clock.service_now()
    ends = _time(wanted.get("endDateTime")) or now + timedelta(days=730)
    made = ClientSecret(secrets.token_urlsafe(30), stable_id("key", app.client_id, now, len(app.secrets)), ends, now)
    app.secrets.append(made)
    return _said(
        call,
        200,
        "microsoft.graph.passwordCredential",
        {
            "customKeyIdentifier": None,
            "displayName": wanted.get("displayName"),
            "keyId": made.key_id,
            "hint": made.value[:3],
            "secretText": made.value,
            "startDateTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "endDateTime": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        },
    )


def _time(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@answers(REMOVE_PASSWORD, "documented", REMOVE_PASSWORD.source)
def remove_password(call: Call) -> httpx.Response:
    app, key = _app(call), (call.json or {}).get("keyId")
    if app is None or key not in [one.key_id for one in app.secrets]:
        return refuse(call, "not-found")
    app.secrets = [one for one in app.secrets if one.key_id != key]
    return _done(call)


@answers(CREATE_PRINCIPAL, "documented", CREATE_PRINCIPAL.source)
def create_service_principal(call: Call) -> httpx.Response:
    """Of an app that the tenant has, or of one of the APIs."""
    client_id = str((call.json or {}).get("appId", "")).lower()
    app, known = call.tenant.apps.get(client_id), resource_of(client_id)
    if app is not None:
        app.service_principal_id = app.service_principal_id or stable_id("service principal", client_id)
        body = directory.service_principal(call.tenant, app)
    elif known is not None:
        resource = call.tenant.resources.setdefault(client_id, Resource(client_id, known.name))
        body = _resource_body(call, resource)
    else:
        return refuse(call, "not-found")
    return _said(call, 201, "servicePrincipals/$entity", body)


def _target(call: Call) -> App | Resource | None:
    wanted = call.path["id"].lower()
    for app in _apps(call):
        if (app.service_principal_id or "").lower() == wanted:
            return app
    return next((one for one in call.tenant.resources.values() if _resource_id(call, one).lower() == wanted), None)


@answers(UPDATE_PRINCIPAL, "documented", UPDATE_PRINCIPAL.source)
def update_service_principal(call: Call) -> httpx.Response:
    """Enables or disables it, and says whether it needs an assignment."""
    found, asked = _target(call), call.json or {}
    if found is None:
        return refuse(call, "not-found")
    found.enabled = asked.get("accountEnabled", found.enabled)
    if isinstance(found, Resource):
        found.assignment_required = asked.get("appRoleAssignmentRequired", found.assignment_required)
    return _done(call)


@answers(DELETE_PRINCIPAL, "documented", DELETE_PRINCIPAL.source)
def delete_service_principal(call: Call) -> httpx.Response:
    """Its roles and consents go with it."""
    found, tenant = _target(call), call.tenant
    if isinstance(found, App):
        tenant.assignments = [one for one in tenant.assignments if one.principal_id != found.service_principal_id]
        found.service_principal_id, found.consents = None, []
    elif found is not None:
        del tenant.resources[found.app_id]
    return _done(call) if found else refuse(call, "not-found")


@answers(CONSENT, "documented", CONSENT.source)
def consent(call: Call) -> httpx.Response:
    """Grants an application permission of an API to an app; new tokens have it at once."""
    found, asked = _target(call), call.json or {}
    resources = call.tenant.resources.values()
    resource = next((one for one in resources if _resource_id(call, one) == asked.get("resourceId")), None)
    role = _role(resource, str(asked.get("appRoleId", "")).lower()) if resource else None
    if not isinstance(found, App) or resource is None or role is None:
        return refuse(call, "not-found")
    found.consents.append(Consent(resource.app_id, role, call.tenant.clock.service_now()))
    made = directory.app_role_assignments(call.tenant, found)[-1]
    return _said(call, 201, "appRoleAssignments/$entity", made)


def _role(resource: Resource, role_id: str) -> str | None:
    known = next((one for one in RESOURCES.values() if one.app_id == resource.app_id), None)
    permissions = known.permissions.values() if known else ()
    return next((one.name for one in permissions if (one.application or "").lower() == role_id), None)


@answers(REVOKE, "documented", REVOKE.source)
def revoke(call: Call) -> httpx.Response:
    found = _target(call)
    if not isinstance(found, App):
        return refuse(call, "not-found")
    shown = zip(directory.app_role_assignments(call.tenant, found), found.consents, strict=False)
    withdrawn = [one for body, one in shown if body["id"] == call.path["assignment"]]
    found.consents = [one for one in found.consents if one not in withdrawn]
    return _done(call) if withdrawn else refuse(call, "not-found")
