"""Empty segments in the path of a request: ignored where the services' own SDKs send them, and only there."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import arm, defender, graph, kql, log_analytics
from conformance.apis.endpoint import Ask
from conformance.fakes.network.paths import normalize
from tests.fakes.azure_world import AzureWorld


def put(azure: AzureWorld, ask: Ask[Any], old: str, instead: str) -> httpx.Response:
    request = azure.request(ask)
    assert old in request.url.path
    request.url = request.url.copy_with(path=request.url.path.replace(old, instead))
    return azure.send(request)


def test_azure_accepts_an_empty_segment(azure: AzureWorld) -> None:
    """azure-mgmt-authorization writes a resource without a parent in this way."""
    answer = put(azure, arm.PERMISSIONS.ask(), "/workspaces/", "//workspaces/")
    assert answer.json()["value"] == azure.put(arm.PERMISSIONS.ask()).json()["value"]


def test_graph_accepts_an_empty_segment(azure: AzureWorld) -> None:
    """msgraph-sdk for Python writes every path in this way; the next link has no empty segment."""
    answer = put(azure, graph.ALERTS.ask(top=2), "/v1.0/", "/v1.0//")
    assert answer.json() == azure.put(graph.ALERTS.ask(top=2)).json()


def test_log_analytics_accepts_an_empty_segment(azure: AzureWorld) -> None:
    """The JavaScript client writes a query by resource in this way."""
    ask = log_analytics.QUERY_BY_RESOURCE.ask(json={"query": kql.PRINT.text})
    assert put(azure, ask, "/v1/", "/v1//").json()["tables"] == azure.put(ask).json()["tables"]


def test_other_services_refuse_empty_segments(azure: AzureWorld) -> None:
    assert put(azure, defender.MACHINES.ask(), "/api/", "/api//").status_code == 501


def test_the_beta_version_is_answered_where_it_is_the_same(azure: AzureWorld) -> None:
    answer = put(azure, graph.INCIDENTS.ask(top=2), "/v1.0/", "/beta/").json()
    stable = azure.put(graph.INCIDENTS.ask(top=2)).json()
    assert answer["value"] == stable["value"]
    assert answer["@odata.nextLink"] == stable["@odata.nextLink"].replace("/v1.0/", "/beta/")
    assert "/beta/$metadata" in answer["@odata.context"]
    assert put(azure, graph.LEGACY_ALERTS.ask(), "/v1.0/", "/beta/").status_code == 501


def test_older_and_regional_hosts_of_defender_answer(azure: AzureWorld) -> None:
    request = azure.request(defender.MACHINES.ask())
    machines = azure.send(request).json()["value"]
    for host in ("api.securitycenter.microsoft.com", "eu.api.security.microsoft.com"):
        request.url = request.url.copy_with(host=host)
        assert azure.send(request).json()["value"] == machines


def test_the_query_stays_as_it_is() -> None:
    request = httpx.Request("POST", "https://graph.microsoft.com/v1.0//a///b?x=//&y=%2F%2F", content=b"body")
    assert str(normalize(request, ["graph"]).url) == "https://graph.microsoft.com/v1.0/a/b?x=//&y=%2F%2F"
    assert normalize(request, ["graph"]).content == b"body"
    assert normalize(request, ["entra"]) is request
