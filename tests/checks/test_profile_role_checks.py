"""How the checks of roles end where a profile needs more than the guide."""

from __future__ import annotations

from conformance.connection import Expect
from conformance.connection.needs import READER_ROLE as READER
from tests.checks.outcomes import ends, fails, world

# RBAC-014 and RBAC-023: what a profile asks for beyond the guide

DELETE = "Microsoft.SecurityInsights/threatIntelligence/indicators/delete"


def test_a_further_action_is_missing() -> None:
    there = world(profile="opencti-sentinel-intel")
    there.tenant.revoke_roles()
    there.tenant.assign(READER)
    outcome = fails("RBAC-014", there, "rbac_role_missing", says=DELETE)
    assert outcome.root
    assert '--role "Microsoft Sentinel Contributor"' in outcome.root.finding.fix.commands[0]
    ends("RBAC-014", world(), "not_applicable")


def test_a_role_of_its_own_is_named_where_a_profile_names_none() -> None:
    there = world(profile="own", expect=Expect(actions=(DELETE,)))
    there.tenant.revoke_roles()
    there.tenant.assign(READER)
    outcome = fails("RBAC-014", there, "rbac_role_missing", says=DELETE)
    assert outcome.root
    assert outcome.root.finding.fix.values["role"] == "Microsoft Sentinel Contributor"


def test_a_profile_s_role_may_change_things_and_no_other() -> None:
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
    there = world(profile="xsoar-sentinel")  # its own page assigns the role on the subscription
    there.tenant.assign("Microsoft Sentinel Contributor", scope=f"/subscriptions/{there.connection.subscription_id}")
    ends("RBAC-023", there, "passed")
