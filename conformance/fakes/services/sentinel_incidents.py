"""The incidents of Microsoft Sentinel, and the lists of each incident."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import httpx

from conformance.apis import sentinel
from conformance.fakes.query.odata import OPERATORS
from conformance.fakes.services.arm_gateway import ok
from conformance.fakes.services.routes import Call, answers
from conformance.fakes.services.sentinel import NAMESPACE, SPEC, onboarded, page_size, refuse
from conformance.fakes.services.sentinel_bodies import (
    alert_body,
    comment_body,
    entities_of,
    incident_body,
    relations_of,
    task_body,
)
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import Incident

DEFAULT_PAGE = 50

FILTERED: dict[str, Callable[[Incident], Any]] = {
    "classification": lambda incident: incident.classification,
    "createdTimeUtc": lambda incident: incident.created,
    "incidentNumber": lambda incident: incident.number,
    "lastModifiedTimeUtc": lambda incident: incident.modified,
    "severity": lambda incident: incident.severity,
    "status": lambda incident: incident.status,
    "title": lambda incident: incident.title,
}
"""The properties to filter by, with functions that return their values in an incident."""
FILTER = re.compile(r"properties/(\w+) (eq|ne|gt|ge|lt|le) (?:'([^']*)'|(\d+)|(\d{4}-\d\d-\d\dT[\d:.]+Z))")
ORDER = re.compile(r"properties/(createdTimeUtc|lastModifiedTimeUtc)(?: (asc|desc))?", re.IGNORECASE)


@answers(sentinel.INCIDENTS, "recorded", "azure-sdk recordings of incident lists")
@onboarded
def incidents(call: Call, workspace: Workspace) -> httpx.Response:
    """Return a page. As in the service, its next link has a port, and a token that is not percent-encoded."""
    matches = _matching(call.option("$filter") or "")
    if matches is None:
        return refuse(call, "filter-malformed")
    matching = [incident for incident in workspace.incidents if matches(incident)]
    order = ORDER.fullmatch(call.option("$orderby") or "properties/createdTimeUtc desc")
    if order is None:
        return refuse(call, "filter-malformed")
    by_creation = order.group(1).lower() == "createdtimeutc"
    matching.sort(
        key=lambda incident: incident.created if by_creation else incident.modified,
        reverse=(order.group(2) or "asc").lower() == "desc",
    )
    top = page_size(call, DEFAULT_PAGE)
    if top is None or (sentinel.INCIDENTS.max_top and top > sentinel.INCIDENTS.max_top):
        return refuse(call, "top-invalid")
    start = _skipped(call.option("$skipToken"), workspace.token_generation)
    if start is None:
        return refuse(call, "skip-token-malformed")
    page = [incident_body(workspace, incident) for incident in matching[start : start + top]]
    answer: dict[str, Any] = {"value": page}
    if start + top < len(matching):
        answer["nextLink"] = _next(call, start + top, workspace.token_generation)
    return ok(call, answer)


def _matching(text: str) -> Callable[[Incident], bool] | None:
    """Return the condition of a ``$filter``: comparisons joined by ``and``, of which those in brackets may be joined by
    ``or``. None: it cannot be read.
    """
    groups = re.split(r" and ", text.strip()) if text.strip() else []
    conditions: list[list[Callable[[Incident], bool]]] = []
    for group in groups:
        bracketed = group.startswith("(") and group.endswith(")")
        alternatives = (group[1:-1] if bracketed else group).split(" or ")
        comparisons = [_comparison(alternative.strip()) for alternative in alternatives]
        if None in comparisons or (len(comparisons) > 1 and len(groups) > 1 and not bracketed):
            return None
        conditions.append([comparison for comparison in comparisons if comparison is not None])
    return lambda incident: all(any(comparison(incident) for comparison in group) for group in conditions)


def _comparison(text: str) -> Callable[[Incident], bool] | None:
    match = FILTER.fullmatch(text)
    if match is None or match[1] not in FILTERED:
        return None
    value, compare = FILTERED[match[1]], OPERATORS[match[2]]
    quoted, number, time = match.groups()[2:]
    try:
        literal: Any = quoted if quoted is not None else int(number) if number else datetime.fromisoformat(time)
    except ValueError:
        return None

    def holds(incident: Incident) -> bool:
        property_value = value(incident)
        return compare(property_value, literal) if isinstance(property_value, type(literal)) else match[2] == "ne"

    return holds


def _next(call: Call, skip: int, generation: int) -> str:
    options = "&".join(f"{name}={value}" for name, value in call.query.multi_items() if name.lower() != "$skiptoken")
    token = json.dumps([{"token": f"+RID:{generation or ''}~{skip}", "skip": skip}], separators=(",", ":"))
    return f"https://{call.request.url.host}:443{call.request.url.path}?{options}&$skipToken={token}"


def _skipped(token: str | None, generation: int) -> int | None:
    """Return the number of rows that a token skips; None for a foreign token, or one of another generation."""
    if token is None:
        return 0
    match = re.search(r'"skip":(\d+)', unquote(token))
    handed_out = re.search(r"\+RID:(\d*)~", unquote(token))
    if match is None or (handed_out and handed_out[1] != str(generation or "")):
        return None
    return int(match.group(1))


def of_incident(
    answer: Callable[[Call, Workspace, Incident], Any],
) -> Callable[[Call], httpx.Response]:
    """Declare an operation on one incident."""

    @onboarded
    def checked(call: Call, workspace: Workspace) -> httpx.Response:
        for incident in () if workspace.vanishing else workspace.incidents:
            unready = incident.id in call.tenant.unready and call.endpoint is not sentinel.INCIDENT
            if incident.id.lower() == call.path["incident"].lower() and not unready:
                return ok(call, answer(call, workspace, incident))
        return refuse(call, "incident-not-found", incident=call.path["incident"])

    return checked


@answers(sentinel.INCIDENT, "recorded", "azure-sdk recordings of incidents")
@of_incident
def incident(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return an incident."""
    return incident_body(workspace, state)


