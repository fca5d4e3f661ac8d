"""Fixes are filled with the connection's own ids."""

from __future__ import annotations

from conformance.findings import finding
from conformance.findings.remedies import command, prose

ID = "55555555-5555-4555-8555-555555555555"


def test_values_are_quoted_in_commands_encoded_in_links_and_plain_in_prose() -> None:
    facts = {"client_id": "a b&c", "tenant_id": "t"}
    assert command("az ad app show --id {client_id}", facts) == 'az ad app show --id "a b&c"'
    assert prose("open https://host/{tenant_id}?id={client_id} for {client_id}", facts) == (
        "open https://host/t?id=a%20b%26c for a b&c"
    )


def test_unknown_values_stay_a_readable_hint() -> None:
    assert finding("app_disabled").fix.commands == (
        'az login --tenant "<tenant-id>" --allow-no-subscriptions',
        'az ad sp update --id "<client-id>" --set accountEnabled=true',
    )


def test_scope_and_workspace_follow_from_their_parts() -> None:
    facts = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w", "object_id": "o"}
    assert finding("rbac_role_missing", facts=facts).fix.commands == (
        "az role assignment create --assignee-object-id o --assignee-principal-type ServicePrincipal"
        ' --role "Microsoft Sentinel Reader" --scope /subscriptions/s/resourceGroups/g',
    )
    (onboard,) = finding("sentinel_not_onboarded", facts=facts).fix.commands
    assert "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w/providers" in onboard


def test_a_block_for_the_directory_begins_with_a_login_into_the_tenant() -> None:
    facts = {"tenant_id": "t", "client_id": "c", "cloud_az": "AzureUSGovernment"}
    login = "az login --tenant t --allow-no-subscriptions"
    commands = finding("wrong_client_secret", facts=facts).fix.commands
    assert commands[:2] == ("az cloud set --name AzureUSGovernment", login)
    assert commands.count(login) == 1
    assert login not in finding("table_missing", facts={**facts, "cloud_az": "AzureCloud"}).fix.commands
    assert finding("wrong_cloud", facts={**facts, "tenant_cloud": "AzureChinaCloud"}).fix.commands == (
        "az cloud set --name AzureChinaCloud",
        login,
    )


def test_each_role_is_granted_by_its_id_on_the_service_principal_of_its_api() -> None:
    facts = {"tenant_id": "t", "object_id": ID, "roles": "SecurityAlert.Read.All Machine.Read.All"}
    problem = finding("app_role_missing", facts=facts)
    _, graph, defender = problem.fix.commands
    start = f"az rest --method post --url https://graph.microsoft.com/v1.0/servicePrincipals/{ID}/appRoleAssignments"
    for line, api, role in (
        (graph, "00000003-0000-0000-c000-000000000000", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"),
        (defender, "fc780465-2017-40d4-a0c5-307022471b92", "ea8291d3-4b9a-44b5-bc3a-6cea3026dc79"),
    ):
        resource = f"$(az ad sp show --id {api} --query id --output tsv)"
        body = f"{{'principalId':'{ID}','resourceId':'{resource}','appRoleId':'{role}'}}"
        assert line == f'{start} --body "{body}"'
    assert "Microsoft Graph and WindowsDefenderATP" in (problem.fix.portal or "")


def test_a_role_that_is_not_in_the_table_stays_a_hint() -> None:
    problem = finding("app_role_missing", facts={"client_id": "c", "roles": "Brand.New.All", "api": "graph"})
    assert "--id 00000003-0000-0000-c000-000000000000" in problem.fix.commands[-1]
    assert "'appRoleId':'<app-role-id>'" in problem.fix.commands[-1]


def test_the_undo_command_has_the_values_of_its_command() -> None:
    facts = {"subscription_id": "s", "resource_group": "g", "object_id": "o", "role": "Reader"}
    (step,) = finding("rbac_role_missing", facts=facts).fix.steps
    assert step.undo == (
        'az role assignment delete --assignee-object-id "o" --role "Reader" --scope "/subscriptions/s/resourceGroups/g"'
    )
    assert "User Access Administrator" in (step.role or "")


def test_a_finding_is_completed_and_keeps_its_own_facts() -> None:
    problem = finding("data_hidden", facts={"workspace_name": "own"})
    full = problem.completed({"subscription_id": "s", "resource_group": "g", "workspace_name": "other"})
    assert full.fix.commands[0].startswith(
        "az monitor log-analytics workspace show --subscription s --resource-group g --workspace-name own "
    )
    problem = finding("config_invalid", remedy="Do this.")
    assert problem.completed({"subscription_id": "s"}) == problem


def test_the_consent_link_is_the_tenants_own() -> None:
    facts = {"tenant_id": "t", "client_id": "c", "login_host": "login.microsoftonline.us"}
    assert (
        "https://login.microsoftonline.us/t/adminconsent?client_id=c "
        in finding("app_role_missing", facts=facts).fix.text
    )


def test_other_facts_never_reach_a_command() -> None:
    problem = finding("wrong_client_secret", facts={"client_secret": "canary", "client_id": "c"})
    assert "canary" not in repr(problem)
