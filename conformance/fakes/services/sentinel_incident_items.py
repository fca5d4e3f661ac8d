"""Single comments, tasks and relations of Sentinel's incidents: read, written and deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from conformance.fakes.services import sentinel_bodies as bodies
from conformance.fakes.services.routes import Call, answers, not_served
from conformance.fakes.services.sentinel import refuse
from conformance.fakes.services.sentinel_incident_writes import (
    Invalid,
    Writer,
    caller,
    changed,
    incident_operation,
    on_incident,
    properties_of,
    required,
    text_of,
    write_response,
)
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import Comment, Incident, Task

MAX_COMMENT = 30_000
"""Maximum characters of a comment (documented service limit)."""

# Comments and tasks


def _write_item(
    call: Call, workspace: Workspace, incident: Incident, member: str, item: Comment | Task
) -> httpx.Response:
    """Add an item to a list of an incident, or change the item with the same id."""
    old_items: tuple[Any, ...] = getattr(incident, member)
    before = next((old for old in old_items if old.id.lower() == item.id.lower()), None)
    if before is not None:
        item = replace(item, id=before.id, created=before.created, author=before.author)
    items = (*old_items, item) if before is None else tuple(item if old is before else old for old in old_items)
    incident = changed(call, workspace, incident, **{member: items})
    body = bodies.comment_body if member == "comments" else bodies.task_body
    return write_response(call, 201 if before is None else 200, body(workspace, incident, item))  # type: ignore[arg-type]


def _comment(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
    message, now = required(properties_of(call), "message"), call.tenant.clock.service_now()
    if len(message) > MAX_COMMENT:
        raise Invalid(f"'message' has more than {MAX_COMMENT} characters.")
    comment = Comment(call.path["comment"], message, now, now, caller(call))
    return _write_item(call, workspace, incident, "comments", comment)


def _task(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
    properties, now = properties_of(call), call.tenant.clock.service_now()
    title, status = required(properties, "title"), required(properties, "status", ("New", "Completed"))
    description = text_of(properties, "description") or ""
    task = Task(call.path["task"], title, description, status, now, now, caller(call))
    return _write_item(call, workspace, incident, "tasks", task)


def _show(member: str, name: str, body: Callable[..., Any]) -> Writer:
    """Return the item of an incident's list that a path names."""

    def show(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
        item_id = call.path[name].lower()
        for item in getattr(incident, member):
            if item.id.lower() == item_id:
                return write_response(call, 200, body(workspace, incident, item))
        return refuse(call, "item-not-found", item=call.path[name])

    return show


def _drop(member: str, name: str) -> Writer:
    """Remove an item from an incident's list; a missing item is not an error."""

    def drop(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
        old_items: tuple[Any, ...] = getattr(incident, member)
        rest = tuple(item for item in old_items if item.id.lower() != call.path[name].lower())
        if rest == old_items:
            return write_response(call, 204, None)
        changed(call, workspace, incident, **{member: rest})
        return write_response(call, 200, None)

    return drop


for _member, _name, _writer, _body, _page in (
    ("comments", "comment", _comment, bodies.comment_body, "incident-comments"),
    ("tasks", "task", _task, bodies.task_body, "incident-tasks"),
):
    for _method, _action, _verb, _answer in (
        ("PUT", "write", "create-or-update", _writer),
        ("GET", "read", "get", _show(_member, _name, _body)),
        ("DELETE", "delete", "delete", _drop(_member, _name)),
    ):
        _endpoint = incident_operation(
            f"incident_{_name}_{_method.lower()}",
            _method,
            f"/{_member}/{{{_name}}}",
            f"{_member}/{_action}",
            f"{_page}/{_verb}",
        )
        answers(_endpoint, "specified", _endpoint.source)(on_incident(_answer))


# Relations

_RELATION = "/relations/{relation}"
RELATE = incident_operation(
    "incident_relate", "PUT", _RELATION, "relations/write", "incident-relations/create-or-update"
)
RELATION = incident_operation("incident_relation", "GET", _RELATION, "relations/read", "incident-relations/get")
UNRELATE = incident_operation("incident_unrelate", "DELETE", _RELATION, "relations/delete", "incident-relations/delete")


@answers(RELATE, "specified", RELATE.source)
@on_incident
def relate(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
    """Relate an incident to a bookmark of the workspace. Adding an alert to an incident is not modelled."""
    resource, name = required(properties_of(call), "relatedResourceId"), call.path["relation"]
    bookmarks = {bookmark["id"].lower(): bookmark["id"] for bookmark in workspace.content.get("bookmarks", [])}
    if resource.lower() not in bookmarks:
        return not_served(refuse, call)
    before = [item for item in incident.related if item[0] == name]
    related = (*(item for item in incident.related if item[0] != name), (name, bookmarks[resource.lower()]))
    incident = changed(call, workspace, incident, related=related)
    return write_response(call, 200 if before else 201, bodies.relations_of(workspace, incident)[-1])


@answers(RELATION, "specified", RELATION.source)
@on_incident
def relation(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
    """Return a relation of an incident by its name, or 404."""
    for item in bodies.relations_of(workspace, incident):
        if item["name"].lower() == call.path["relation"].lower():
            return write_response(call, 200, item)
    return refuse(call, "item-not-found", item=call.path["relation"])


@answers(UNRELATE, "specified", UNRELATE.source)
@on_incident
def unrelate(call: Call, workspace: Workspace, incident: Incident) -> httpx.Response:
    """Remove an added relation; relations to the incident's own alerts stay."""
    rest = tuple(item for item in incident.related if item[0].lower() != call.path["relation"].lower())
    if rest == incident.related:
        return write_response(call, 204, None)
    changed(call, workspace, incident, related=rest)
    return write_response(call, 200, None)
