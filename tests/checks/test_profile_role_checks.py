"""Tests of the checks of roles for profiles that need more than the guide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.connection import Expect, get_profile
from tests.checks.outcomes import ends, fails, world
from tests.profile_worlds import failing, verified

# RBAC-014 and RBAC-023: actions and roles of a profile beyond the guide

DELETE = "Microsoft.SecurityInsights/threatIntelligence/indicators/delete"


def test_a_further_action_is_missing() -> None:
    there = world(profile="opencti-sentinel-intel")
    there.tenant.revoke_roles()
    there.tenant.assign(READER)
    outcome = fails("RBAC-014", there, "rbac_role_missing", says=DELETE)
    assert outcome.root
    assert '--role "Microsoft Sentinel Contributor"' in outcome.root.finding.fix.commands[0]
    ends("RBAC-014", world(), "not_applicable")


def test_the_fix_uses_the_role_of_the_action_if_the_profile_has_none() -> None:
    there = world(profile="own", expect=Expect(actions=(DELETE,)))
    there.tenant.revoke_roles()
    there.tenant.assign(READER)
    outcome = fails("RBAC-014", there, "rbac_role_missing", says=DELETE)
    assert outcome.root
    assert outcome.root.finding.fix.values["role"] == "Microsoft Sentinel Contributor"


def test_only_the_role_of_the_profile_may_change_things() -> None:
    ends("RBAC-022", world(profile="xsoar-sentinel"), "not_applicable")
    ends("RBAC-023", world(profile="xsoar-sentinel"), "passed")
    ends("RBAC-023", world(), "not_applicable")
    there = world(profile="xsoar-sentinel")
    there.tenant.assign("Contributor")
    fails("RBAC-023", there, "over_privileged", says="Contributor allows *")


def test_a_profile_s_role_reaches_too_far() -> None:
    there = world(profile="opencti-sentinel-intel")
    there.tenant.assign("Microsoft Sentinel Contributor", scope=f"/subscriptions/{there.connection.subscription_id}")
    fails("RBAC-023", there, "over_privileged", says="which is more than")
    there = world(profile="xsoar-sentinel")  # the profile's own documentation assigns the role on the subscription
    there.tenant.assign("Microsoft Sentinel Contributor", scope=f"/subscriptions/{there.connection.subscription_id}")
    ends("RBAC-023", there, "passed")


TWO_ROLES = [
    ("Monitoring Metrics Publisher", READER),
    ("Monitoring Metrics Publisher", "Log Analytics Reader"),
    ("Microsoft Sentinel Playbook Operator", "Microsoft Sentinel Contributor"),
]
"""Pairs of roles; only the second one allows what a connection reads at the workspace."""


def test_the_fix_names_the_missing_one_of_two_roles(subtests: pytest.Subtests) -> None:
    for pair in TWO_ROLES:
        for roles in (pair, pair[::-1]):
            with subtests.test(roles=roles):
                there = world(profile=replace(get_profile("airmdr"), roles=roles), apis=("log_analytics", "sentinel"))
                tenant = there.tenant
                tenant.assignments = [
                    assignment for assignment in tenant.assignments if assignment.role.name != pair[1]
                ]
                (root,) = failing(verified(there))
                assert root.finding.fix.values["role"] == pair[1]
                tenant.assign(pair[1])
                assert failing(verified(there)) == []


def test_the_fix_names_the_role_for_a_further_action() -> None:
    search = "Microsoft.OperationalInsights/workspaces/search/action"
    roles = ("Microsoft Sentinel Contributor", "Log Analytics Reader")
    there = world(profile=replace(get_profile("xsoar-sentinel"), roles=roles, actions=(search,)))
    there.tenant.assignments = [
        assignment for assignment in there.tenant.assignments if assignment.role.name == roles[0]
    ]
    outcome = fails("RBAC-014", there, "rbac_role_missing", says=search)
    assert outcome.root
    assert outcome.root.finding.fix.values["role"] == roles[1]
