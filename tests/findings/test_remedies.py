"""Fixes are filled with the connection's own ids."""

from __future__ import annotations

from conformance.findings import finding
from conformance.findings.remedies import command, prose


def test_values_are_quoted_in_commands_encoded_in_links_and_plain_in_prose() -> None:
    facts = {"client_id": "a b&c", "tenant_id": "t"}
    assert command("az ad app show --id {client_id}", facts) == "az ad app show --id 'a b&c'"
    assert prose("open https://host/{tenant_id}?id={client_id} for {client_id}", facts) == (
        "open https://host/t?id=a%20b%26c for a b&c"
    )


def test_what_is_not_known_stays_a_readable_hint() -> None:
    assert finding("app_disabled").fix.commands == ("az ad sp update --id '<client-id>' --set accountEnabled=true",)


def test_scope_and_workspace_follow_from_their_parts() -> None:
    facts = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w", "object_id": "o"}
    assert finding("rbac_role_missing", facts=facts).fix.commands == (
        "az role assignment create --assignee-object-id o --assignee-principal-type ServicePrincipal"
        " --role 'Microsoft Sentinel Reader' --scope /subscriptions/s/resourceGroups/g",
    )
    onboard = finding("sentinel_not_onboarded", facts=facts).fix.commands[1]
    assert "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/providers" in onboard


def test_several_roles_of_one_api_are_asked_for_with_one_command_and_one_consent() -> None:
    facts = {"client_id": "c", "roles": "SecurityAlert.Read.All, SecurityIncident.Read.All"}
    assert finding("app_role_missing", facts=facts).fix.commands == (
        "az ad app permission add --id c --api 00000003-0000-0000-c000-000000000000 --api-permissions"
        " 472e4a4d-bb4a-4026-98d1-0b0d74cb74a5=Role 45cc0394-e837-488b-a098-1918f48d186c=Role",
        "az ad app permission admin-consent --id c",
    )


def test_roles_of_two_apis_take_two_commands_and_one_consent() -> None:
    found = finding("app_role_missing", facts={"client_id": "c", "roles": "SecurityAlert.Read.All Machine.Read.All"})
    graph, defender, consent = found.fix.commands
    assert "--api 00000003-0000-0000-c000-000000000000 --api-permissions 472e4a4d" in graph
    assert "--api fc780465-2017-40d4-a0c5-307022471b92 --api-permissions ea8291d3" in defender
    assert consent == "az ad app permission admin-consent --id c"
    assert "Microsoft Graph and WindowsDefenderATP" in (found.fix.portal or "")


def test_a_role_that_is_not_in_the_table_stays_a_hint() -> None:
    found = finding("app_role_missing", facts={"client_id": "c", "roles": "Brand.New.All", "api": "graph"})
    assert "--api 00000003-0000-0000-c000-000000000000" in found.fix.commands[0]
    assert "'<app-role-id>=Role'" in found.fix.commands[0]


def test_the_consent_link_is_the_tenants_own() -> None:
    facts = {"tenant_id": "t", "client_id": "c", "login_host": "login.microsoftonline.us"}
    assert (
        "https://login.microsoftonline.us/t/adminconsent?client_id=c "
        in finding("app_role_missing", facts=facts).fix.text
    )


def test_other_facts_never_reach_a_command() -> None:
    found = finding("wrong_client_secret", facts={"client_secret": "canary", "client_id": "c"})
    assert "canary" not in repr(found)
