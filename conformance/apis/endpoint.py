"""The declarations of APIs and their operations, once, as data.

The probes, the read-only guard, the routes of the fakes, the permission tables of the docs and the commands of the
fixes are all derived from :class:`Endpoint` declarations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")

Audience = Literal["arm", "log_analytics", "graph", "defender"]
"""The four resources that a connection needs tokens for. With client credentials, a token has the roles of one
resource.
"""

WORKSPACE = (
    "/subscriptions/{subscription_id}/resourceGroups/{resource_group}"
    "/providers/Microsoft.OperationalInsights/workspaces/{workspace_name}"
)
SENTINEL = WORKSPACE + "/providers/Microsoft.SecurityInsights"


@dataclass(frozen=True, slots=True)
class Api:
    """One API of the connection: its host, and the audience of its tokens (None: no token)."""

    name: str
    title: str
    audience: Audience | None


ENTRA = Api("entra", "Microsoft Entra ID", None)
ARM = Api("arm", "Azure Resource Manager", "arm")
LOG_ANALYTICS = Api("log_analytics", "Log Analytics", "log_analytics")
SENTINEL_API = Api("sentinel", "Microsoft Sentinel", "arm")
GRAPH = Api("graph", "Microsoft Graph", "graph")
DEFENDER = Api("defender", "Defender for Endpoint", "defender")

APIS: Mapping[str, Api] = {api.name: api for api in (ENTRA, ARM, LOG_ANALYTICS, SENTINEL_API, GRAPH, DEFENDER)}


@dataclass(frozen=True, slots=True)
class Action:
    """An Azure RBAC action that an operation needs at its scope. ``published``: Microsoft's operation list contains
    it.
    """

    name: str
    published: bool = True


@dataclass(frozen=True, slots=True)
class AppRole:
    """An application permission for an operation: the least permission, and others that allow it too."""

    name: str
    also: tuple[str, ...] = ()

    @property
    def any_of(self) -> tuple[str, ...]:
        """Return the names of the roles, the least first. Any one of them is enough."""
        return (self.name, *self.also)


_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Endpoint(Generic[T]):
    """One documented, read-only operation.

    ``path`` is a template with the connection's ids and the operation's own parameters. ``query`` maps Python names to
    wire names (``top`` to ``$top``). ``answers`` is the shape of a success. ``paging`` is the member that contains the
    next link. ``source`` is the page that documents the operation. ``retires`` is its announced end. ``not_found`` is
    the cause of a 404. ``abroad``: the operation needs no token, and may be sent to other clouds than the connection's.
    """

    name: str
    api: Api
    method: Literal["GET", "POST"]
    path: str
    answers: type[T]
    source: str
    needs: Action | AppRole | None = None
    api_version: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    paging: Literal["nextLink", "@odata.nextLink"] | None = None
    retires: date | None = None
    max_top: int | None = None
    not_found: str | None = None
    abroad: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values in the path."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def regex(self) -> str:
        """Return the text of :attr:`pattern`."""
        parts = _PARAMETER.split(self.path)
        regex = "".join(re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/?#]+)" for i, part in enumerate(parts))
        return rf"\A{regex}\Z"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of the whole decoded path of this operation. It ignores case, as ARM does."""
        return re.compile(self.regex, re.IGNORECASE)

    def ask(self, *, json: Any = None, headers: Mapping[str, str] | None = None, **parameters: Any) -> Ask[T]:
        """Return one request to this operation. Keywords are query options or path parameters, by their Python
        names.
        """
        query = {self.query[name]: str(value) for name, value in parameters.items() if name in self.query}
        path = {name: str(value) for name, value in parameters.items() if name not in self.query}
        unknown = [name for name in path if "{" + name + "}" not in self.path]
        if unknown:
            raise TypeError(f"{self.name} has no parameter {', '.join(unknown)}")
        return Ask(self, path, query, json=json, headers=dict(headers or {}))

    def next(self, link: str) -> Ask[T]:
        """Return the request for the page of a next link. The link is used exactly as the service wrote it."""
        return Ask(self, {}, {}, link=link)


@dataclass(frozen=True)
class Ask(Generic[T]):
    """A request: an endpoint with its parameters. ``token`` is only for the negative control; ``cloud`` is the name of
    a cloud other than the connection's.
    """

    endpoint: Endpoint[T]
    path: Mapping[str, str]
    query: Mapping[str, str]
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    token: Audience | None = None
    cloud: str | None = None
