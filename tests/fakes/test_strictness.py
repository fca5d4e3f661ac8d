"""The virtual tenant refuses the same requests as the services: schemes, versions, query options, instances."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from conformance.apis.permissions import RESOURCES
from conformance.fakes import World, build
from conformance.fakes.state.tokens import issue
from tests.contoso import START, made_up

GRAPH, DEFENDER = "https://graph.microsoft.com/v1.0/security", "https://api.security.microsoft.com/api"
ARM = "https://management.azure.com"
LOGIN = "https://login.microsoftonline.com"
WORKSPACE = (
    f"{ARM}/subscriptions/{made_up().subscription_id}/resourceGroups/rg-security"
    "/providers/Microsoft.OperationalInsights/workspaces/law-security"
)
INCIDENTS = f"{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents"
COMMENTS = f"{INCIDENTS}/{build(made_up(), start=START).tenant.workspace.incidents[0].id}/comments"
OF = {GRAPH: "graph", DEFENDER: "defender", ARM: "arm"}


def get(world: World, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return the status and the error code of an answer; the code is empty for a success.

    The request carries a token unless ``headers`` are given.
    """
    if headers is None:
        api = next((name for start, name in OF.items() if url.startswith(start)), None)
        headers = {"Authorization": f"Bearer {token(world, api)}"} if api else {}
    answer = asyncio.run(world.handler(httpx.Request("GET", url, headers=headers)))
    error = answer.json().get("error", "")
    return answer.status_code, error if isinstance(error, str) else error["code"]


def token(world: World, api: str) -> str:
    audience = world.tenant.cloud.audiences[api][0]  # type: ignore[index]
    return issue(world.tenant, world.tenant.app, audience, RESOURCES[api].app_id)


CASES = {
    f"{GRAPH}/alerts_v2?$top=1&$count=true": (200, ""),
    f"{GRAPH}/alerts_v2?$limit=1": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?$top=1&$top=2": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?$top=-1": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?$top=many": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?$count=yes": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?$expand=evidence": (400, "BadRequest"),
    f"{GRAPH}/alerts_v2?unknown=1": (200, ""),
    f"{GRAPH}/incidents?$expand=alerts": (200, ""),
    f"{GRAPH}/incidents?$expand=alerts($top=1)": (200, ""),
    f"{GRAPH}/incidents?$top=51": (400, ""),
    f"{GRAPH}/alerts?$skip=501": (400, "BadRequest"),
    f"{GRAPH}/alerts?$top=1001": (400, ""),
    f"{DEFENDER}/machines?$top=1": (200, ""),
    f"{DEFENDER}/machines?$top=10001": (400, "ODataError"),
    f"{DEFENDER}/machines?$expand=evidence": (400, "ODataError"),
    f"{DEFENDER}/machines?$page=2": (400, "ODataError"),
    f"{DEFENDER}/alerts?$expand=evidence": (200, ""),
    WORKSPACE: (400, "MissingApiVersionParameter"),
    f"{WORKSPACE}?api-version=2025-07-01": (200, ""),
    f"{WORKSPACE}?api-version=latest": (400, "NoRegisteredProviderFound"),
    f"{INCIDENTS}?api-version=2025-09-01&$top=1001": (400, "BadRequest"),
    f"{INCIDENTS}?api-version=2025-09-01&$top=0": (400, "BadRequest"),
    f"{COMMENTS}?api-version=2025-09-01&$top=1": (200, ""),
    f"{COMMENTS}?api-version=2025-09-01&$top=none": (400, "BadRequest"),
    f"{LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.example/x": (
        400,
        "invalid_instance",
    ),
    f"{LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint={LOGIN}/x/oauth2/authorize": (200, ""),
}


def test_requests_are_refused_as_by_the_services(subtests: pytest.Subtests) -> None:
    world = build(made_up(), start=START)
    for url, expected in CASES.items():
        with subtests.test(url):
            assert get(world, url) == expected


def test_authorization_schemes_are_refused_as_by_the_services(subtests: pytest.Subtests) -> None:
    world = build(made_up(), start=START)
    basic = {"Authorization": "Basic dXNlcjpwYXNz"}
    answers = {
        f"{WORKSPACE}?api-version=2025-07-01": (401, "AuthenticationFailed"),
        f"{GRAPH}/alerts_v2": (401, "InvalidAuthenticationToken"),
        f"{DEFENDER}/machines": (401, "Unauthorized"),
    }
    for url, expected in answers.items():
        with subtests.test(url):
            assert get(world, url, basic) == expected
            assert get(world, url, {}) == expected
