"""Scenarios of missing grants that a connection for another tool needs beyond the guide."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection.profile import get_profile
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.world import World


def expect(world: World, *, permissions: tuple[str, ...] = (), actions: tuple[str, ...] = ()) -> None:
    """Let the connection expect these beside its profile's."""
    expected = replace(world.connection.expect, permissions=permissions, actions=actions)
    world.connection = replace(world.connection, expect=expected)


@scenario(
    "expected-graph-permission-missing",
    "another tool uses the app, and its permission of Graph was not consented",
    "app_role_missing",
)
def _graph_permission(world: World) -> None:
    expect(world, permissions=("Graph: ThreatHunting.Read.All",))


@scenario(
    "expected-defender-permission-missing",
    "another tool uses the app, and its permission of Defender was not consented",
    "app_role_missing",
)
def _defender_permission(world: World) -> None:
    expect(world, permissions=("Defender: Software.Read.All",))


@scenario(
    "expected-query-permission-missing",
    "another tool uses the app, and Log Analytics' own permission was not consented",
    "app_role_missing",
)
def _query_permission(world: World) -> None:
    expect(world, permissions=("Log Analytics: Data.Read",))


@scenario(
    "optional-permission-missing",
    "a tool that reads alerts can also hunt, with a permission that was not consented",
    notes=("app_role_missing",),
)
def _optional_permission(world: World) -> None:
    profile = get_profile("splunk-defender")
    world.connection = replace(world.connection, profile=profile, apis=("graph",))
    world.tenant.revoke("SecurityEvents.Read.All")


@scenario(
    "expected-action-missing",
    "another tool also deletes indicators, which the role does not include",
    "rbac_role_missing",
)
def _action(world: World) -> None:
    expect(world, actions=("Microsoft.SecurityInsights/threatIntelligence/indicators/delete",))


@scenario(
    "contributor-of-another-tool",
    "a tool that changes incidents is also Contributor, which is more than it needs",
    notes=("over_privileged",),
)
def _contributor_of_another_tool(world: World) -> None:
    profile = get_profile("xsoar-sentinel")
    world.connection = replace(world.connection, profile=profile, apis=("sentinel",))
    for role in (*profile.roles, "Contributor"):
        world.tenant.assign(role)
