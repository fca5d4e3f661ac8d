"""Deny assignments that deny an action to a service principal."""

from __future__ import annotations

from conformance.apis.actions import covers
from conformance.apis.arm import DenyAssignment
from conformance.probing.diagnosis.rules import elements_of
from conformance.probing.evidence import Evidence

EVERYBODY = "SystemDefined"
"""The type of the principal that means all principals (its object id is all zeros)."""


def denial(deny_assignments: Evidence, object_id: str, action: str) -> DenyAssignment | None:
    """Return the deny assignment that covers an action and names the service principal, or all principals without
    excluding it; None without it.

    Deny assignments that name a group are skipped: the members of the group are unknown. Source:
    learn.microsoft.com/azure/role-based-access-control/deny-assignments.
    """
    assignment: DenyAssignment
    for assignment in elements_of(deny_assignments):
        properties = assignment.properties
        listed = any(who.id.lower() == object_id or who.type == EVERYBODY for who in properties.principals)
        spared = any(who.id.lower() == object_id for who in properties.exclude_principals)
        denies = any(
            covers(denied.actions, action) and not covers(denied.not_actions, action)
            for denied in properties.permissions
        )
        if listed and denies and not spared:
            return assignment
    return None
