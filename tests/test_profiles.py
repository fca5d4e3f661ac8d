"""Every profile: healthy in a world that grants exactly what it asks for, and broken by each part of that alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance import Connection, Report, verify
from conformance.apis import ENDPOINTS, sentinel
from conformance.apis.endpoint import LOG_ANALYTICS, SENTINEL_API, Action
from conformance.apis.permissions import RESOURCES
from conformance.apis.published_actions import PUBLISHED_ACTIONS
from conformance.checks.outcome import Root
from conformance.connection import Expect, get_profile, profile_names
from conformance.fakes import build
from conformance.fakes.state.roles import BUILT_IN, RoleDefinition, allows
from conformance.fakes.world import World
from tests.checks.outcomes import Arranged
from tests.contoso import START, made_up

OWN = Expect(
    permissions=("Graph: SecurityIncident.ReadWrite.All", "Defender: AdvancedQuery.Read.All"),
    actions=("Microsoft.SecurityInsights/incidents/write", "Microsoft.SecurityInsights/incidents/read"),
    routes=("Sentinel: GET {sentinel}/incidents", "Graph: GET /v1.0/security/incidents"),
)


def connections() -> Iterator[Connection]:
    for name in profile_names():
        yield made_up(name=name, profile=name, expect=OWN if name == "own" else None, apis=None)


def verified(world: World) -> Report:
    return verify(world.connection, source=Arranged(world))


def failing(report: Report) -> list[Root]:
    """The root causes of a report that make it fail: warnings are none."""
    return [one.root for one in report.verdict.root_causes if one.root.check in dict(broken(report))]


def broken(report: Report) -> list[tuple[str, str | None]]:
    return [(one.check, one.cause) for one in report.outcomes if one.status == "failed"]


def test_each_profile_is_healthy(subtests: pytest.Subtests) -> None:
    for connection in connections():
        with subtests.test(connection.name):
            report = verified(build(connection, start=START))
            unsettled = [
                (one.check, one.status, one.cause)
                for one in report.outcomes
                if one.status not in ("passed", "not_applicable", "not_configured")
                and one.check != "CONN-005"  # the secret stands in the connection itself
                and one.cause not in ("api_retires_soon", "api_retired")
            ]
            assert report.ok, report.verdict.summary
            assert unsettled == []


def test_with_one_permission_less_a_profile_fails_with_that_permission_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        for permission in connection.needs.permissions:
            with subtests.test(connection.name, permission=str(permission)):
                world = build(connection, start=START)
                world.tenant.revoke(permission.name, permission.name.replace(".Read.", ".ReadWrite."))
                report = verified(world)
                (root,) = failing(report)
                assert root.finding.cause == "app_role_missing"
                assert [check for check, _ in broken(report)] == [root.check]
                lacking = root.finding.explanation.partition("Missing: ")[2].split(" - ")[0].split(", ")
                assert permission.name in lacking
                assert set(lacking) <= {permission.name, permission.name.replace(".Read.", ".ReadWrite.")}
                assert any(permission.name in one or "appRole" in one for one in root.finding.fix.commands)


def test_with_one_optional_permission_less_a_profile_warns_of_that_permission_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        for permission in connection.needs.optional:
            with subtests.test(connection.name, permission=str(permission)):
                world = build(connection, start=START)
                world.tenant.revoke(permission.name)
                report = verified(world)
                assert report.ok
                warned = [one for one in report.outcomes if one.cause == "app_role_missing" and one.status == "warning"]
                assert len(warned) == 1
                assert f"Missing: {permission.name} " in (warned[0].reason or "")


def test_with_one_action_less_a_profile_fails_with_that_action_alone(subtests: pytest.Subtests) -> None:
    for connection in connections():
        for action in sorted({*connection.needs.actions, *asked(connection)}):
            with subtests.test(connection.name, action=action):
                world = build(connection, start=START)
                deprive(world, action)
                report = verified(world)
                (root,) = failing(report)
                assert root.finding.cause in ("rbac_denied", "rbac_role_missing")
                assert [check for check, _ in broken(report)] == [root.check]
                assert action.lower() in root.finding.explanation.lower()


def asked(connection: Connection) -> Iterator[str]:
    """The published Azure actions that a connection calls, of those that some probe asks."""
    world = build(connection, start=START)
    verified(world)
    for endpoint in ENDPOINTS.values():
        if isinstance(needs := endpoint.needs, Action) and needs.published and connection.calls(endpoint):
            of_tool = endpoint.api in (SENTINEL_API, LOG_ANALYTICS) and endpoint is not sentinel.ONBOARDING_STATE
            if of_tool and any(endpoint.pattern.match(one.url.path) for one in world.requests):
                yield needs.name


def deprive(world: World, action: str) -> None:
    """Take an action out of the roles of the app, as a custom role's notActions do."""
    for number, one in enumerate(world.tenant.assignments):
        if not allows(one.role.actions, action):
            continue
        role = replace(
            one.role,
            id=f"0c0f0000-0000-4c0f-a11c-{number:012}",
            name=f"{one.role.name}, less {action}",
            not_actions=(*one.role.not_actions, action),
            custom=True,
        )
        world.tenant.custom_roles.append(role)
        one.role = role


