"""Writes to Sentinel's incidents; all routes show the changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

import httpx

from conformance.apis import sentinel
from conformance.apis.endpoint import SENTINEL, SENTINEL_API, Action, Endpoint
from conformance.fakes.services import sentinel_bodies as bodies
from conformance.fakes.services.arm_gateway import headers
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond
from conformance.fakes.services.sentinel import NAMESPACE, onboarded, refuse
from conformance.fakes.state.incident_changes import add_row, change_incident
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import (
    ACCOUNTS,
    Incident,
    Person,
    Severity,
    Status,
)

DOCS = "https://learn.microsoft.com/rest/api/securityinsights/"
STALE = "Newer version of resource '{incident}' exists. Data was not saved"
"""The answer to an old ``etag`` in the body (observed through the service's Logic Apps connector: issues 883 and 909 of
github.com/Azure/Azure-Sentinel). No answer to a stale ``If-Match`` was found in public: its 412 is inferred.
"""
CLASSIFICATIONS = ("BenignPositive", "FalsePositive", "TruePositive", "Undetermined")
REASONS = ("InaccurateData", "IncorrectAlertLogic", "SuspiciousActivity", "SuspiciousButExpected")


def incident_operation(name: str, method: str, end: str, action: str, page: str) -> Endpoint[Any]:
    """Return an endpoint below an incident: ``end`` of its path, ``action`` that it needs, ``page`` of its
    documentation.
    """
    path = SENTINEL + sentinel.INCIDENT_PATH + end
    needs = Action(f"{NAMESPACE}/incidents/{action}")
    return operation(f"sentinel.{name}", SENTINEL_API, method, path, DOCS + page, needs, sentinel.STABLE)


class Invalid(Exception):
    """A body that the operation does not accept; the text states the problem."""


Writer = Callable[[Call, Workspace, Incident], httpx.Response]


def on_incident(writer: Writer) -> Callable[[Call], httpx.Response]:
    """Declare an operation on an existing incident, with a valid body."""

    @onboarded
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        incident = find(call, workspace)
        if incident is None:
            return refuse(call, "incident-not-found", incident=call.path["incident"])
        try:
            return writer(call, workspace, incident)
        except Invalid as invalid:
            return refuse(call, "body-invalid", reason=str(invalid))

    return checked


def find(call: Call, workspace: Workspace) -> Incident | None:
    """Return the incident that a path names."""
    incident_id = call.path["incident"].lower()
    return next((incident for incident in workspace.incidents if incident.id.lower() == incident_id), None)


def write_response(call: Call, status: int, body: Any) -> httpx.Response:
    """Answer a write with this status; ``body`` None for an empty answer."""
    return respond(call, status, body, headers(call, status))


def changed(call: Call, workspace: Workspace, incident: Incident, **changes: Any) -> Incident:
    """Change an incident on every route, its table among them."""
    new = change_incident(call.tenant, workspace, incident, **changes)
    add_row(workspace, new)
    return new


def properties_of(call: Call) -> Mapping[str, Any]:
    """Return the properties in the body of a request. Raises :class:`Invalid` if there are none."""
    body = call.json
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise Invalid("The body has no properties.")
    return properties


def text_of(properties: Mapping[str, Any], name: str, allowed: tuple[str, ...] = ()) -> str | None:
    """Return a text member, or None. Raises :class:`Invalid` for another type, or values not in ``allowed``."""
    value = properties.get(name)
    if value is not None and (not isinstance(value, str) or (allowed and value not in allowed)):
        raise Invalid(f"The value of '{name}' is not valid.")
    return value


def required(properties: Mapping[str, Any], name: str, allowed: tuple[str, ...] = ()) -> str:
    """Return a required text, as :func:`text_of`. Raises :class:`Invalid`."""
    value = text_of(properties, name, allowed)
    if not value:
        raise Invalid(f"'{name}' is required.")
    return value


def caller(call: Call) -> Person:
    """Return the calling app, as the author."""
    app = call.tenant.app_by_id(str(call.claims.get("appid")))
    return Person(call.claims["oid"], app.name if app else None)


# Incidents

UPDATE = incident_operation("incident_update", "PUT", "", "write", "incidents/create-or-update")
DELETE = incident_operation("incident_delete", "DELETE", "", "delete", "incidents/delete")


@answers(UPDATE, "specified", UPDATE.source)
@onboarded
def update_incident(call: Call, workspace: Workspace) -> httpx.Response:
    """Create an incident, or change the given members of an existing one. A stale ``etag`` changes nothing."""
    incident = find(call, workspace)
    try:
        changes = _changes(properties_of(call))
    except Invalid as invalid:
        return refuse(call, "body-invalid", reason=str(invalid))
    if incident is None:
        return write_response(call, 201, bodies.incident_body(workspace, _create(call, workspace, changes)))
    condition, etag = call.request.headers.get("if-match"), call.json.get("etag")
    if condition not in (None, "*", bodies.etag(incident)):
        return refuse.say(call, 412, "PreconditionFailed", "The condition of the If-Match header does not hold.")
    if etag not in (None, "*", bodies.etag(incident)):
        return refuse.say(call, 409, "Conflict", STALE.format(incident=incident.id))
    return write_response(call, 200, bodies.incident_body(workspace, changed(call, workspace, incident, **changes)))


def _changes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that a body makes to an incident. Missing members stay unchanged (inferred)."""
    changes: dict[str, Any] = {
        "title": required(properties, "title"),
        "severity": required(properties, "severity", get_args(Severity)),
        "status": required(properties, "status", get_args(Status)),
    }
    optional = {
        "description": text_of(properties, "description"),
        "classification": text_of(properties, "classification", CLASSIFICATIONS),
        "classification_reason": text_of(properties, "classificationReason", REASONS),
        "classification_comment": text_of(properties, "classificationComment"),
        "labels": _labels(properties.get("labels")),
        "owner": _owner(properties.get("owner")),
    }
    return changes | {name: value for name, value in optional.items() if value is not None}


