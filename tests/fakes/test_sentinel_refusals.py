"""The refusals of Microsoft Sentinel of the virtual tenant, and their order."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conformance.apis import sentinel
from conformance.apis.endpoint import Endpoint
from conformance.fakes.services.routes import PROVENANCE
from conformance.findings import explain
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error
from tests.fakes.sentinel_operations import (
    DECLARED,
    POSTS,
    ask,
    by_name,
    with_other_verb,
)

# Refusals


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in DECLARED if endpoint is not sentinel.ONBOARDING_STATE], ids=by_name
)
def test_a_workspace_without_sentinel_refuses_with_a_document_in_the_message(
    azure: AzureWorld, endpoint: Endpoint[Any]
) -> None:
    azure.workspace.onboarded = False
    response = ask(azure, endpoint)
    problem = error(response, 400)
    inner = json.loads(problem["message"])["error"]
    assert problem["code"] == inner["code"] == "BadRequest"
    assert inner["message"].startswith(f"Workspace '{azure.workspace.name}' is not onboarded to Microsoft Sentinel.")
    assert explain(response.content, status=400, service="sentinel").cause == "sentinel_not_onboarded"


def test_a_workspace_without_sentinel_has_no_onboarding_state(azure: AzureWorld) -> None:
    assert ask(azure, sentinel.ONBOARDING_STATE).json()["name"] == "default"
    azure.workspace.onboarded = False
    assert error(ask(azure, sentinel.ONBOARDING_STATE), 404)["code"] == "NotFound"
    assert PROVENANCE["sentinel/onboarding-state-missing"].tier == "inferred"


@pytest.mark.parametrize("onboarded", [True, False])
@pytest.mark.parametrize("endpoint", DECLARED, ids=by_name)
def test_the_provider_has_to_be_registered(azure: AzureWorld, endpoint: Endpoint[Any], onboarded: bool) -> None:
    azure.workspace.onboarded = onboarded
    azure.tenant.subscriptions[azure.workspace.subscription_id].registered.remove("Microsoft.SecurityInsights")
    problem = error(ask(azure, endpoint), 409)
    assert problem["code"] == "MissingSubscriptionRegistration"
    assert "'Microsoft.SecurityInsights'" in problem["message"]


@pytest.mark.parametrize("endpoint", DECLARED, ids=by_name)
def test_without_a_role_the_gateway_refuses(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    azure.tenant.revoke_roles()
    azure.workspace.onboarded = False
    response = ask(azure, endpoint)
    assert error(response, 403)["code"] == "AuthorizationFailed"
    assert response.headers["x-ms-failure-cause"] == "gateway"


def test_a_token_for_log_analytics_does_not_open_sentinel(azure: AzureWorld) -> None:
    response = azure.put(sentinel.INCIDENTS.ask(), azure.token("log_analytics"))
    assert error(response, 401)["code"] == "InvalidAuthenticationTokenAudience"


@pytest.mark.parametrize("endpoint", POSTS, ids=by_name)
def test_operations_by_post_are_refused_by_get(azure: AzureWorld, endpoint: Endpoint[Any]) -> None:
    response = with_other_verb(azure, "GET", endpoint)
    problem = error(response, 405)
    assert problem["code"] == "UnsupportedApiVersion"
    assert problem["message"].endswith(f"with API version '{sentinel.STABLE}' does not support HTTP method 'GET'.")
    assert problem["innerError"] is None


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nothing_is_written(azure: AzureWorld, method: str) -> None:
    before = ask(azure, sentinel.INCIDENTS).json()
    error(with_other_verb(azure, method, sentinel.INCIDENTS), 405)
    assert ask(azure, sentinel.INCIDENTS).json() == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_verb_that_is_not_modelled_is_marked(azure: AzureWorld, method: str) -> None:
    answer = with_other_verb(azure, method, sentinel.INCIDENTS)
    assert (answer.status_code, answer.headers["x-virtual-tenant"]) == (501, "route-not-served")


def test_a_verb_is_checked_after_the_token(azure: AzureWorld) -> None:
    request = azure.request(sentinel.INCIDENTS.ask(), token="")
    assert error(azure.send(httpx.Request("PUT", request.url)), 401)["code"] == "AuthenticationFailed"
