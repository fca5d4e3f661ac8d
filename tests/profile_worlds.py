"""Connections of every profile, worlds that grant exactly the needs of each, and worlds that grant one part less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pytest

from conformance import Connection, Report, verify
from conformance.apis import ENDPOINTS, sentinel
from conformance.apis.endpoint import LOG_ANALYTICS, SENTINEL_API, Action
from conformance.checks.outcome import Root
from conformance.connection import Expect, ManagedIdentity, get_profile, profile_names
from conformance.connection.connection_keys import OF_AZURE
from conformance.connection.ingestion import Ingestion
from conformance.connection.profile import RULE
from conformance.connection.requirement import AppPermission
from conformance.fakes import build
from conformance.fakes.scenarios.partners import CUSTOMER, HOME
from conformance.fakes.state.log_ingestion import LOOKER
from conformance.fakes.state.roles import allows
from conformance.fakes.world import World
from tests.checks.outcomes import Arranged
from tests.contoso import START, made_up

OWN = Expect(
    permissions=("Graph: SecurityIncident.ReadWrite.All", "Defender: AdvancedQuery.Read.All"),
    actions=("Microsoft.SecurityInsights/incidents/write", "Microsoft.SecurityInsights/incidents/read"),
    routes=("Sentinel: GET {sentinel}/incidents", "Graph: GET /v1.0/security/incidents"),
)
AT_AZURE = Expect(
    actions=("Microsoft.SecurityInsights/incidents/write", "Microsoft.SecurityInsights/Watchlists/read"),
    routes=("Sentinel: GET {sentinel}/incidents",),
)
RULE_ID = f"{made_up().group_scope}/providers/Microsoft.Insights/dataCollectionRules/dcr-orders"
INGESTION = Ingestion(RULE_ID, "Custom-Orders_CL")
BESIDE: Mapping[str, Mapping[str, object]] = {
    "managed identity": {
        "client_secret": None,
        "credential": ManagedIdentity(),
        "expect": replace(OWN, routes=(*OWN.routes, "Defender: GET /api/machines")),
        "ingestion": INGESTION,
    },
    "multi-tenant app": {"home_tenant_id": HOME, "cloud": "usgov-gcc-high", "ingestion": INGESTION},
    "Lighthouse": {"customer_tenant_id": CUSTOMER, "apis": OF_AZURE, "expect": AT_AZURE},
}
"""Settings that a connection can have beside its profile: three sets that share no value."""


def connections(beside: Mapping[str, object] | None = None) -> Iterator[Connection]:
    """Yield a connection of each profile; profiles for log ingestion get a data collection rule."""
    for name in profile_names():
        values: dict[str, object] = {"name": name, "profile": name, "apis": None}
        if name == "own":
            values["expect"] = OWN
        if get_profile(name).scope == RULE:
            values["ingestion"] = INGESTION
        yield made_up(**{**values, **(beside or {})})


def healthy(connection: Connection) -> World:
    """Return a world that grants exactly the needs of a connection; by a delegation for a customer's subscription."""
    world = build(connection, start=START)
    if connection.customer_tenant_id:
        for subscription in world.tenant.subscriptions.values():
            subscription.tenant_id, subscription.managed_by = CUSTOMER, [world.tenant.id]
        world.tenant.assign("Reader")  # shows the subscription
        for assignment in world.tenant.assignments:
            assignment.delegated = True
            assignment.scope = f"/subscriptions/{world.tenant.workspace.subscription_id}"
    return world


def verified(world: World) -> Report:
    return verify(world.connection, source=Arranged(world))


def failing(report: Report) -> list[Root]:
    """Return the root causes that make a report fail; warnings are left out."""
    return [issue.root for issue in report.verdict.root_causes if issue.root.check in dict(broken(report))]


def broken(report: Report) -> list[tuple[str, str | None]]:
    return [(outcome.check, outcome.cause) for outcome in report.outcomes if outcome.status == "failed"]


def unsettled(report: Report) -> list[tuple[str, str, str | None]]:
    """Return check, status and cause of the outcomes that are neither passed nor not applicable.

    Outcomes that every connection of these tests has are left out.
    """
    return [
        (outcome.check, outcome.status, outcome.cause)
        for outcome in report.outcomes
        if outcome.status not in ("passed", "not_applicable", "not_configured")
        and outcome.check != "CONN-005"  # the secret is written in the connection itself
        and outcome.cause not in ("api_retires_soon", "api_retired")
    ]


