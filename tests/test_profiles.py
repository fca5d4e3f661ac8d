"""Every profile passes in a world that grants exactly its needs, and fails without any single one of them."""

from __future__ import annotations

import re

import pytest

from conformance.apis import ENDPOINTS
from conformance.apis.permissions import RESOURCES
from conformance.apis.published_actions import PUBLISHED_ACTIONS
from conformance.checks.test_ingestion import SENDER_ROLE
from conformance.connection import Expect, get_profile, profile_names
from conformance.connection.needs import Needs
from conformance.connection.profile import RULE
from conformance.fakes import build
from conformance.fakes.state.roles import BUILT_IN, RoleDefinition, allows
from tests.contoso import START, made_up
from tests.profile_worlds import (
    BESIDE,
    INGESTION,
    OWN,
    actions_in_use,
    connections,
    deprive,
    failing,
    fails_without_a_delegated_role,
    fails_without_each_action,
    fails_without_each_permission,
    fails_without_each_role,
    healthy,
    missing_permissions,
    unsettled,
    verified,
)


def test_each_profile_is_healthy(subtests: pytest.Subtests) -> None:
    for connection in connections():
        with subtests.test(connection.name):
            report = verified(healthy(connection))
            assert report.ok, report.verdict.summary
            assert unsettled(report) == []


def test_with_one_permission_less_a_profile_fails_with_that_permission_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        fails_without_each_permission(connection, subtests)


def test_with_one_optional_permission_less_a_profile_warns_of_that_permission_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        for permission in connection.needs.optional:
            with subtests.test(connection.name, permission=str(permission)):
                world = healthy(connection)
                world.tenant.revoke(permission.name)
                report = verified(world)
                assert report.ok
                warned = [
                    outcome
                    for outcome in report.outcomes
                    if outcome.cause == "app_role_missing" and outcome.status == "warning"
                ]
                assert len(warned) == 1
                assert f"Missing: {permission.name} " in (warned[0].reason or "")


def test_without_any_permission_the_fixes_request_exactly_those_of_the_profile(subtests: pytest.Subtests) -> None:
    for connection in connections():
        needs = connection.needs
        if not needs.permissions:
            continue
        with subtests.test(connection.name):
            world = healthy(connection)
            world.tenant.revoke(*(permission.name for permission in (*needs.permissions, *needs.optional)))
            needed = [{*needs.required(api), *needs.recommended(api)} for api in RESOURCES if needs.required(api)]
            roots = failing(verified(world))
            assert {frozenset(missing_permissions(root)) for root in roots} == {frozenset(names) for names in needed}


def test_with_one_action_less_a_profile_fails_with_that_action_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        fails_without_each_action(connection, subtests)


def test_with_one_role_less_a_profile_fails_and_the_role_of_the_fix_fixes_it(subtests: pytest.Subtests) -> None:
    for connection in connections():
        fails_without_each_role(connection, subtests)


@pytest.mark.slow
@pytest.mark.parametrize("case", BESIDE)
def test_profiles_hold_beside_other_settings_of_a_connection(case: str, subtests: pytest.Subtests) -> None:
    for connection in connections(BESIDE[case]):
        with subtests.test(case, profile=connection.name):
            report = verified(healthy(connection))
            assert report.ok, report.verdict.summary
            assert unsettled(report) == []
        fails_without_each_permission(connection, subtests, case)
        fails_without_each_action(connection, subtests, case)
        if connection.customer_tenant_id:
            fails_without_a_delegated_role(connection, subtests, case)
        else:
            fails_without_each_role(connection, subtests, case)


def test_a_missing_expected_action_is_one_finding(subtests: pytest.Subtests) -> None:
    """A missing action is reported by the read that needs it or by the effective permissions; never by both.

    Both connections expect the actions of reads; each expects in turn the actions that no read needs.
    """
    actions = tuple(sorted(PUBLISHED_ACTIONS))
    pair = [made_up(name=name, profile=name, expect=Expect(actions=actions)) for name in ("airmdr", "own")]
    of_reads = {action for connection in pair for action in actions_in_use(connection)}
    for number, connection in enumerate(pair):
        fails_without_each_action(connection, subtests, actions={*of_reads, *actions[number::2]})


def test_roles_beyond_a_profile_are_a_warning(subtests: pytest.Subtests) -> None:
    for connection in connections():
        if not connection.at_workspace:
            continue
        with subtests.test(connection.name):
            world = healthy(connection)
            world.tenant.custom_roles.append(RoleDefinition("0c0f0000-0000-4c0f-a11c-00000000beef", "More", ("*",)))
            world.tenant.assign("More")
            warned = {outcome.check for outcome in verified(world).outcomes if outcome.cause == "over_privileged"}
            assert warned & {"RBAC-022", "RBAC-023"}


def test_the_role_of_a_fix_is_not_broader_than_needed(subtests: pytest.Subtests) -> None:
    for connection in (*connections(), made_up(name="more", expect=OWN)):
        if not connection.at_workspace:
            continue
        with subtests.test(connection.name):
            world = healthy(connection)
            world.tenant.assign(connection.needs.role)
            assert not [outcome for outcome in verified(world).outcomes if outcome.cause == "over_privileged"]


