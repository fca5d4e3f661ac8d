"""Azure roles of the service principal."""

from __future__ import annotations

from conformance.apis import ENDPOINTS
from conformance.apis.actions import covers
from conformance.apis.arm import Permissions, ResourceGroup, RoleAssignment, RoleDefinition
from conformance.apis.endpoint import Action
from conformance.apis.shape import ArmList
from conformance.checks.expect import Found, fail, not_applicable
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.findings import finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tell_apart.azure import READER_ROLE, area_of
from conformance.probing.tokens import Token

NEEDED = sorted({e.needs.name for e in ENDPOINTS.values() if isinstance(e.needs, Action) and e.needs.published})


def needed(about: str) -> list[str]:
    """The actions of a group that the operations of this suite need at the workspace."""
    unneeded = ("Microsoft.Resources/", "Microsoft.OperationsManagement/", "Microsoft.Authorization/")
    return [action for action in NEEDED if area_of(action) == about and not action.startswith(unneeded)]


@check(
    "RBAC-001",
    "the service principal's effective permissions at the workspace can be read",
    owns=(
        "rbac_role_missing:workspace",
        "rbac_role_missing",
        "rbac_denied:workspace",
        "policy_denied",
        "ip_blocked:arm",
    ),
)
def test_permissions_readable(permissions: Answer[ArmList[Permissions]]) -> None:
    """``Microsoft.Authorization/permissions`` at the workspace; every Sentinel role includes the right to read it."""
    if not permissions.data.value:
        fail(
            "No role reaches the workspace: the list of effective permissions is empty.",
            "rbac_role_missing",
            about="workspace",
        )


@check("RBAC-010", "the workspace may be read", using={"seen": "workspace"}, given={"about": "workspace"})
@check(
    "RBAC-011",
    "queries may be run",
    using={"seen": "query_print"},
    given={"about": "query"},
    owns=("rbac_role_missing:query", "rbac_denied:query"),
)
@check(
    "RBAC-012",
    "the workspace's tables may be looked at",
    using={"seen": "incident_table"},
    given={"about": "tables"},
    owns=("rbac_role_missing:tables", "rbac_denied:tables"),
)
@check(
    "RBAC-013",
    "Microsoft Sentinel may be read",
    using={"seen": "incidents"},
    given={"about": "sentinel"},
    owns=("rbac_role_missing:sentinel", "rbac_denied:sentinel"),
)
def test_actions_allowed(
    connection: Connection, permissions: Answer[ArmList[Permissions]], seen: Evidence, about: str
) -> None:
    """Wildcards, notActions and several roles added up, against the actions that the operations need.

    What was seen to work outweighs what was computed: where the operation itself succeeded, nothing is missing.
    """
    grants = permissions.data.value
    lacking = [
        action
        for action in needed(about)
        if not any(covers(one.actions, action) and not covers(one.not_actions, action) for one in grants)
    ]
    if not lacking or isinstance(seen, Answer):
        return
    if isinstance(seen, Refusal) and not seen.finding.cause.startswith("rbac_"):
        not_applicable("the operation itself was refused for another reason")
    if isinstance(seen, Refusal) and seen.finding.cause != "rbac_role_missing":
        raise Found(seen.finding)
    if not isinstance(seen, Refusal):
        not_applicable("this connection does not use it")
    taken = [action for action in lacking if any(covers(one.actions, action) for one in grants)]
    facts = {**connection.facts(), "action": lacking[0], "role": READER_ROLE}
    raise Found(
        finding(
            "rbac_denied" if taken else "rbac_role_missing",
            facts=facts,
            about=about,
            explanation=f"The app has a role at the workspace, but not one that allows {', '.join(lacking)}.",
        )
    )


@check(
    "RBAC-020",
    "an Azure role of this service principal reaches the workspace",
    owns=("rbac_wrong_principal", "rbac_wrong_scope", "rbac_propagating"),
)
def test_assignment_reaches(role_assignments: Evidence, token_arm: Answer[Token], permissions: Evidence) -> None:
    """Directly, by resource group, subscription or management group, or through a group; for the object id of the token."""
    if isinstance(role_assignments, Refusal):
        if isinstance(permissions, Answer) and permissions.data.value:
            not_applicable("a role reaches the workspace, but it does not let assignments be read")
        raise Found(role_assignments.finding)
    if isinstance(role_assignments, Answer) and not role_assignments.data.value:
        if isinstance(permissions, Answer) and permissions.data.value:
            not_applicable(
                "a role reaches the workspace, though no assignment is listed (Azure Lighthouse grants are not)"
            )
        if isinstance(permissions, Refusal):
            raise Found(permissions.finding)
        fail(
            "No role assignment of this service principal reaches the workspace.",
            "rbac_role_missing",
            about="workspace",
        )


READERS = frozenset(
    {
        READER_ROLE,
        "Reader",
        "Log Analytics Reader",
        "Monitoring Reader",
        "Security Reader",
        "Log Analytics Data Reader",
        "Defender Unified RBAC Reader",
    }
)


def roles_held(
    role_assignments: ArmList[RoleAssignment], role_definitions: ArmList[RoleDefinition]
) -> list[tuple[RoleDefinition, RoleAssignment]]:
    """The roles behind assignments."""
    known = {one.name.lower(): one for one in role_definitions.value}
    pairs = (
        (known.get(one.properties.role_definition_id.rpartition("/")[2].lower()), one) for one in role_assignments.value
    )
    return [(role, assignment) for role, assignment in pairs if role is not None]


@check("RBAC-021", "the role is Microsoft Sentinel Reader, on the resource group", level="should")
def test_role_as_advised(
    connection: Connection,
    role_assignments: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
    resource_group: Evidence,
) -> None:
    """Microsoft advises the resource group; a role on the workspace alone does not reach the solution and workbooks.

    A custom role that allows the same is as good.
    """
    held = roles_held(role_assignments.data, role_definitions.data)
    if not held:
        not_applicable("no role assignment is listed")
    deepest = all(one.properties.scope.lower() == connection.workspace.lower() for _, one in held)
    if deepest and not (isinstance(resource_group, Answer) and isinstance(resource_group.data, ResourceGroup)):
        fail(
            "The role is assigned on the workspace itself. Microsoft advises the resource group, so that it reaches what"
            " belongs to Microsoft Sentinel beside the workspace (solution, workbooks, query packs).",
            "rbac_wrong_scope",
            about="advice",
            facts=connection.facts(),
        )


CHANGES = (
    "*",
    "Microsoft.SecurityInsights/*",
    "Microsoft.SecurityInsights/incidents/*",
    "Microsoft.OperationalInsights/*",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/*",
)


@check(
    "RBAC-022", "no role of the service principal can change anything", level="should", owns=("over_privileged:roles",)
)
def test_no_writing_role(
    connection: Connection,
    role_assignments: Answer[ArmList[RoleAssignment]],
    role_definitions: Answer[ArmList[RoleDefinition]],
) -> None:
    """No Owner, Contributor, User Access Administrator, Sentinel Contributor or Responder, and no custom role like them."""
    writing = sorted(
        role.properties.role_name
        for role, _ in roles_held(role_assignments.data, role_definitions.data)
        if role.properties.role_name not in READERS
        and any(
            action.lower() in {pattern.lower() for pattern in CHANGES} or action.lower().endswith("/write")
            for grant in role.properties.permissions
            for action in grant.actions
        )
    )
    if writing:
        fail(
            f"The service principal holds {', '.join(writing)}; {READER_ROLE} is enough for a connection that only reads.",
            "over_privileged",
            about="roles",
            facts={**connection.facts(), "role": writing[0]},
        )