def include(permission: AppPermission) -> set[str]:
    """Return the names of a permission and of the ReadWrite permission that includes it."""
    return {permission.name, permission.name.replace(".Read.", ".ReadWrite.")}


def missing_permissions(root: Root) -> set[str]:
    return set(root.finding.explanation.partition("Missing: ")[2].split(" - ")[0].split(", "))


def actions_in_use(connection: Connection) -> Iterator[str]:
    """Yield the published Azure actions of the operations that a connection calls and a probe asks."""
    world = healthy(connection)
    verified(world)
    for endpoint in ENDPOINTS.values():
        if isinstance(needs := endpoint.needs, Action) and needs.published and connection.calls(endpoint):
            of_tool = endpoint.api in (SENTINEL_API, LOG_ANALYTICS) and endpoint is not sentinel.ONBOARDING_STATE
            if of_tool and any(endpoint.pattern.match(request.url.path) for request in world.requests):
                yield needs.name


def deprive(world: World, action: str) -> None:
    """Remove an action from the roles of the app, as the notActions of a custom role do."""
    for number, assignment in enumerate(world.tenant.assignments):
        if not allows(assignment.role.actions, action):
            continue
        role = replace(
            assignment.role,
            id=f"0c0f0000-0000-4c0f-a11c-{number:012}",
            name=f"{assignment.role.name}, less {action}",
            not_actions=(*assignment.role.not_actions, action),
            custom=True,
        )
        world.tenant.custom_roles.append(role)
        assignment.role = role


def fails_without_each_permission(connection: Connection, subtests: pytest.Subtests, case: str = "") -> None:
    for permission in connection.needs.permissions:
        if not connection.uses(permission.api):
            continue
        with subtests.test(case, profile=connection.name, permission=str(permission)):
            world = healthy(connection)
            world.tenant.revoke(*include(permission))
            report = verified(world)
            (root,) = failing(report)
            assert root.finding.cause == "app_role_missing"
            assert [check for check, _ in broken(report)] == [root.check]
            assert permission.name in missing_permissions(root)
            assert missing_permissions(root) <= include(permission)
            assert any(permission.name in command or "appRole" in command for command in root.finding.fix.commands)


def fails_without_each_action(
    connection: Connection, subtests: pytest.Subtests, case: str = "", actions: Iterable[str] | None = None
) -> None:
    """Assert that exactly one root cause names the missing action, for each action that the roles may lack.

    By default, ``actions`` are all that the profile states and the connection calls.
    """
    for action in sorted({*connection.needs.actions, *actions_in_use(connection)} if actions is None else actions):
        with subtests.test(case, profile=connection.name, action=action):
            world = healthy(connection)
            deprive(world, action)
            report = verified(world)
            (root,) = failing(report)
            assert root.finding.cause in ("rbac_denied", "rbac_role_missing")
            assert [check for check, _ in broken(report)] == [root.check]
            assert action.lower() in root.finding.explanation.lower()


def fails_without_each_role(connection: Connection, subtests: pytest.Subtests, case: str = "") -> None:
    """Assert that a missing role is one root cause, and that the role in its fix repairs the connection.

    That role is the profile's, or one with the same actions.
    """
    for name in sorted({assignment.role.name for assignment in healthy(connection).tenant.assignments} - {LOOKER}):
        with subtests.test(case, profile=connection.name, role=name):
            world = healthy(connection)
            (assignment,) = [assignment for assignment in world.tenant.assignments if assignment.role.name == name]
            world.tenant.assignments.remove(assignment)
            report = verified(world)
            (root,) = failing(report)
            assert root.finding.cause == "rbac_role_missing"
            assert [check for check, _ in broken(report)] == [root.check]
            advised = root.finding.fix.values["role"]
            assert advised in (name, connection.needs.role)
            scope = root.finding.fix.values["scope"]
            created = [
                command for command in root.finding.fix.commands if command.startswith("az role assignment create")
            ]
            assert [command.replace('"', "").partition(" --role ")[2] for command in created] == [
                f"{advised} --scope {scope}"
            ]
            world.tenant.assign(advised, scope=scope)
            assert failing(verified(world)) == []


def fails_without_a_delegated_role(connection: Connection, subtests: pytest.Subtests, case: str) -> None:
    with subtests.test(case, profile=connection.name, role="any"):
        world = healthy(connection)
        world.tenant.assignments.clear()
        (root,) = failing(verified(world))
        assert root.finding.cause == "rbac_role_missing"
        assert f"an authorization for {connection.needs.role} " in root.finding.fix.text
