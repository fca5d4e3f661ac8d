"""Scenarios of permissions: admin consent, licences and Azure roles."""

from __future__ import annotations

from datetime import timedelta

from conformance.apis.action_roles import READER_ROLE as READER
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state import tenant as state
from conformance.fakes.state.assignments import Denial
from conformance.fakes.state.healthy import add_workspace, granted
from conformance.fakes.state.roles import RoleDefinition
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import World


@scenario("no-graph-consent", "the Graph permissions were never consented", "app_role_missing")
def _no_graph_consent(world: World) -> None:
    world.tenant.app.consents = [
        consent for consent in world.tenant.app.consents if consent.resource_app_id != state.GRAPH_APP
    ]


@scenario("no-defender-consent", "the Defender permissions were never consented", "app_role_missing")
def _no_defender_consent(world: World) -> None:
    world.tenant.app.consents = [
        consent for consent in world.tenant.app.consents if consent.resource_app_id != state.DEFENDER_APP
    ]


@scenario("token-withdrawn", "a change of policy withdraws the Graph token; a fresh one works")
def _token_withdrawn(world: World) -> None:
    world.tenant.tokens_valid_from = world.tenant.clock.service_now() - timedelta(minutes=1)


@scenario("no-licence", "Defender is not licensed in the tenant", "licence_missing")
def _no_licence(world: World) -> None:
    world.tenant.defender.provisioned = False
    world.tenant.defender.active = False


@scenario(
    "no-defender-xdr", "Defender XDR is not set up in the tenant: Graph has no alerts, and says 404", "licence_missing"
)
def _no_defender_xdr(world: World) -> None:
    world.tenant.defender.provisioned = False
    world.tenant.defender.hidden = True


@scenario("no-azure-role", "the service principal has no Azure role at all", "rbac_role_missing")
def _no_azure_role(world: World) -> None:
    world.tenant.revoke_roles()


@scenario("role-on-wrong-scope", "the role was given on another workspace", "rbac_wrong_scope")
def _role_on_wrong_scope(world: World) -> None:
    tenant = world.tenant
    tenant.revoke_roles()
    other = add_workspace(
        tenant, tenant.workspace.subscription_id, "rg-test", "law-test", stable_id("workspace", "law-test")
    )
    tenant.assign(READER, scope=other.scope)


@scenario("role-on-other-subscription", "the role was given in another subscription", "rbac_wrong_scope")
def _role_on_other_subscription(world: World) -> None:
    tenant = world.tenant
    tenant.revoke_roles()
    other = state.Subscription(stable_id("subscription", "test"), "Test", tenant.id)
    tenant.subscriptions[other.id] = other
    add_workspace(tenant, other.id, "rg-test", "law-test", stable_id("workspace", "law-test"))
    tenant.assign(READER, scope=f"{other.scope}/resourceGroups/rg-test")


@scenario("workspace-not-shown", "the role's workspaces/*/read is not taken to include the workspace itself")
def _workspace_not_shown(world: World) -> None:
    world.tenant.literal_wildcards = True


@scenario("role-on-wrong-principal", "the role was given to the app registration's object id", "rbac_wrong_principal")
def _role_on_wrong_principal(world: World) -> None:
    # With an auditor's role the app can list the role assignments here; without any role it cannot.
    tenant = world.tenant
    tenant.revoke_roles()
    tenant.custom_roles.append(
        RoleDefinition(stable_id("role", "auditor"), "Access Auditor", ("Microsoft.Authorization/*/read",), custom=True)
    )
    tenant.assign("Access Auditor")
    tenant.assign(READER, to=tenant.app.registration_id)


@scenario("alerts-not-consented", "one of the Graph permissions was not consented", "app_role_missing")
def _alerts_not_consented(world: World) -> None:
    world.tenant.revoke("SecurityAlert.Read.All")


@scenario("events-not-consented", "the permission for secure scores was not consented", notes=("app_role_missing",))
def _events_not_consented(world: World) -> None:
    world.tenant.revoke("SecurityEvents.Read.All")


@scenario(
    "just-consented", "the Graph permissions were consented a minute ago; tokens lack them yet", "app_role_stale_token"
)
def _just_consented(world: World) -> None:
    # The app may read its own registration: without that it looks like a missing consent.
    tenant = world.tenant
    roles = granted(world.connection)[state.GRAPH_APP]
    tenant.revoke(*roles)
    tenant.consent(state.GRAPH_APP, *roles, ago=timedelta(minutes=1), delay=timedelta(minutes=3))
    tenant.consent(state.GRAPH_APP, "Application.Read.All")


@scenario("role-just-assigned", "the role was assigned minutes ago and has not taken effect", "rbac_propagating")
def _role_just_assigned(world: World) -> None:
    # Another role lets the app see its own new assignment; without any it cannot be known.
    tenant = world.tenant
    tenant.revoke_roles()
    tenant.custom_roles.append(
        RoleDefinition(stable_id("role", "auditor"), "Access Auditor", ("Microsoft.Authorization/*/read",), custom=True)
    )
    tenant.assign("Access Auditor")
    tenant.assign(READER, ago=timedelta(minutes=2), delay=timedelta(minutes=10))