def test_a_permission_beyond_a_profile_is_a_warning(subtests: pytest.Subtests) -> None:
    for connection in connections():
        if not set(connection.audiences) - {"arm"}:
            continue
        with subtests.test(connection.name):
            world = healthy(connection)
            api = (
                "graph" if connection.uses("graph") else "defender" if connection.uses("defender") else "log_analytics"
            )
            world.tenant.consent(RESOURCES[api].app_id, "Organization.Read.All")
            (warned,) = [outcome for outcome in verified(world).outcomes if outcome.check == "PERM-020"]
            assert warned.status == "warning"
            assert "Organization.Read.All" in (warned.reason or "")


def test_profiles_state_published_names(subtests: pytest.Subtests) -> None:
    """Profiles state permissions with ids, published actions, built-in roles, declared operations and a source."""
    for name in profile_names():
        profile = get_profile(name)
        with subtests.test(name):
            for permission in (*profile.permissions, *profile.optional):
                assert RESOURCES[permission.api].application_id(permission.name), str(permission)
            assert {permission.api for permission in profile.optional} <= {
                "graph",
                "defender",
            }  # PERM-005 and PERM-014 check them
            assert set(profile.actions) <= PUBLISHED_ACTIONS
            assert set(profile.roles) <= BUILT_IN.keys()
            assert profile.scope != RULE or profile.roles == (SENDER_ROLE,)
            for action in profile.actions:
                assert not profile.roles or any(allows(BUILT_IN[role].actions, action) for role in profile.roles)
            assert Needs.of(profile, Expect()).permissions == profile.permissions  # including those of its routes
            for route in profile.routes:
                assert any(map(route.leads_to, ENDPOINTS.values())), str(route)
            assert profile.sources or name in ("airmdr", "own")
            assert all(source.url.startswith("https://") for source in profile.sources)
            assert not profile.actions or profile.guide or profile.inferred


def test_requests_are_only_those_of_the_profile() -> None:
    world = build(made_up(profile="elastic-m365-defender"), start=START)
    verified(world)
    paths = {request.url.path for request in world.requests if request.url.host == "graph.microsoft.com"}
    assert paths == {"/v1.0/security/incidents", *(path for path in paths if "/security/incidents/" in path)}


def test_a_named_route_brings_its_least_permission() -> None:
    """A route needs its least permission, unless a stated permission opens it.

    Of all routes of an API, those that a stated permission opens are asked.
    """
    routes = ("Defender: GET /api/machines", "Graph: GET /v1.0/security/incidents", "Log Analytics: *")
    needs = made_up(profile="own", expect=Expect(routes=routes)).needs
    assert [str(permission) for permission in needs.permissions] == [
        "Graph: SecurityIncident.Read.All",
        "Defender: Machine.Read.All",
    ]
    stated = Expect(permissions=("Defender: Machine.ReadWrite.All",), routes=routes[:1])
    assert [str(permission) for permission in made_up(profile="own", expect=stated).needs.permissions] == [
        *stated.permissions
    ]
    whole = made_up(profile="own", expect=Expect(permissions=("Defender: Alert.Read.All",), routes=("Defender: *",)))
    called = {endpoint.name for endpoint in ENDPOINTS.values() if whole.calls(endpoint)}
    assert called == {"defender.alerts", "defender.alert"}
    assert unsettled(verified(build(whole, start=START))) == []


def test_rows_are_verified_beside_a_profile_without_a_workspace() -> None:
    connection = made_up(profile="elastic-m365-defender", apis=None, ingestion=INGESTION)
    report = verified(healthy(connection))
    passed = {outcome.check for outcome in report.outcomes if outcome.status == "passed"}
    assert passed >= {"ING-001", "ING-003", "ING-004", "ING-008"}
    role_checks = {
        re.sub(r".*/providers/", "", outcome.check) for outcome in report.outcomes if outcome.check.startswith("RBAC")
    }
    assert not role_checks & passed


@pytest.mark.parametrize("name", ["airmdr", "own"])
def test_an_unknown_profile_is_rejected(name: str) -> None:
    with pytest.raises(KeyError):
        get_profile(f"{name}-not-shipped")


def test_a_route_that_cannot_be_asked_is_verified_by_its_action() -> None:
    """Comments of an incident, for a tool that lists no incidents, are verified by the effective permissions alone."""
    expect = Expect(routes=("Sentinel: GET {sentinel}/incidents/{incident}/comments",))
    connection = made_up(profile="own", expect=expect)
    fails_with = "Microsoft.SecurityInsights/incidents/comments/read"
    assert connection.needs.route_actions == (fails_with,)
    world = healthy(connection)
    assert unsettled(verified(world)) == []
    deprive(world, fails_with)
    (root,) = failing(verified(world))
    assert (root.check, root.finding.cause) == ("RBAC-014", "rbac_denied")
