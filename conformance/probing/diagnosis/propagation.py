"""New role assignments, which may not have taken effect yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from conformance.findings import Finding, finding
from conformance.probing.diagnosis.role_actions import may_cover
from conformance.probing.diagnosis.rules import elements_of
from conformance.probing.evidence import Answer, Evidence

PROPAGATION = timedelta(minutes=30)
"""A younger role assignment may not have taken effect. Documented as up to 10 minutes, in older texts 30."""
QUERY_PROPAGATION = timedelta(minutes=60)
"""The same for the query service."""


def young(
    role_assignments: Evidence, role_definitions: Evidence, action: str, facts: Mapping[str, str], within: timedelta
) -> Finding | None:
    """Return the finding of an assignment that may not have taken effect yet, of a role that allows the action (or is
    unknown); else None.
    """
    if not isinstance(role_assignments, Answer) or role_assignments.exchange.date is None:
        return None
    now = role_assignments.exchange.date
    roles = {definition.name.lower(): definition.properties.permissions for definition in elements_of(role_definitions)}
    created = []
    for assignment in elements_of(role_assignments):
        grants = roles.get(assignment.properties.role_definition_id.rpartition("/")[2].lower())
        helps = grants is None or any(may_cover(grant.actions, action) for grant in grants)
        if helps and assignment.properties.created_on and now - assignment.properties.created_on < within:
            created.append(assignment.properties.created_on)
    return propagation_finding(max(created), now, facts, within) if created else None


def propagation_finding(
    created: datetime, now: datetime, facts: Mapping[str, str], within: timedelta = PROPAGATION
) -> Finding:
    """Return the finding of a role granted minutes ago, with the time to check again."""
    minutes = max(0, int((now - created).total_seconds() // 60))
    return finding(
        "rbac_propagating",
        facts=facts,
        certainty="likely",
        also=("rbac_role_missing",),
        explanation=f"A role was assigned {minutes} minutes ago ({created:%H:%M} UTC) and has not taken effect yet."
        f" That takes up to 10 minutes, in places {int(within.total_seconds() // 60)}: try again after"
        f" {created + within:%H:%M} UTC.",
    )
