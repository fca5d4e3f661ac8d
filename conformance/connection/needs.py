"""The needs of a connection, from its profile and from the expectations in its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from conformance.apis.action_roles import READER_ROLE, role_for_all
from conformance.apis.endpoint import LOG_ANALYTICS, WORKSPACE, Action, AppRole, Endpoint
from conformance.connection.expect import Expect
from conformance.connection.profile import RULE, Profile
from conformance.connection.requirement import AppPermission, Route, read_action, read_permission, read_route

T = TypeVar("T")

_QUERIES = "microsoft.operationalinsights/workspaces/query/"


@dataclass(frozen=True)
class Needs:
    """Permissions, Azure roles and actions at the workspace, and the reads that need them.

    ``route_actions`` are the actions that named routes need. ``sends``: the connection needs a data collection rule and
    the role on it.
    """

    permissions: tuple[AppPermission, ...]
    optional: tuple[AppPermission, ...]
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    routes: tuple[Route, ...]
    sends: bool = False
    route_actions: tuple[str, ...] = ()

    @staticmethod
    def of(profile: Profile, expect: Expect) -> Needs:
        """Return the needs of a profile and of a file's expectations. Named routes add their least permissions and
        their actions at the workspace.

        Raises ValueError for a text that is not a requirement.
        """
        sends = profile.scope == RULE
        stated = Needs(
            _each(profile.permissions, map(read_permission, expect.permissions)),
            profile.optional,
            () if sends else profile.roles,
            _each(profile.actions, map(read_action, expect.actions)),
            _each(profile.routes, map(read_route, expect.routes)),
            sends,
        )
        operations = tuple(stated._operations())
        return replace(
            stated,
            permissions=_each(stated.permissions, stated._permissions_of(operations)),
            route_actions=_each(_actions_of(operations)),
        )

    def _operations(self) -> Iterator[Endpoint[Any]]:
        """Yield the operations of named routes."""
        if routes := [route for route in self.routes if route.path != "*"]:
            from conformance.apis import ENDPOINTS  # their shapes are loaded only if a connection names routes

            yield from (item for item in ENDPOINTS.values() if any(route.leads_to(item) for route in routes))

    def _permissions_of(self, operations: Iterable[Endpoint[Any]]) -> Iterator[AppPermission]:
        """Yield the least permissions of operations that no listed permission allows."""
        for endpoint in operations:
            if isinstance(endpoint.needs, AppRole) and not self.opens(endpoint):
                yield AppPermission(endpoint.api.name, endpoint.needs.name)

    def opens(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether a listed permission is enough for an operation; True if it needs none."""
        needs = endpoint.needs
        return not isinstance(needs, AppRole) or not self._stated(endpoint.api.name).isdisjoint(needs.any_of)

    def _stated(self, api: str) -> frozenset[str]:
        return frozenset((*self.required(api), *self.recommended(api)))

    @property
    def role(self) -> str:
        """Return the Azure role for a fix: the profile's first or the reader role, or a greater role if actions need
        it.
        """
        return role_for_all(self.actions, self.roles[0] if self.roles else READER_ROLE)

    @property
    def apis(self) -> frozenset[str]:
        """Return the APIs of these needs. Azure roles and actions alone mean Microsoft Sentinel."""
        names = {permission.api for permission in (*self.permissions, *self.optional)}
        names |= {route.api for route in self.routes} - {"arm"}
        names |= {"log_analytics" if action.lower().startswith(_QUERIES) else "sentinel" for action in self.actions}
        if self.roles and not names & {"log_analytics", "sentinel"}:
            names.add("sentinel")
        return frozenset(names)

    def required(self, api: str) -> tuple[str, ...]:
        """Return the names of the required application permissions of an API."""
        return tuple(permission.name for permission in self.permissions if permission.api == api)

    def recommended(self, api: str) -> tuple[str, ...]:
        """Return the names of the optional application permissions, needed only by a part of the tool."""
        return tuple(permission.name for permission in self.optional if permission.api == api)

    def calls(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether an operation is one of the routes. ``*`` means all routes of an API that the listed
        permissions allow, or all routes if no permissions are listed.
        """
        is_open = self.opens(endpoint) or not self._stated(endpoint.api.name)
        return any(route.leads_to(endpoint) and (route.path != "*" or is_open) for route in self.routes)


def _each(*parts: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(need for part in parts for need in part))


def _actions_of(operations: Iterable[Endpoint[Any]]) -> Iterator[str]:
    """Yield the published actions of operations at the workspace."""
    for endpoint in operations:
        needs, at_workspace = endpoint.needs, endpoint.path.startswith(WORKSPACE) or endpoint.api is LOG_ANALYTICS
        if at_workspace and isinstance(needs, Action) and needs.published:
            yield needs.name
