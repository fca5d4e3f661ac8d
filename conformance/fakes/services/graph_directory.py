"""Microsoft Graph's directory for administrators: common parts of apps and service principals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import httpx

from conformance.apis.endpoint import GRAPH, AppRole
from conformance.apis.permissions import resource_of
from conformance.fakes.services.graph import context_of, headers, refuse
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, not_served, respond
from conformance.fakes.state.tenant import App, Resource
from conformance.fakes.state.timeline import stable_id

DOCS = "https://learn.microsoft.com/graph/api/"
WRITE_APPS = AppRole("Application.ReadWrite.All", also=("Directory.ReadWrite.All",))


def directory_operation(name: str, method: str, path: str, page: str, needs: AppRole) -> Any:
    """Return the endpoint of Microsoft Graph that needs an application permission; ``page`` ends the address of its
    documentation.
    """
    return operation(f"graph.{name}", GRAPH, method, path, DOCS + page, needs)


def apps_of(call: Call) -> list[App]:
    """Return all apps of the tenant, the administrator's last."""
    tenant = call.tenant
    return [*tenant.apps.values(), *([tenant.administrator] if tenant.administrator else [])]


def resource_id(call: Call, resource: Resource) -> str:
    """Return the object id of an API's service principal: always the same in one tenant."""
    return stable_id("resource", call.tenant.id, resource.app_id)


def resource_body(call: Call, resource: Resource) -> dict[str, Any]:
    """Return the service principal of an API as the service shows it."""
    resource_api = resource_of(resource.app_id)
    permissions = resource_api.permissions.values() if resource_api else ()
    return {
        "id": resource_id(call, resource),
        "appId": resource.app_id,
        "displayName": resource.name,
        "accountEnabled": resource.enabled,
        "appRoleAssignmentRequired": resource.assignment_required,
        "servicePrincipalNames": [resource.app_id],
        "servicePrincipalType": "Application",
        "appRoles": [
            {"id": each.application, "value": each.name, "isEnabled": True, "allowedMemberTypes": ["Application"]}
            for each in permissions
            if each.application
        ],
    }


FILTER = re.compile(r"(?:(\w+) eq '([^']*)'|servicePrincipalNames/any\(\w+:\w+ eq '([^']*)'\))")


def _filtered(call: Call, bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the bodies that ``$filter`` selects: one comparison of a member, or of the names. None: the filter is not
    modelled.
    """
    option = call.option("$filter")
    if not option:
        return list(bodies)
    match = FILTER.fullmatch(option.strip())
    if match is None:
        return None
    member, value, name = match.groups()
    if name is not None:
        return [body for body in bodies if name.lower() in map(str.lower, body["servicePrincipalNames"])]
    return [body for body in bodies if str(body.get(member, "")).lower() == value.lower()]


def listed(call: Call, kind: str, bodies: Iterable[dict[str, Any]]) -> httpx.Response:
    """Answer with those bodies that ``$filter`` selects; a filter that is not modelled is refused."""
    page = _filtered(call, bodies)
    if page is None:
        return not_served(refuse, call, "this $filter")
    return entity_response(call, 200, kind, {"value": page})


def entity_response(call: Call, status: int, kind: str, value: dict[str, Any]) -> httpx.Response:
    """Answer with this status, the members of ``value`` and their ``@odata.context``."""
    return respond(call, status, {"@odata.context": context_of(call, kind), **value}, headers(call, status))


def no_content(call: Call) -> httpx.Response:
    """Answer with 204."""
    return respond(call, 204, None, headers(call, 204))
