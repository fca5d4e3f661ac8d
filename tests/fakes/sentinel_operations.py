"""Requests for the declared operations of Microsoft Sentinel to the virtual tenant."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import gather, sentinel
from conformance.apis.endpoint import Endpoint
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import decoded

DECLARED = list(gather(sentinel).values())
OF_AN_INCIDENT = [endpoint for endpoint in DECLARED if "{incident}" in endpoint.path]
LISTS = [endpoint for endpoint in DECLARED if endpoint.paging and "{incident}" not in endpoint.path]
POSTS = [endpoint for endpoint in DECLARED if endpoint.method == "POST"]
NEWEST = "properties/createdTimeUtc desc"


def ask(azure: AzureWorld, endpoint: Endpoint[Any], **parameters: Any) -> httpx.Response:
    """Return the answer to an operation, by default for the newest incident."""
    if "{incident}" in endpoint.path:
        parameters.setdefault("incident", azure.workspace.incidents[0].id)
    return azure.put(endpoint.ask(**parameters))


def listed(azure: AzureWorld, **parameters: Any) -> list[str]:
    """Return the names of the incidents on the first page of a list."""
    return [
        incident.name for incident in decoded(ask(azure, sentinel.INCIDENTS, **parameters), sentinel.INCIDENTS).value
    ]


def with_other_verb(azure: AzureWorld, method: str, endpoint: Endpoint[Any]) -> httpx.Response:
    """Return the answer to an operation's URL with another HTTP method."""
    request = azure.request(endpoint.ask(incident="any") if "{incident}" in endpoint.path else endpoint.ask())
    return azure.send(httpx.Request(method, request.url, headers=request.headers))


def by_name(endpoint: Endpoint[Any]) -> str:
    """Return an operation's name, as the id of a test case."""
    return endpoint.name