def _labels(labels: Any) -> tuple[str, ...] | None:
    if labels is None:
        return None
    if not isinstance(labels, list) or not all(isinstance(label, dict) and label.get("labelName") for label in labels):
        raise Invalid("The value of 'labels' is not valid.")
    return tuple(str(label["labelName"]) for label in labels)


def _owner(owner: Any) -> Person | None:
    """Return the owner: an account of the tenant by its id or address, else the one in the body."""
    if owner is None:
        return None
    if not isinstance(owner, dict):
        raise Invalid("The value of 'owner' is not valid.")
    upn = owner.get("userPrincipalName") or owner.get("email")
    for account in ACCOUNTS:
        if account.object_id == owner.get("objectId") or account.upn == upn:
            return Person(account.object_id, account.display_name, account.upn, account.upn)
    return Person(owner.get("objectId"), owner.get("assignedTo"), owner.get("email"), owner.get("userPrincipalName"))


def _create(call: Call, workspace: Workspace, changes: Mapping[str, Any]) -> Incident:
    """Return an incident without alerts. The Defender portal does not show it: Graph has no incidents created
    by hand.
    """
    now = call.tenant.clock.service_now()
    numbers = [incident.number for incident in workspace.incidents]
    new_incident = Incident(
        number=max(numbers, default=0) + 1,
        id=call.path["incident"],
        created=now,
        modified=now,
        alerts=(),
        provider="Azure Sentinel",
        **changes,
    )
    workspace.incidents.insert(0, new_incident)
    add_row(workspace, new_incident)
    return new_incident


@answers(DELETE, "specified", DELETE.source)
@onboarded
def delete_incident(call: Call, workspace: Workspace) -> httpx.Response:
    """Delete an incident: 200, or 204 if it does not exist."""
    incident = find(call, workspace)
    if incident is not None:
        workspace.incidents.remove(incident)
    return write_response(call, 204 if incident is None else 200, None)