def test_roles_beyond_a_profile_are_a_warning(subtests: pytest.Subtests) -> None:
    for connection in connections():
        if not connection.uses("arm"):
            continue
        with subtests.test(connection.name):
            world = build(connection, start=START)
            world.tenant.custom_roles.append(RoleDefinition("0c0f0000-0000-4c0f-a11c-00000000beef", "More", ("*",)))
            world.tenant.assign("More")
            warned = {one.check for one in verified(world).outcomes if one.cause == "over_privileged"}
            assert warned & {"RBAC-022", "RBAC-023"}


def test_a_permission_beyond_a_profile_is_a_warning(subtests: pytest.Subtests) -> None:
    for connection in connections():
        if not set(connection.audiences) - {"arm"}:
            continue
        with subtests.test(connection.name):
            world = build(connection, start=START)
            api = (
                "graph" if connection.uses("graph") else "defender" if connection.uses("defender") else "log_analytics"
            )
            world.tenant.consent(RESOURCES[api].app_id, "AuditLog.Read.All")
            (warned,) = [one for one in verified(world).outcomes if one.check == "PERM-020"]
            assert warned.status == "warning"
            assert "AuditLog.Read.All" in (warned.reason or "")


def test_profiles_state_published_names(subtests: pytest.Subtests) -> None:
    """Permissions with their ids, published actions, built-in roles that cover them, declared operations, a source."""
    for name in profile_names():
        profile = get_profile(name)
        with subtests.test(name):
            for permission in (*profile.permissions, *profile.optional):
                assert RESOURCES[permission.api].application_id(permission.name), str(permission)
            assert set(profile.actions) <= PUBLISHED_ACTIONS
            assert set(profile.roles) <= BUILT_IN.keys()
            for action in profile.actions:
                assert not profile.roles or any(allows(BUILT_IN[role].actions, action) for role in profile.roles)
            for route in profile.routes:
                assert any(map(route.leads_to, ENDPOINTS.values())), str(route)
            assert profile.sources or name in ("airmdr", "own")
            assert all(one.url.startswith("https://") for one in profile.sources)


def test_requests_are_only_those_of_the_profile() -> None:
    world = build(made_up(profile="elastic-m365-defender"), start=START)
    verified(world)
    paths = {one.url.path for one in world.requests if one.url.host == "graph.microsoft.com"}
    assert paths == {"/v1.0/security/incidents", *(path for path in paths if "/security/incidents/" in path)}


@pytest.mark.parametrize("name", ["airmdr", "own"])
def test_an_unknown_profile_is_no_profile(name: str) -> None:
    with pytest.raises(KeyError):
        get_profile(f"{name}-not-shipped")
