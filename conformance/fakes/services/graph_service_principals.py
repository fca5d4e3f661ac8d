"""Microsoft Graph's service principals: those of apps and of APIs, and the permissions that were consented."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import graph
from conformance.apis.endpoint import AppRole
from conformance.apis.permissions import RESOURCES, resource_of
from conformance.fakes.services.graph import refuse
from conformance.fakes.services.graph_directory import (
    WRITE_APPS,
    apps_of,
    directory_operation,
    entity_response,
    listed,
    no_content,
    resource_body,
    resource_id,
)
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.state import directory
from conformance.fakes.state.tenant import App, Consent, Resource
from conformance.fakes.state.timeline import stable_id

PRINCIPALS = "/v1.0/servicePrincipals"
WRITE_CONSENTS = AppRole("AppRoleAssignment.ReadWrite.All")
LIST_PRINCIPALS = directory_operation(
    "service_principals", "GET", PRINCIPALS, "serviceprincipal-list", graph.READ_DIRECTORY
)
GET_PRINCIPAL = directory_operation(
    "service_principal_by_id", "GET", PRINCIPALS + "/{id}", "serviceprincipal-get", graph.READ_DIRECTORY
)
CREATE_PRINCIPAL = directory_operation(
    "create_service_principal", "POST", PRINCIPALS, "serviceprincipal-post-serviceprincipals", WRITE_APPS
)
UPDATE_PRINCIPAL = directory_operation(
    "update_service_principal", "PATCH", PRINCIPALS + "/{id}", "serviceprincipal-update", WRITE_APPS
)
DELETE_PRINCIPAL = directory_operation(
    "delete_service_principal", "DELETE", PRINCIPALS + "/{id}", "serviceprincipal-delete", WRITE_APPS
)
CONSENT = directory_operation(
    "consent", "POST", PRINCIPALS + "/{id}/appRoleAssignments", "serviceprincipal-post-approleassignments",
    WRITE_CONSENTS,
)  # fmt: skip
REVOKE = directory_operation(
    "revoke", "DELETE", PRINCIPALS + "/{id}/appRoleAssignments/{assignment}",
    "serviceprincipal-delete-approleassignments", WRITE_CONSENTS,
)  # fmt: skip


def _principals(call: Call) -> list[dict[str, Any]]:
    tenant = call.tenant
    apps = [directory.service_principal(tenant, app) for app in apps_of(call) if app.service_principal_id]
    return [*apps, *(resource_body(call, resource) for resource in tenant.resources.values())]


@answers(LIST_PRINCIPALS, "documented", LIST_PRINCIPALS.source)
def service_principals(call: Call) -> httpx.Response:
    """Return all service principals of the tenant, filtered."""
    return listed(call, "servicePrincipals", _principals(call))


@answers(GET_PRINCIPAL, "documented", GET_PRINCIPAL.source)
def service_principal(call: Call) -> httpx.Response:
    """Return a service principal by its id, or 404."""
    match = next(
        (principal for principal in _principals(call) if principal["id"].lower() == call.path["id"].lower()), None
    )
    return entity_response(call, 200, "servicePrincipals/$entity", match) if match else refuse(call, "not-found")


@answers(CREATE_PRINCIPAL, "documented", CREATE_PRINCIPAL.source)
def create_service_principal(call: Call) -> httpx.Response:
    """Create the service principal of an app of the tenant, or of one of the APIs."""
    client_id = str((call.json or {}).get("appId", "")).lower()
    app, first_party = call.tenant.apps.get(client_id), resource_of(client_id)
    if app is not None:
        app.service_principal_id = app.service_principal_id or stable_id("service principal", client_id)
        body = directory.service_principal(call.tenant, app)
    elif first_party is not None:
        resource = call.tenant.resources.setdefault(client_id, Resource(client_id, first_party.name))
        body = resource_body(call, resource)
    else:
        return refuse(call, "not-found")
    return entity_response(call, 201, "servicePrincipals/$entity", body)


def _target(call: Call) -> App | Resource | None:
    target_id = call.path["id"].lower()
    for app in apps_of(call):
        if (app.service_principal_id or "").lower() == target_id:
            return app
    return next(
        (resource for resource in call.tenant.resources.values() if resource_id(call, resource).lower() == target_id),
        None,
    )


@answers(UPDATE_PRINCIPAL, "documented", UPDATE_PRINCIPAL.source)
def update_service_principal(call: Call) -> httpx.Response:
    """Enable or disable a service principal, and set whether an assignment is required."""
    principal, changes = _target(call), call.json or {}
    if principal is None:
        return refuse(call, "not-found")
    principal.enabled = changes.get("accountEnabled", principal.enabled)
    if isinstance(principal, Resource):
        principal.assignment_required = changes.get("appRoleAssignmentRequired", principal.assignment_required)
    return no_content(call)


@answers(DELETE_PRINCIPAL, "documented", DELETE_PRINCIPAL.source)
def delete_service_principal(call: Call) -> httpx.Response:
    """Delete a service principal with its roles and consents."""
    principal, tenant = _target(call), call.tenant
    if isinstance(principal, App):
        tenant.assignments = [
            assignment for assignment in tenant.assignments if assignment.principal_id != principal.service_principal_id
        ]
        principal.service_principal_id, principal.consents = None, []
    elif principal is not None:
        del tenant.resources[principal.app_id]
    return no_content(call) if principal else refuse(call, "not-found")


@answers(CONSENT, "documented", CONSENT.source)
def consent(call: Call) -> httpx.Response:
    """Grant an application permission of an API to an app; new tokens have it at once."""
    principal, body = _target(call), call.json or {}
    resources = call.tenant.resources.values()
    resource = next((resource for resource in resources if resource_id(call, resource) == body.get("resourceId")), None)
    role = _role(resource, str(body.get("appRoleId", "")).lower()) if resource else None
    if not isinstance(principal, App) or resource is None or role is None:
        return refuse(call, "not-found")
    principal.consents.append(Consent(resource.app_id, role, call.tenant.clock.service_now()))
    role_assignment = directory.app_role_assignments(call.tenant, principal)[-1]
    return entity_response(call, 201, "appRoleAssignments/$entity", role_assignment)


def _role(resource: Resource, role_id: str) -> str | None:
    resource_api = next((api for api in RESOURCES.values() if api.app_id == resource.app_id), None)
    permissions = resource_api.permissions.values() if resource_api else ()
    return next(
        (permission.name for permission in permissions if (permission.application or "").lower() == role_id), None
    )


@answers(REVOKE, "documented", REVOKE.source)
def revoke(call: Call) -> httpx.Response:
    """Remove an application permission from a service principal."""
    principal = _target(call)
    if not isinstance(principal, App):
        return refuse(call, "not-found")
    pairs = zip(directory.app_role_assignments(call.tenant, principal), principal.consents, strict=False)
    withdrawn = [consent for body, consent in pairs if body["id"] == call.path["assignment"]]
    principal.consents = [consent for consent in principal.consents if consent not in withdrawn]
    return no_content(call) if withdrawn else refuse(call, "not-found")
