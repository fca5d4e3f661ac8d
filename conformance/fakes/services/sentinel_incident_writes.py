"""Writes to Sentinel's incidents: what they change is seen on every route."""

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
STALE = (
    "Newer instance of Incident '{incident}' exists for Workspace '{workspace}' (Etag does not match)."
    " Data was not saved."
)
"""Of an ``etag`` in the body (inferred: seen of alert rules in public; of incidents no capture was found)."""
CLASSIFICATIONS = ("BenignPositive", "FalsePositive", "TruePositive", "Undetermined")
REASONS = ("InaccurateData", "IncorrectAlertLogic", "SuspiciousActivity", "SuspiciousButExpected")


def incident_operation(name: str, method: str, end: str, action: str, page: str) -> Endpoint[Any]:
    path = SENTINEL + sentinel.INCIDENT_PATH + end
    needs = Action(f"{NAMESPACE}/incidents/{action}")
    return operation(f"sentinel.{name}", SENTINEL_API, method, path, DOCS + page, needs, sentinel.STABLE)


class Invalid(Exception):
    """A body that the operation does not take; the text says what is wrong."""


Writer = Callable[[Call, Workspace, Incident], httpx.Response]


def on_incident(writer: Writer) -> Callable[[Call], httpx.Response]:
    """An operation on one incident that there is, with a body that is to be understood."""

    @onboarded
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        found = find(call, workspace)
        if found is None:
            return refuse(call, "incident-not-found", incident=call.path["incident"])
        try:
            return writer(call, workspace, found)
        except Invalid as invalid:
            return refuse(call, "body-invalid", reason=str(invalid))

    return checked


def find(call: Call, workspace: Workspace) -> Incident | None:
    """The incident that a path names."""
    wanted = call.path["incident"].lower()
    return next((incident for incident in workspace.incidents if incident.id.lower() == wanted), None)


def said(call: Call, status: int, body: Any) -> httpx.Response:
    return respond(call, status, body, headers(call, status))


def changed(call: Call, workspace: Workspace, incident: Incident, **changes: Any) -> Incident:
    """Change an incident on every route, its table among them."""
    new = change_incident(call.tenant, workspace, incident, **changes)
    add_row(workspace, new)
    return new


def properties_of(call: Call) -> Mapping[str, Any]:
    body = call.json
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise Invalid("The body has no properties.")
    return properties


def text_of(properties: Mapping[str, Any], name: str, known: tuple[str, ...] = ()) -> str | None:
    """A member that holds text, of these if any are known. None: it is not given."""
    value = properties.get(name)
    if value is not None and (not isinstance(value, str) or (known and value not in known)):
        raise Invalid(f"The value of '{name}' is not valid.")
    return value


def required(properties: Mapping[str, Any], name: str, known: tuple[str, ...] = ()) -> str:
    value = text_of(properties, name, known)
    if not value:
        raise Invalid(f"'{name}' is required.")
    return value


def caller(call: Call) -> Person:
    """The app that writes, as the author."""
    app = call.tenant.app_by_id(str(call.claims.get("appid")))
    return Person(call.claims["oid"], app.name if app else None)


# Incidents

UPDATE = incident_operation("incident_update", "PUT", "", "write", "incidents/create-or-update")
DELETE = incident_operation("incident_delete", "DELETE", "", "delete", "incidents/delete")


@answers(UPDATE, "specified", UPDATE.source)
@onboarded
def update_incident(call: Call, workspace: Workspace) -> httpx.Response:
    """Creates an incident, or changes what the body names of one that there is. A stale ``etag`` changes nothing."""
    found = find(call, workspace)
    try:
        changes = _changes(properties_of(call))
    except Invalid as invalid:
        return refuse(call, "body-invalid", reason=str(invalid))
    if found is None:
        return said(call, 201, bodies.incident_body(workspace, _create(call, workspace, changes)))
    condition, given = call.request.headers.get("if-match"), call.json.get("etag")
    if condition not in (None, "*", bodies.etag(found)):
        return refuse.say(call, 412, "PreconditionFailed", "The condition of the If-Match header does not hold.")
    if given not in (None, "*", bodies.etag(found)):
        return refuse.say(call, 409, "Conflict", STALE.format(incident=found.id, workspace=workspace.customer_id))
    return said(call, 200, bodies.incident_body(workspace, changed(call, workspace, found, **changes)))


def _changes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What a body changes of an incident. What it leaves out stays as it is (inferred)."""
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


def _labels(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, dict) and one.get("labelName") for one in given):
        raise Invalid("The value of 'labels' is not valid.")
    return tuple(str(one["labelName"]) for one in given)


def _owner(given: Any) -> Person | None:
    """The owner: an account of the tenant by its id or address, else whatever the body says."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Invalid("The value of 'owner' is not valid.")
    upn = given.get("userPrincipalName") or given.get("email")
    for account in ACCOUNTS:
        if account.object_id == given.get("objectId") or account.upn == upn:
            return Person(account.object_id, account.display_name, account.upn, account.upn)
    return Person(given.get("objectId"), given.get("assignedTo"), given.get("email"), given.get("userPrincipalName"))


def _create(call: Call, workspace: Workspace, changes: Mapping[str, Any]) -> Incident:
    """An incident without alerts. The Defender portal does not show it: Graph has none of those created by hand."""
    now = call.tenant.clock.service_now()
    numbers = [incident.number for incident in workspace.incidents]
    made = Incident(
        number=max(numbers, default=0) + 1,
        id=call.path["incident"],
        created=now,
        modified=now,
        alerts=(),
        provider="Azure Sentinel",
        **changes,
    )
    workspace.incidents.insert(0, made)
    add_row(workspace, made)
    return made


@answers(DELETE, "specified", DELETE.source)
@onboarded
def delete_incident(call: Call, workspace: Workspace) -> httpx.Response:
    found = find(call, workspace)
    if found is not None:
        workspace.incidents.remove(found)
    return said(call, 204 if found is None else 200, None)
