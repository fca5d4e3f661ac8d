"""The Azure roles of the service principal: the required roles, and no more."""

from __future__ import annotations

from typing import NoReturn

from conformance.apis.action_roles import READER_ROLE
from conformance.apis.actions import covers
from conformance.apis.arm import RoleAssignment, RoleDefinition
from conformance.apis.shape import ArmList
from conformance.checks.azure_needs import (
    allowed_by_needs,
    changes,
    of_a_reader,
    of_another_role,
    of_the_reader,
    widest_scope,
)
from conformance.checks.expect import fail, not_applicable
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.probing.diagnosis.role_actions import roles_held
from conformance.probing.evidence import Answer
from conformance.probing.tokens import Token


@check(
    "RBAC-021",
    "the role is Microsoft Sentinel Reader, on the resource group",
    area="rbac",
    level="should",
    applies=of_the_reader,
)
def test_role_as_advised(
    connection: Connection,
    role_assignments: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
) -> None:
    """Microsoft advises the resource group; a role on the workspace alone does not include the solution and workbooks.

    A custom role with the same permissions is as good. A role that can read everything, or is assigned above the
    resource group, is more than needed.
    """
    roles = roles_held(role_assignments, role_definitions)
    if not roles:
        not_applicable("no role assignment is listed")
    for role, assignment in roles:
        name, scope = role.properties.role_name, assignment.properties.scope
        if not (scope.lower() + "/").startswith(connection.group_scope.lower() + "/"):
            beyond(f"{name} is assigned on {scope or '/'}, which is more than the resource group.", name, connection)
        if any("*/read" in grant.actions for grant in role.properties.permissions):
            beyond(f"{name} reads everything in {scope}; {READER_ROLE} is enough.", name, connection)
    if all(
        role_assignment.properties.scope.lower().startswith(connection.workspace.lower())
        for _, role_assignment in roles
    ):
        fail(
            "The role is assigned on the workspace itself. Microsoft advises the resource group, so that it reaches"
            " what belongs to Microsoft Sentinel beside the workspace (solution, workbooks, query packs).",
            "rbac_wrong_scope",
            about="advice",
            facts=connection.facts(),
        )


def beyond(explanation: str, role: str, connection: Connection) -> NoReturn:
    """Warn that the role allows more than a read-only connection needs."""
    fail(
        explanation,
        "over_privileged",
        about="roles",
        facts={**connection.facts(), "role": role, "needed_role": connection.needs.role},
    )


@check(
    "RBAC-022",
    "no role of the service principal can change anything",
    area="rbac",
    level="should",
    owns=("over_privileged:roles",),
    applies=of_a_reader,
)
def test_no_writing_role(
    connection: Connection,
    role_assignments: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
) -> None:
    """The roles include no Owner, Contributor, User Access Administrator, Sentinel Contributor or Responder, and no
    custom role like them.
    """
    writing = sorted(
        {
            role.properties.role_name
            for role, _ in roles_held(role_assignments, role_definitions)
            if any(changes(action) for grant in role.properties.permissions for action in grant.actions)
        }
    )
    if writing:
        only = f"{READER_ROLE} is enough for a connection that only reads."
        beyond(f"The service principal holds {', '.join(writing)}; {only}", writing[0], connection)


@check(
    "RBAC-023",
    "the Azure roles allow no more than the profile asks for",
    area="rbac",
    level="should",
    applies=of_another_role,
)
def test_roles_of_the_profile(
    connection: Connection,
    role_assignments: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
) -> None:
    """Each role allows no changes beyond those of the profile's roles and actions, and is not assigned above the scope
    in the profile.
    """
    needs = connection.needs
    needed = allowed_by_needs(connection, role_definitions.data)
    roles = roles_held(role_assignments, role_definitions)
    if not roles:
        not_applicable("no role assignment is listed")
    for role, assignment in roles:
        name, scope = role.properties.role_name, assignment.properties.scope
        if not (scope.lower() + "/").startswith(widest_scope(connection).lower() + "/"):
            beyond(f"{name} is assigned on {scope or '/'}, which is more than {needs.role} needs.", name, connection)
        if name in (*needs.roles, needs.role):
            continue
        actions = [action for grant in role.properties.permissions for action in grant.actions]
        if more := [
            action for action in actions if (changes(action) or action == "*/read") and not covers(needed, action)
        ]:
            enough = needs.role if needs.roles else "a role with the actions of the profile alone"
            beyond(f"{name} allows {', '.join(more)}; {enough} is enough.", name, connection)


MANAGED = "Defender Unified RBAC"
"""The names of roles begin with it that Defender keeps itself once unified RBAC is activated for a workspace."""


@check(
    "RBAC-024",
    "the app's Azure role is its own",
    area="rbac",
    level="should",
    owns=("rbac_wrong_principal:unified_rbac",),
)
def test_own_role(
    connection: Connection,
    token_arm: Answer[Token],
    assignments_here: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
) -> None:
    """Roles that Defender's unified RBAC manages are not for service principals: members added by hand may be removed.
    Such roles at the workspace show that unified RBAC was activated. Its effect on the access of an app is not
    documented, so the check does not judge it.
    """
    names = {definition.name.lower(): definition.properties.role_name for definition in role_definitions.data.value}
    managed = [
        assignment
        for assignment in assignments_here.data.value
        if names.get(assignment.properties.role_definition_id.rpartition("/")[2].lower(), "").startswith(MANAGED)
    ]
    own = [assignment for assignment in managed if assignment.properties.principal_id == token_arm.data.object_id]
    if own:
        fail(
            "The app holds a role that Defender's unified RBAC keeps itself, and that holds no service principals.",
            "rbac_wrong_principal",
            about="unified_rbac",
            certainty="likely",
            remedy=f"Assign {connection.needs.role} to the app at the resource group of the workspace.",
        )
    if managed:
        not_applicable(
            "Defender's unified RBAC was activated for this workspace; what that does to an app's access is not"
            " documented"
        )
