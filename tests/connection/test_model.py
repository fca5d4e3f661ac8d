from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from conformance import Connection
from conformance.connection import CLOUDS, ClientSecret, Expect, FederatedToken, Secret

FORM = {
    "name": "contoso",
    "tenant_id": "T",
    "client_id": "C",
    "subscription_id": "S",
    "resource_group": "R",
    "workspace_id": "I",
    "workspace_name": "W",
}


def form(**values: Any) -> Connection:
    return Connection(**{**FORM, "client_secret": "canary", **values})


def test_a_connection_can_be_built_from_texts() -> None:
    connection = form()
    assert connection.credential == ClientSecret(Secret("canary"))
    assert connection.cloud is CLOUDS["public"]
    assert connection.apis == ("log_analytics", "sentinel", "graph", "defender")
    assert connection.expect == Expect()


def test_a_connection_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        form().name = "other"  # type: ignore[misc]


def test_a_connection_does_not_show_its_secret() -> None:
    assert "canary" not in f"{form()!r} {form()} {form().facts()}"


@pytest.mark.parametrize(
    "credentials",
    [{}, {"client_secret": "x", "credential": FederatedToken(lambda: "x", "github")}],
    ids=["none", "two"],
)
def test_a_connection_has_one_credential(credentials: Any) -> None:
    with pytest.raises(TypeError, match="one credential"):
        Connection(**{**FORM, **credentials})


def test_the_workspace_is_the_arm_id() -> None:
    assert form().workspace == (
        "/subscriptions/S/resourceGroups/R/providers/Microsoft.OperationalInsights/workspaces/W"
    )


def test_the_facts_fill_paths_and_commands() -> None:
    facts = form(cloud="usgov-dod").facts()
    assert facts["login_host"] == "login.microsoftonline.us"
    assert facts["cloud_az"] == "AzureUSGovernment"
    assert facts.items() >= {key: value for key, value in FORM.items() if key != "name"}.items()


@pytest.mark.parametrize(
    ("apis", "audiences"),
    [
        (("log_analytics",), {"arm", "log_analytics"}),
        (("sentinel",), {"arm"}),
        (("graph",), {"graph"}),
        (("graph", "defender"), {"graph", "defender"}),
        (("log_analytics", "sentinel", "graph", "defender"), {"arm", "log_analytics", "graph", "defender"}),
    ],
)
def test_tokens_are_needed_for_the_apis_used(apis: Any, audiences: Any) -> None:
    connection = form(apis=apis)
    assert set(connection.audiences) == audiences
    assert connection.uses("entra")
    assert connection.uses("arm") == ("arm" in audiences)
    assert all(connection.uses(api) for api in apis)


def test_no_token_is_needed_for_apis_that_the_cloud_lacks() -> None:
    assert set(form(cloud="china").audiences) == {"arm", "log_analytics"}


def test_expectations_have_defaults() -> None:
    assert Expect() == Expect(None, timedelta(days=1), timedelta(hours=1), None, 30)
