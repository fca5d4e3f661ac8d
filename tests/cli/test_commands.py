"""Every command of every cause, run by the real Azure CLI: it parses and asks the right subscription."""

from __future__ import annotations

import re

import pytest

from conformance.findings import CAUSES, finding
from conformance.findings.command import Step
from tests.cli.azure_cli import OBJECT, OTHER, RESOURCE, Azure

WRITES = ("PUT", "POST", "PATCH", "DELETE")
EXPECTED_CALLS = {
    "az role assignment create": ("PUT", "/roleAssignments/"),
    "az role assignment delete": ("GET", "/roleAssignments?"),
    "az role assignment list": ("GET", "/roleAssignments?"),
    "az ad app credential reset": ("POST", "/addPassword"),
    "az ad app credential list": ("GET", "/applications"),
    "az ad app federated-credential list": ("GET", "/federatedIdentityCredentials"),
    "az ad app show": ("GET", "/applications"),
    "az ad sp show": ("GET", "/servicePrincipals"),
    "az ad sp create": ("POST", "/servicePrincipals"),
    "az ad sp update": ("PATCH", "/servicePrincipals/"),
    "az provider register": ("POST", "/register?"),
    "az provider show": ("GET", "/providers/Microsoft.SecurityInsights"),
    "az lock list": ("GET", "/resourceGroups/rg-security/providers/Microsoft.Authorization/locks"),
    "az policy assignment list": (
        "GET",
        "/resourceGroups/rg-security/providers/Microsoft.Authorization/policyAssignments",
    ),
    "az group list": ("GET", "/resourcegroups?"),
    "az account list": ("GET", "/subscriptions?"),
    "az monitor log-analytics workspace list": ("GET", "/workspaces?"),
    "az monitor log-analytics workspace show": ("GET", "/workspaces/law-security?"),
    "az monitor log-analytics workspace table list": ("GET", "/workspaces/law-security/tables?"),
    "az monitor log-analytics workspace table update": ("P", "/workspaces/law-security/tables/SecurityIncident?"),
    "az rest --method get": ("GET", "?api-version=|/appRoleAssignments"),
    "az rest --method put": ("PUT", "/onboardingStates/default?api-version=2025-09-01"),
    "az rest --method post --url https://api.loganalytics.io": ("POST", "/query"),
    "az rest --method post --url https://graph.microsoft.com": ("POST", "/appRoleAssignments"),
}
"""The request that each kind of command must send: start of the method, and parts of the URL, separated by ``|``."""


def steps(azure: Azure) -> dict[str, Step]:
    """Return, by command line, the az commands of all causes; those that send no request of their own are left out."""
    facts = azure.connection.facts() | {
        "object_id": OBJECT,
        "other_object_id": RESOURCE,
        "other_scope": azure.connection.group_scope,
        "roles": "SecurityAlert.Read.All",
        "table": "SecurityIncident",
        "tenant_cloud": "AzureCloud",
    }
    steps = (step for cause in CAUSES for step in finding(cause, facts=facts).fix.steps)
    return {step.command: step for step in steps if re.match(r"az (?!login|cloud set|account show)", step.command)}


def test_every_command_sends_its_request(azure: Azure, subtests: pytest.Subtests) -> None:
    for line in steps(azure):
        with subtests.test(line):
            process = azure.type(line)
            assert process.returncode == 0, process.stderr
            assert "misspelled" not in process.stderr
            assert OTHER not in str(azure.calls), "asks the default subscription"
            method, part = next(call for start, call in EXPECTED_CALLS.items() if line.startswith(start))
            urls = [url for how, url, _ in azure.calls if how.startswith(method)]
            assert any(choice.lower() in url.lower() for choice in part.split("|") for url in urls), azure.calls
            if "--output table" in line and process.stdout:  # az omits keys with certain names from tables
                columns = re.findall(r"[{,](\w+):", line)
                if columns:
                    header = process.stdout.splitlines()[0].lower()
                    assert header.split() == [name.lower() for name in columns]


def test_every_undo_command_sends_a_write_request(azure: Azure, subtests: pytest.Subtests) -> None:
    for line, step in steps(azure).items():
        if step.undo is None:
            continue
        with subtests.test(step.undo):
            process = azure.type(step.undo)
            assert process.returncode == 0, process.stderr
            assert OTHER not in str(azure.calls), "asks the default subscription"
            assert any(method in WRITES for method, _, _ in azure.calls), line


def test_a_grant_contains_the_service_principal_of_the_api_and_the_role(azure: Azure) -> None:
    facts = azure.connection.facts() | {"object_id": OBJECT, "roles": "SecurityAlert.Read.All"}
    login, grant = finding("app_role_missing", facts=facts).fix.commands
    assert login == f"az login --tenant {azure.connection.tenant_id} --allow-no-subscriptions"
    assert azure.type(grant).returncode == 0
    method, url, body = azure.calls[-1]
    assert (method, url) == ("POST", f"https://graph.microsoft.com/v1.0/servicePrincipals/{OBJECT}/appRoleAssignments")
    assert body == {
        "principalId": OBJECT,
        "resourceId": RESOURCE,
        "appRoleId": "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5",
    }


def test_bodies_of_requests_are_json(azure: Azure) -> None:
    facts = azure.connection.facts()
    assert azure.type(finding("sentinel_not_onboarded", facts=facts).fix.commands[0]).returncode == 0
    assert azure.calls[-1][2] == {"properties": {}}
    assert azure.type(finding("data_stale", facts=facts).fix.commands[0]).returncode == 0
    assert azure.calls[-1][2] == {"query": "Usage | summarize max(TimeGenerated) by DataType"}


def test_values_that_the_cli_stores_are_read_from_the_right_subscription(azure: Azure) -> None:
    process = azure.type(finding("wrong_token_tenant", facts=azure.connection.facts()).fix.commands[0])
    assert process.stdout.strip() == azure.connection.tenant_id
