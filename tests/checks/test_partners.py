"""Providers: subscriptions that are delegated to them, and their apps that customers consent."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.connection import ConnectionFileError, load
from conformance.fakes.network.client_files import CONNECTION
from conformance.fakes.scenarios.partners import CUSTOMER, HOME
from tests.checks.outcomes import changed, ends, fails, world
from tests.contoso import made_up


def test_assignments_of_a_delegation_are_not_listed() -> None:
    there = world("lighthouse")
    ends("RBAC-020", there, "not_applicable", "Azure Lighthouse")
    ends("RBAC-001", there, "passed")
    ends("ARM-001", there, "passed")
    ends("GRAPH-001", there, "not_applicable")


@pytest.mark.parametrize(
    ("scenario", "check", "cause", "fix"),
    [
        ("delegation-missing", "ARM-001", "wrong_token_tenant", f"tokens of tenant {CUSTOMER} alone"),
        ("delegation-without-role", "RBAC-001", "rbac_role_missing", "registration definition of Azure Lighthouse"),
        ("delegation-of-another", "ARM-001", "subscription_not_found", ""),
        ("graph-of-the-provider", "ARM-001", "wrong_token_tenant", f'customer_tenant_id = "{CUSTOMER}"'),
        ("multi-tenant-app-not-consented", "AUTH-002", "app_not_in_tenant", "/adminconsent?client_id="),
        ("multi-tenant-app+service-principal-missing", "AUTH-002", "service_principal_missing", "/adminconsent?"),
        ("multi-tenant-app+no-graph-consent", "PERM-001", "app_role_missing", "/adminconsent?client_id="),
    ],
)
def test_each_cause_of_a_provider_has_its_own_fix(scenario: str, check: str, cause: str, fix: str) -> None:
    ended = fails(check, world(scenario), cause)
    assert ended.root is not None
    assert fix in ended.root.finding.fix.text


@pytest.mark.parametrize("customer", ["the customer's", "another customer's"])
def test_delegations_of_other_customers_are_not_a_role_at_a_wrong_scope(customer: str) -> None:
    """A provider sees the subscriptions of all its customers; the fix concerns the delegation of this customer."""
    there = world("delegation-without-role")
    id = there.connection.subscription_id if customer == "the customer's" else "99999999-9999-4999-8999-999999999999"
    listed = {"id": f"/subscriptions/{id}", "subscriptionId": id, "displayName": "x", "state": "Enabled"}
    ended = fails("RBAC-001", changed(there, "arm.subscriptions", lambda _: {"value": [listed]}), "rbac_role_missing")
    assert ended.root is not None
    assert "registration definition of Azure Lighthouse" in ended.root.finding.fix.text


def test_commands_for_a_registration_sign_in_to_its_tenant() -> None:
    ended = fails("AUTH-003", world("multi-tenant-app+expired-secret"), "secret_expired")
    assert ended.root is not None
    first, *_ = ended.root.finding.fix.commands
    assert first == f"az login --tenant {HOME} --allow-no-subscriptions"


def test_a_delegated_subscription_without_graph_is_valid() -> None:
    there = world("graph-of-the-provider", apis=("log_analytics", "sentinel"))
    ends("ARM-001", there, "passed")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (f'customer_tenant_id = "{CUSTOMER}"\napis = ["graph"]', "apis: found 'graph', which answers for the provider"),
        ('customer_tenant_id = "contoso"', "customer_tenant_id: found 'contoso' (a name), expected the other tenant"),
        (f'customer_tenant_id = "{made_up().tenant_id}"', "expected the other tenant's id"),
        (f'customer_tenant_id = "{CUSTOMER}"\nhome_tenant_id = "{HOME}"', "exclude each other"),
        (f'customer_tenantid = "{CUSTOMER}"', "did you mean 'customer_tenant_id'?"),
    ],
)
def test_mistakes_in_the_file_are_reported(keys: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "conn.toml"
    secret = f'client_secret = "canary-canary"\n{keys}'
    file.write_text(CONNECTION.format(name="x", credential=secret, **made_up().facts()))
    with pytest.raises(ConnectionFileError) as caught:
        load(file)
    assert says in str(caught.value)


def test_a_delegated_connection_is_for_azure_alone(tmp_path: Path) -> None:
    file = tmp_path / "conn.toml"
    secret = f'client_secret = "canary-canary"\ncustomer_tenant_id = "{CUSTOMER}"'
    file.write_text(CONNECTION.format(name="x", credential=secret, **made_up().facts()))
    (connection,) = load(file)
    assert (connection.apis, connection.kinds) == (("log_analytics", "sentinel"), ("lighthouse",))
