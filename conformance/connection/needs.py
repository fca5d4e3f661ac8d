"""What a connection needs: what its profile states, and what its file expects beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.apis.endpoint import Action, Endpoint
from conformance.connection.expect import Expect
from conformance.connection.profile import Profile
from conformance.connection.requirement import AppPermission, Route, read_action, read_permission, read_route

T = TypeVar("T")

READER_ROLE = "Microsoft Sentinel Reader"
_QUERIES = "microsoft.operationalinsights/workspaces/query/"


@dataclass(frozen=True)
class Needs:
    """Permissions, Azure roles and actions, and the reads that are asked for them."""

    permissions: tuple[AppPermission, ...]
    optional: tuple[AppPermission, ...]
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    routes: tuple[Route, ...]

    @staticmethod
    def of(profile: Profile, expect: Expect) -> Needs:
        """Add what a file expects to what a profile states. Raises ValueError for a text that states nothing."""
        return Needs(
            _each(profile.permissions, map(read_permission, expect.permissions)),
            profile.optional,
            profile.roles,
            _each(profile.actions, map(read_action, expect.actions)),
            _each(profile.routes, map(read_route, expect.routes)),
        )

    @property
    def role(self) -> str:
        """The Azure role that a fix names: the first one that the profile states, else the reader's."""
        return self.roles[0] if self.roles else READER_ROLE

    @property
    def apis(self) -> frozenset[str]:
        """The APIs that this leads to. Azure roles and actions alone lead to Microsoft Sentinel."""
        names = {permission.api for permission in (*self.permissions, *self.optional)}
        names |= {route.api for route in self.routes} - {"arm"}
        names |= {"log_analytics" if action.lower().startswith(_QUERIES) else "sentinel" for action in self.actions}
        if self.roles and not names & {"log_analytics", "sentinel"}:
            names.add("sentinel")
        return frozenset(names)

    def required(self, api: str) -> tuple[str, ...]:
        """Return the names of the application permissions of an API that must be there."""
        return tuple(permission.name for permission in self.permissions if permission.api == api)

    def recommended(self, api: str) -> tuple[str, ...]:
        """Return the names of those that only a part of the tool needs."""
        return tuple(permission.name for permission in self.optional if permission.api == api)

    def calls(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether an operation is one of the routes."""
        return any(route.leads_to(endpoint) for route in self.routes)

    def unseen_actions(self, endpoints: Iterable[Endpoint[Any]]) -> tuple[str, ...]:
        """Return the actions that none of the routes among ``endpoints`` needs: only computed permissions show them."""
        visible = {
            endpoint.needs.name.lower()
            for endpoint in endpoints
            if isinstance(endpoint.needs, Action) and self.calls(endpoint)
        }
        return tuple(action for action in self.actions if action.lower() not in visible)


def _each(*parts: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(need for part in parts for need in part))
