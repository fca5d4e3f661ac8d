"""The Azure actions that a connection needs, and the actions that its roles allow."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.apis import ENDPOINTS
from conformance.apis.action_roles import LADDER, READER_ROLE, gives, role_for
from conformance.apis.arm import RoleAssignment, RoleDefinition
from conformance.apis.endpoint import Action
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.connection.profile import SUBSCRIPTION
from conformance.probing.evidence import Answer, Evidence


def without_actions(connection: Connection) -> str | None:
    """Return the reason why the check of further actions does not apply to a connection, else None."""
    asks = (*connection.needs.actions, *connection.needs.route_actions)
    return None if asks else f"the profile {connection.profile.name} asks for no further Azure action"


def visible_actions(reads: Iterable[Evidence]) -> frozenset[str]:
    """Return the actions, in lower case, that answered reads prove to be allowed."""
    answered = (ENDPOINTS.get(read.exchange.endpoint) for read in reads if isinstance(read, Answer))
    return frozenset(
        endpoint.needs.name.lower() for endpoint in answered if endpoint and isinstance(endpoint.needs, Action)
    )


def of_the_reader(connection: Connection) -> str | None:
    """Return the reason why advice on the reader's role does not apply to a connection, else None."""
    if connection.needs.role == READER_ROLE:
        return None
    return f"the profile {connection.profile.name} asks for {connection.needs.role}"


COMMON = frozenset({"microsoft.support/*", "microsoft.resources/deployments/*", "microsoft.insights/alertrules/*"})
"""Actions of Microsoft's own reader roles: support requests, deployments and metric alerts of the caller."""


def changes(action: str) -> bool:
    """Return whether an action of a role, usually a pattern, allows a change."""
    lower = action.lower()
    return lower not in COMMON and lower.rpartition("/")[2] not in ("read", "action")


def of_a_reader(connection: Connection) -> str | None:
    """Return the reason why a connection may have roles that change things; None for a connection that only reads."""
    needs = connection.needs
    return of_the_reader(connection) or (
        f"the profile {connection.profile.name} changes things" if any(map(changes, needs.actions)) else None
    )


def of_another_role(connection: Connection) -> str | None:
    """Return the reason why only the reader's role is judged; None where the profile needs more than that role."""
    return None if of_a_reader(connection) else "the reader's role is enough for this connection (RBAC-021, RBAC-022)"


def below(assignment: RoleAssignment, connection: Connection) -> bool:
    """Return whether the scope of a role is a resource inside the workspace, such as one table."""
    return assignment.properties.scope.lower().startswith(connection.workspace.lower() + "/")


def allowed_by_needs(connection: Connection, role_definitions: ArmList[RoleDefinition]) -> list[str]:
    """Return the actions, as patterns, that a connection needs: its own and those of its profile's roles."""
    needs = connection.needs
    roles = [role.properties for role in role_definitions.value if role.properties.role_name in needs.roles]
    return [*needs.actions, *(action for role in roles for grant in role.permissions for action in grant.actions)]


def widest_scope(connection: Connection) -> str:
    """Return the widest scope at which a role of the profile should be assigned."""
    subscription = f"/subscriptions/{connection.subscription_id}"
    return subscription if connection.profile.scope == SUBSCRIPTION else connection.group_scope


def role_giving(connection: Connection, action: str) -> str:
    """Return the role to assign for an action: the profile's role that gives it, else the connection's or a built-in
    role.
    """
    least = role_for(action)
    stated = (role for role in connection.needs.roles if gives(role, action))
    return next(stated, connection.needs.role if least in LADDER else least)
