"""Azure RBAC of the virtual tenant: the actions that principals may perform at a scope."""

from __future__ import annotations

from conformance.apis.actions import covers
from conformance.fakes.state.assignments import Assignment
from conformance.fakes.state.roles import allows
from conformance.fakes.state.tenant import Tenant


def reaches(scope: str, resource: str) -> bool:
    """Return whether a scope includes a resource: the scope itself and everything below it."""
    scope, resource = scope.lower().rstrip("/"), resource.lower().rstrip("/")
    return scope == resource or resource.startswith(scope + "/")


def grants(tenant: Tenant, principal: str | None, resource: str) -> list[Assignment]:
    """Return the assignments of a principal that are effective at a resource now; new ones take effect with a delay."""
    now = tenant.clock.service_now()
    return [
        assignment
        for assignment in tenant.assignments
        if principal
        and assignment.principal_id.lower() == principal.lower()
        and assignment.created + assignment.delay <= now
        and reaches(assignment.scope, resource)
    ]


def may(tenant: Tenant, principal: str | None, action: str, resource: str) -> bool:
    """Return whether a principal may perform an action at a resource: the union of (actions less notActions), less deny
    assignments.
    """
    if tenant.administers(principal):
        return True
    for denial in tenant.denials:
        if principal == denial.principal_id and reaches(denial.scope, resource) and allows(denial.actions, action):
            return False
    allowed = covers if tenant.literal_wildcards else allows
    return any(
        allowed(grant.role.actions, action) and not allowed(grant.role.not_actions, action)
        for grant in grants(tenant, principal, resource)
    )


def sees_below(tenant: Tenant, principal: str | None, scope: str) -> bool:
    """Return whether a principal has any role at a scope, above it or below it: enough to see that it exists."""
    now = tenant.clock.service_now()
    return tenant.administers(principal) or any(
        assignment.principal_id == principal
        and assignment.created + assignment.delay <= now
        and (reaches(assignment.scope, scope) or reaches(scope, assignment.scope))
        for assignment in tenant.assignments
    )
