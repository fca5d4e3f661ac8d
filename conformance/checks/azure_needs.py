"""What a connection needs of Azure, and what the roles that it has allow."""

from __future__ import annotations

from conformance.apis import ENDPOINTS
from conformance.apis.arm import RoleAssignment, RoleDefinition
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.connection.needs import READER_ROLE
from conformance.findings.remedies import role_for


def unseen(connection: Connection) -> tuple[str, ...]:
    """Return the actions that a connection asks for, and that no operation shows which it calls."""
    return connection.needs.unseen_actions(ENDPOINTS.values())


def without_unseen(connection: Connection) -> str | None:
    """Return why the check of further actions does not apply to a connection; None where it does."""
    return None if unseen(connection) else f"the profile {connection.profile.name} asks for no further Azure action"


def roles_held(
    role_assignments: ArmList[RoleAssignment], role_definitions: ArmList[RoleDefinition]
) -> list[tuple[RoleDefinition, RoleAssignment]]:
    """Return the roles behind assignments."""
    definitions = {definition.name.lower(): definition for definition in role_definitions.value}
    pairs = (
        (definitions.get(assignment.properties.role_definition_id.rpartition("/")[2].lower()), assignment)
        for assignment in role_assignments.value
    )
    return [(role, assignment) for role, assignment in pairs if role is not None]


def of_the_reader(connection: Connection) -> str | None:
    """Return why advice on the reader's role does not apply to a connection; None where it does."""
    if connection.needs.role == READER_ROLE:
        return None
    return f"the profile {connection.profile.name} asks for {', '.join(connection.needs.roles)}"


COMMON = frozenset({"microsoft.support/*", "microsoft.resources/deployments/*", "microsoft.insights/alertrules/*"})
"""What Microsoft gives to its reader roles too: support requests, deployments and metric alerts of one's own."""


def changes(action: str) -> bool:
    """Return whether an action of a role, a pattern as a rule, lets something be changed."""
    lower = action.lower()
    return lower not in COMMON and lower.rpartition("/")[2] not in ("read", "action")


def of_a_reader(connection: Connection) -> str | None:
    """Return why it is no matter that a role changes things; None for a connection that only reads."""
    needs = connection.needs
    return of_the_reader(connection) or (
        f"the profile {connection.profile.name} changes things" if any(map(changes, needs.actions)) else None
    )


def of_another_role(connection: Connection) -> str | None:
    """Return why a connection is judged by the reader's role alone; None where its profile asks for more."""
    return None if of_a_reader(connection) else "the reader's role is enough for this connection (RBAC-021, RBAC-022)"


def below(assignment: RoleAssignment, connection: Connection) -> bool:
    """Return whether a role is assigned on a resource inside the workspace, such as one table."""
    return assignment.properties.scope.lower().startswith(connection.workspace.lower() + "/")


def allowed_by_needs(connection: Connection, role_definitions: ArmList[RoleDefinition]) -> list[str]:
    """Return the actions, as patterns, that a connection needs: its own, and those of the roles of its profile."""
    needs = connection.needs
    roles = [role.properties for role in role_definitions.value if role.properties.role_name in needs.roles]
    return [*needs.actions, *(action for role in roles for grant in role.permissions for action in grant.actions)]


def widest_scope(connection: Connection) -> str:
    """Return the scope beyond which a role of the profile is assigned too high."""
    subscription = f"/subscriptions/{connection.subscription_id}"
    return subscription if connection.profile.scope == "subscription" else connection.group_scope


def role_giving(connection: Connection, action: str) -> str:
    """Return the role to assign for an action: the profile's, else a built-in one that gives it."""
    return connection.needs.role if connection.needs.roles else role_for(action)