@scenario("role-denied", "a deny assignment takes Sentinel away from the app", "rbac_denied")
def _role_denied(world: World) -> None:
    tenant = world.tenant
    principal = tenant.app.service_principal_id or ""
    tenant.denials.append(Denial(principal, tenant.workspace.scope, ("Microsoft.SecurityInsights/*/read",)))


@scenario("role-denied-unseen", "a deny assignment takes Sentinel away, and its own list too", "rbac_denied")
def _role_denied_unseen(world: World) -> None:
    tenant = world.tenant
    principal = tenant.app.service_principal_id or ""
    actions = ("Microsoft.SecurityInsights/*/read", "Microsoft.Authorization/denyAssignments/read")
    tenant.denials.append(Denial(principal, tenant.workspace.scope, actions))


@scenario("role-too-small", "the role reaches the workspace and does not include Sentinel", "rbac_role_missing")
def _role_too_small(world: World) -> None:
    tenant = world.tenant
    tenant.revoke_roles()
    actions = ("Microsoft.OperationalInsights/workspaces/*/read", "Microsoft.Authorization/*/read")
    tenant.custom_roles.append(RoleDefinition(stable_id("role", "logs"), "Logs Only", actions, custom=True))
    tenant.assign("Logs Only")


@scenario("role-on-workspace", "the role was given on the workspace itself", notes=("rbac_wrong_scope",))
def _role_on_workspace(world: World) -> None:
    world.tenant.revoke_roles()
    world.tenant.assign(READER, scope=world.tenant.workspace.scope)


@scenario("contributor", "the app is also Contributor", notes=("over_privileged",))
def _contributor(world: World) -> None:
    world.tenant.assign("Contributor")


@scenario("write-permissions", "the app also holds a permission to change alerts", notes=("over_privileged",))
def _write_permissions(world: World) -> None:
    world.tenant.consent(state.GRAPH_APP, "SecurityAlert.ReadWrite.All")


@scenario(
    "old-permission-alone",
    "of the Graph permissions only the one of the retired alerts route was consented",
    "app_role_missing",
    notes=("api_retired",),
)
def _old_permission_alone(world: World) -> None:
    world.tenant.revoke("SecurityAlert.Read.All", "SecurityIncident.Read.All")


@scenario("incidents-not-consented", "Graph's permission for incidents was not consented", "app_role_missing")
def _incidents_not_consented(world: World) -> None:
    world.tenant.revoke("SecurityIncident.Read.All")


@scenario("defender-alerts-not-consented", "Defender's permission for alerts was not consented", "app_role_missing")
def _defender_alerts_not_consented(world: World) -> None:
    world.tenant.revoke("Alert.Read.All")


@scenario(
    "permission-delegated",
    "a permission is requested as delegated, beside the consented one",
    notes=("app_role_missing",),
)
def _permission_delegated(world: World) -> None:
    world.tenant.consent(state.GRAPH_APP, "Application.Read.All")
    world.tenant.app.requested[state.GRAPH_APP] = [("SecurityAlert.Read.All", "Scope")]


SENTINEL, TABLES = "Microsoft.SecurityInsights/*/read", "Microsoft.OperationalInsights/workspaces/tables/read"
WORKSPACE = "Microsoft.OperationalInsights/workspaces/read"
QUERY = (
    "Microsoft.OperationalInsights/workspaces/query/read",
    "Microsoft.OperationalInsights/workspaces/query/*/read",
)


def _custom_role(world: World, *actions: str) -> None:
    """Give the app a custom role with these actions, in place of its role."""
    tenant = world.tenant
    tenant.revoke_roles()
    all_actions = (*actions, "Microsoft.Authorization/*/read")
    tenant.custom_roles.append(RoleDefinition(stable_id("role", "own"), "Our Reader", all_actions, custom=True))
    tenant.assign("Our Reader")


@scenario("role-without-workspace", "a custom role leaves out reading the workspace itself", "rbac_role_missing")
def _role_without_workspace(world: World) -> None:
    _custom_role(world, *QUERY, TABLES, SENTINEL)


@scenario("role-without-queries", "a custom role leaves out running queries", "rbac_role_missing")
def _role_without_queries(world: World) -> None:
    _custom_role(world, WORKSPACE, TABLES, SENTINEL)


@scenario("role-without-tables", "a custom role leaves out looking at tables", "rbac_role_missing")
def _role_without_tables(world: World) -> None:
    _custom_role(world, WORKSPACE, *QUERY, SENTINEL)


@scenario(
    "role-of-unified-rbac",
    "the app was also given a role that Defender's unified RBAC keeps itself",
    notes=("rbac_wrong_principal",),
)
def _role_of_unified_rbac(world: World) -> None:
    world.tenant.assign("Defender Unified RBAC Reader")
