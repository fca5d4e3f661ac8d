"""Only declared reads are sent, over https, to their own hosts; tokens go only to their API's host.

Hostile next links are not followed.
"""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import ENDPOINTS, sentinel
from conformance.connection import CLOUDS
from conformance.probing.guard import Guard, GuardError, next_link_problem

ARM = "https://management.azure.com"
WORKSPACE = (
    "/subscriptions/5b5c0000-0c0f-4c0f-a11c-000000000003/resourceGroups/rg-security"
    "/providers/Microsoft.OperationalInsights/workspaces/law-security"
)
INCIDENTS = f"{ARM}{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents"


@pytest.fixture
def guard() -> Guard:
    guard = Guard(httpx.MockTransport(lambda request: httpx.Response(200)), CLOUDS["public"])
    guard.tokens["the-arm-token"] = "arm"
    guard.tokens["the-graph-token"] = "graph"
    return guard


def request(method: str, url: str, token: str | None = None, **more: object) -> httpx.Request:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Request(method, url, headers=headers, **more)  # type: ignore[arg-type]


def test_a_declared_read_passes(guard: Guard) -> None:
    question = request("GET", f"{INCIDENTS}?api-version=2025-09-01&$top=5", "the-arm-token")
    assert guard.check(question) is sentinel.INCIDENTS


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "HEAD", "OPTIONS"])
def test_no_other_verb_is_sent(guard: Guard, method: str) -> None:
    with pytest.raises(GuardError, match="no declared read operation"):
        guard.check(request(method, INCIDENTS, "the-arm-token"))


@pytest.mark.parametrize(
    "url",
    [
        INCIDENTS.replace("https", "http"),
        INCIDENTS.replace("azure.com", "azure.com:8443"),
        INCIDENTS.replace("https://", "https://user:pass@"),
        INCIDENTS.replace("management.azure.com", "management.azure.com.evil.example"),
        f"{ARM}{WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/1/runPlaybook",
        f"{ARM}{WORKSPACE}/sharedKeys",
        f"{INCIDENTS}/../../../sharedKeys",
        f"{INCIDENTS}?api-version=2025-09-01&$expand=secrets",
        "https://graph.microsoft.com/v1.0/users",
    ],
)
def test_no_undeclared_request_is_sent(guard: Guard, url: str) -> None:
    with pytest.raises(GuardError):
        guard.check(request("GET", url, "the-arm-token"))


def test_a_token_only_goes_to_its_own_host(guard: Guard) -> None:
    with pytest.raises(GuardError, match="a token for arm does not go to"):
        guard.check(request("GET", "https://graph.microsoft.com/v1.0/security/alerts_v2", "the-arm-token"))
    with pytest.raises(GuardError, match="only tokens that this run was issued"):
        guard.check(request("GET", INCIDENTS, "somebody-elses-token"))


def test_a_control_command_is_not_sent_as_a_query(guard: Guard) -> None:
    url = "https://api.loganalytics.io/v1/workspaces/30a40000-0c0f-4c0f-a11c-000000000004/query"
    with pytest.raises(GuardError, match="control command"):
        guard.check(request("POST", url, json={"query": " .drop table SecurityIncident"}))


def test_next_links_lead_to_the_same_list_or_are_refused(subtests: pytest.Subtests) -> None:
    for link, problem in [
        (f"{INCIDENTS}?api-version=2025-09-01&$skipToken=abc", None),
        (INCIDENTS.replace(".com/", ".com:443/") + '?$skipToken={"token":"[x]"}', None),
        (INCIDENTS.upper().replace("HTTPS", "https"), None),
        ("https://evil.example/incidents", "not back to management.azure.com"),
        (INCIDENTS.replace("https", "http"), "not back to"),
        (INCIDENTS.replace(".com/", ".com:444/"), "not back to"),
        (INCIDENTS.replace("https://", "https://management.azure.com@evil.example/"), "not back to"),
        (f"{ARM}{WORKSPACE}/sharedKeys", "another operation"),
        ("//evil.example/x", "not back to"),
        ("", "not back to"),
    ]:
        with subtests.test(link=link, problem=problem):
            reason = next_link_problem(link, sentinel.INCIDENTS, httpx.URL(ARM))
            assert reason is None if problem is None else problem in (reason or "")


@given(st.text(max_size=200))
def test_any_next_link_is_judged(link: str) -> None:
    reason = next_link_problem(link, sentinel.INCIDENTS, httpx.URL(ARM))
    if reason is None:
        assert httpx.URL(link).host == "management.azure.com"


def test_every_endpoint_is_read_only() -> None:
    posts = {endpoint.name for endpoint in ENDPOINTS.values() if endpoint.method == "POST"}
    assert posts == {
        "entra.token",
        "log_analytics.query",
        "log_analytics.query_by_resource",
        "sentinel.incident_alerts",
        "sentinel.incident_bookmarks",
        "sentinel.incident_entities",
    }
