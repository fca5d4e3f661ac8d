from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import Connection
from conformance.connection import FederatedToken, problems
from conformance.connection.values import can_be_right

GUID = "0f0f0f0f-0c0f-4c0f-a11c-00000000000f"
ARM_ID = "/subscriptions/x/resourceGroups/y/providers/Microsoft.OperationalInsights/workspaces/law"
GOOD = {
    "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
    "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
    "client_secret": "abc8Q~canary-canary-canary-canary-0001",
    "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
    "resource_group": "rg-security",
    "workspace_id": "30a40000-0c0f-4c0f-a11c-000000000004",
    "workspace_name": "law-security",
}


def with_values(**values: Any) -> Connection:
    return Connection("contoso", **{**GOOD, **values})


def test_a_possible_value_is_not_a_problem(subtests: pytest.Subtests) -> None:
    for key, value in [
        ("tenant_id", GUID.upper()),
        ("tenant_id", "contoso.com"),
        ("tenant_id", "contoso.onmicrosoft.com"),
        ("client_id", GUID.upper()),
        ("client_secret", "a+b/c=="),
        ("client_secret", "abc8Q~ inner blank"),
        ("resource_group", "rg_1.(prod)-ü"),
        ("resource_group", "r"),
        ("resource_group", "r" * 90),
        ("workspace_name", "w" * 90),
        ("workspace_name", "law-1"),
    ]:
        with subtests.test(key=key, value=value):
            assert problems(with_values(**{key: value})) == ()


def test_an_impossible_value_has_its_cause(subtests: pytest.Subtests) -> None:
    for key, value, cause in [
        ("tenant_id", "common", "tenant_malformed"),
        ("tenant_id", "Organizations", "tenant_malformed"),
        ("tenant_id", "consumers", "tenant_malformed"),
        ("tenant_id", "contoso", "tenant_malformed"),
        ("tenant_id", f"{{{GUID}}}", "tenant_malformed"),
        ("tenant_id", f"{GUID}\n", "tenant_malformed"),
        ("tenant_id", "", "tenant_malformed"),
        ("tenant_id", "a/../b.com", "tenant_malformed"),
        ("client_id", GOOD["tenant_id"], "config_invalid"),
        ("client_id", f" {GUID}", "config_invalid"),
        ("client_id", GUID.replace("-", ""), "config_invalid"),
        ("client_id", "", "config_invalid"),
        ("subscription_id", "Pay-As-You-Go", "config_invalid"),
        ("subscription_id", f"/subscriptions/{GUID}", "config_invalid"),
        ("client_secret", GUID, "secret_id_instead_of_value"),
        ("client_secret", f'"{GUID}"\n', "secret_id_instead_of_value"),
        ("client_secret", "", "config_invalid"),
        ("client_secret", " \t", "config_invalid"),
        ("client_secret", "abc8Q~canary ", "config_invalid"),
        ("client_secret", "abc8Q~canary\n", "config_invalid"),
        ("client_secret", "'abc8Q~canary'", "config_invalid"),
        ("client_secret", "<canary>", "config_invalid"),
        ("client_secret", "ENV:CANARY", "config_invalid"),
        ("client_secret", "File:canary.txt", "config_invalid"),
        ("resource_group", "rg.", "config_invalid"),
        ("resource_group", "", "config_invalid"),
        ("resource_group", "r" * 91, "config_invalid"),
        ("resource_group", "a/b", "config_invalid"),
        ("workspace_id", "law-security", "workspace_id_not_guid"),
        ("workspace_id", ARM_ID, "workspace_id_not_guid"),
        ("workspace_name", GUID, "config_invalid"),
        ("workspace_name", ARM_ID, "config_invalid"),
        ("workspace_name", "-law", "config_invalid"),
    ]:
        with subtests.test(key=key, value=value):
            (problem,) = problems(with_values(**{key: value}))
            assert (problem.key, problem.cause) == (key, cause)
            assert (problem.correction or problem.expected) in problem.text
            if key == "client_secret" and value.strip():
                assert value.strip("'\"<> \n") not in problem.text


def test_workspace_id_and_name_swapped_are_two_problems() -> None:
    swapped = with_values(workspace_id=GOOD["workspace_name"], workspace_name=GOOD["workspace_id"])
    assert [problem.key for problem in problems(swapped)] == ["workspace_id", "workspace_name"]


def test_only_a_client_secret_is_checked_for_its_form() -> None:
    values: dict[str, Any] = {key: value for key, value in GOOD.items() if key != "client_secret"}
    assert problems(Connection("contoso", **values, credential=FederatedToken(lambda: GUID, "github"))) == ()


@given(st.sampled_from(sorted(GOOD)), st.text(max_size=300))
def test_any_text_has_no_problem_or_a_known_cause(key: Any, value: Any) -> None:
    for problem in problems(with_values(**{key: value})):
        assert problem.cause in {
            "config_invalid",
            "tenant_malformed",
            "workspace_id_not_guid",
            "secret_id_instead_of_value",
        }


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=6))
def test_a_secret_is_described_and_never_shown(core: Any) -> None:
    for value in (f" {core}{core}", f"'{core}{core}'", f"<{core}{core}>", f"{core}{core}\n"):
        for problem in problems(with_values(client_secret=value)):
            assert core + core not in problem.text


@pytest.mark.parametrize("key", ["tenant_id", "client_id", "subscription_id", "workspace_id"])
def test_an_id_of_zeros_is_impossible(key: str) -> None:
    assert not can_be_right(key, "00000000-0000-0000-0000-000000000000")