@answers(sentinel.INCIDENT_ALERTS, "specified", SPEC)
@of_incident
def incident_alerts(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the alerts of an incident."""
    return {"value": [alert_body(workspace, alert) for alert in state.alerts]}


@answers(sentinel.INCIDENT_ENTITIES, "specified", SPEC)
@of_incident
def incident_entities(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the entities of an incident's alerts, and their number by kind."""
    entities = entities_of(workspace, state)
    kinds = sorted({entity["kind"] for entity in entities})
    counts = [{"entityKind": kind, "count": sum(entity["kind"] == kind for entity in entities)} for kind in kinds]
    return {"entities": entities, "metaData": counts}


@answers(sentinel.INCIDENT_BOOKMARKS, "specified", SPEC)
@of_incident
def incident_bookmarks(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the bookmarks of an incident."""
    marks = []
    for name in state.bookmark_ids:
        properties = {"displayName": "Kept for the investigation", "query": "SigninLogs | take 1", "labels": []}
        marks.append(
            {
                "id": f"{workspace.scope}/providers/{NAMESPACE}/Entities/{name}",
                "name": name,
                "type": f"{NAMESPACE}/Entities",
                "kind": "Bookmark",
                "properties": properties,
            }
        )
    return {"value": marks}


def _topped(answer: Callable[[Call], httpx.Response]) -> Callable[[Call], httpx.Response]:
    """Declare a list of an incident with ``$top``; a shortened list has no next link here."""

    def checked(call: Call) -> httpx.Response:
        response = answer(call)
        if response.status_code != 200 or call.option("$top") is None:
            return response
        most = page_size(call, 0)
        return refuse(call, "top-invalid") if most is None else ok(call, {"value": response.json()["value"][:most]})

    return checked


@answers(sentinel.INCIDENT_COMMENTS, "recorded", "azure-sdk recordings of incident comments")
@_topped
@of_incident
def incident_comments(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the comments of an incident."""
    return {"value": [comment_body(workspace, state, comment) for comment in state.comments]}


@answers(sentinel.INCIDENT_RELATIONS, "specified", SPEC)
@_topped
@of_incident
def incident_relations(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the relations of an incident."""
    return {"value": relations_of(workspace, state)}


@answers(sentinel.INCIDENT_TASKS, "specified", SPEC)
@of_incident
def incident_tasks(call: Call, workspace: Workspace, state: Incident) -> Any:
    """Return the tasks of an incident."""
    return {"value": [task_body(workspace, state, task) for task in state.tasks]}
