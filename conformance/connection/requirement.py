"""A requirement of a connection as text: an application permission, an Azure action, or a route of an API.

Graph: SecurityAlert.Read.All
Microsoft.SecurityInsights/incidents/read
Sentinel: GET {sentinel}/incidents
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.apis.endpoint import APIS, SENTINEL, WORKSPACE, Endpoint
from conformance.apis.permissions import RESOURCES, resource_of
from conformance.apis.published_actions import PUBLISHED_ACTIONS

LABELS: Mapping[str, str] = {
    "arm": "Azure",
    "log_analytics": "Log Analytics",
    "sentinel": "Sentinel",
    "graph": "Graph",
    "defender": "Defender",
}
"""The short names of APIs in requirements."""
CLOSE = 0.9
"""Minimum similarity of a name to a known name to be treated as its misspelling."""
_PERMISSION = re.compile(r"[A-Z][A-Za-z]+(?:[.-][A-Za-z]+)+")
_ACTION = re.compile(r"[A-Za-z]+\.[A-Za-z.]+(?:/[A-Za-z0-9]+)+")
_VERBS = ("read", "write", "delete", "action")
_SHORT: Mapping[str, str] = {SENTINEL: "{sentinel}", WORKSPACE: "{workspace}"}


class RequirementError(ValueError):
    """A text that is not a requirement. The message describes the expected text."""


@dataclass(frozen=True, slots=True, order=True)
class AppPermission:
    """An application permission of an API; ``api`` is a key of :data:`RESOURCES`."""

    api: str
    name: str

    def __str__(self) -> str:
        return f"{LABELS[self.api]}: {self.name}"


@dataclass(frozen=True, slots=True)
class Route:
    """Operations of an API: those with a method and a path (placeholders may have any name), or all (``*``)."""

    api: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{LABELS[self.api]}: {' '.join(filter(None, (self.method, self.path)))}"

    def leads_to(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether the route includes an operation."""
        if endpoint.api.name != self.api:
            return False
        return self.path == "*" or (self.method, _plain(self.path)) == (endpoint.method, _plain(endpoint.path))


def route_of(endpoint: Endpoint[Any]) -> str:
    """Return the text of an operation's route, with long paths of Azure shortened."""
    path = endpoint.path
    for long, short in _SHORT.items():
        path = path.replace(long, short)
    return str(Route(endpoint.api.name, endpoint.method, path))


def read_permission(text: str) -> AppPermission:
    """Return the permission in a text. Raises :class:`RequirementError`."""
    label, _, name = (part.strip() for part in text.rpartition(":"))
    if label:
        resource = resource_of(label) or resource_of(_api(label))
        api = resource.api if resource else ""
    else:
        holders = [api for api, resource in RESOURCES.items() if resource.application_id(name) and api in LABELS]
        api = holders[0] if len(holders) == 1 else ""
    if api not in ("graph", "defender", "log_analytics"):
        example = "an application permission with its API, such as 'Graph: SecurityAlert.Read.All'"
        raise RequirementError(f"{example}{_correction(label, LABELS.values())}")
    names = [names.name for names in RESOURCES[api].permissions.values() if names.application]
    if name not in names:
        if hint := _correction(name, names):
            raise RequirementError(f"an application permission of {RESOURCES[api].name}{hint}")
        if not _PERMISSION.fullmatch(name):
            raise RequirementError(f"an application permission of {RESOURCES[api].name}, such as {names[0]!r}")
    return AppPermission(api, name)


def read_action(text: str) -> str:
    """Return the Azure action in a text, in Microsoft's spelling. Raises :class:`RequirementError`."""
    published = {action.lower(): action for action in PUBLISHED_ACTIONS}
    if text.lower() in published:
        return published[text.lower()]
    hint = _correction(text, PUBLISHED_ACTIONS)
    if hint or not _ACTION.fullmatch(text) or text.rpartition("/")[2].lower() not in _VERBS:
        raise RequirementError(f"an Azure action such as 'Microsoft.SecurityInsights/incidents/read'{hint}")
    return text


def read_route(text: str, reads: Iterable[Endpoint[Any]] | None = None) -> Route:
    """Return the route in a text. Raises :class:`RequirementError`, also for a route that is not one of ``reads``."""
    label, _, rest = (part.strip() for part in text.partition(":"))
    method, _, path = rest.partition(" ")
    api = _api(label)
    route = Route(api, *(("", "*") if rest == "*" else (method.upper(), path.strip())))
    if api not in LABELS or not route.path:
        raise RequirementError("a route with its API, such as 'Graph: GET /v1.0/security/incidents', or 'Graph: *'")
    endpoints = tuple(reads or ())
    if endpoints and not any(map(route.leads_to, endpoints)):
        correction = _correction(
            str(route), (route_of(endpoint) for endpoint in endpoints if endpoint.api.name == api), 0.6
        )
        raise RequirementError(f"a read of {APIS[api].title} that this suite knows{correction}")
    return route


def _api(label: str) -> str:
    """Return the API of a short name, a title or its own name; the label itself for an unknown one."""
    wanted_label = label.lower()
    for api, short in LABELS.items():
        if wanted_label in (api, short.lower(), APIS[api].title.lower()):
            return api
    return label


def _correction(word: str, choices: Iterable[str], cutoff: float = CLOSE) -> str:
    lower = {name.lower(): name for name in choices}
    matches = difflib.get_close_matches(word.lower(), lower, 1, cutoff)
    return f" (did you mean {lower[matches[0]]!r}?)" if matches else ""


def _plain(path: str) -> str:
    for long, short in _SHORT.items():
        path = path.replace(short, long)
    return re.sub(r"\{\w+\}", "{}", path).lower()
