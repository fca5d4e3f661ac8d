"""Role assignments, deny assignments and role definitions as Azure Resource Manager shows them."""

from __future__ import annotations

from typing import Any

from conformance.apis import arm
from conformance.fakes.services.routes import Call
from conformance.fakes.state.assignments import Assignment, Denial
from conformance.fakes.state.roles import RoleDefinition
from conformance.fakes.state.timeline import stable_id


def assignment_body(call: Call, assignment: Assignment) -> dict[str, Any]:
    """Return a role assignment as the service shows it."""
    created = assignment.created.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    return {
        "properties": {
            "roleDefinitionId": definition_id(assignment.scope, assignment.role),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": assignment.scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": created,
            "updatedOn": created,
            "createdBy": "00000000-0000-4000-8000-0000000000ad",
            "updatedBy": "00000000-0000-4000-8000-0000000000ad",
            "delegatedManagedIdentityResourceId": None,
            "description": None,
        },
        "id": f"{assignment.scope}{arm.AUTHORIZATION}/roleAssignments/{assignment.id}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": assignment.id,
    }


def denial_body(denial: Denial) -> dict[str, Any]:
    """Return a deny assignment as the service shows it."""
    id = stable_id("denial", denial.principal_id, denial.scope)
    return {
        "properties": {
            "denyAssignmentName": "Protected by a deployment stack",
            "description": None,
            "permissions": [
                {"actions": list(denial.actions), "notActions": [], "dataActions": [], "notDataActions": []}
            ],
            "scope": denial.scope,
            "doNotApplyToChildScopes": False,
            "principals": [{"id": denial.principal_id, "type": "ServicePrincipal"}],
            "excludePrincipals": [],
            "isSystemProtected": True,
        },
        "id": f"{denial.scope}{arm.AUTHORIZATION}/denyAssignments/{id}",
        "type": "Microsoft.Authorization/denyAssignments",
        "name": id,
    }


def definition_id(scope: str, role: RoleDefinition) -> str:
    """Return the id of a role as it is shown at a scope: below its subscription, if it has one (recorded)."""
    start, _, rest = scope.lower().partition("/subscriptions/")
    below = f"/subscriptions/{rest.split('/')[0]}" if not start and rest else ""
    return f"{below}{arm.AUTHORIZATION}/roleDefinitions/{role.id}"


def definition_body(definition: RoleDefinition, scope: str) -> dict[str, Any]:
    """Return a role definition as the service shows it in ``scope``."""
    return {
        "properties": {
            "roleName": definition.name,
            "type": "CustomRole" if definition.custom else "BuiltInRole",
            "description": definition.name,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(definition.actions),
                    "notActions": list(definition.not_actions),
                    "dataActions": list(definition.data_actions),
                    "notDataActions": list(definition.not_data_actions),
                }
            ],
            "createdOn": "2019-08-28T16:58:50.1132117Z",
            "updatedOn": "2025-11-11T20:13:07.4993029Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": definition_id(scope, definition),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": definition.id,
    }
