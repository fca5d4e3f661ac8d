"""Microsoft Graph's JSON batches: each request is answered as a single request is."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import graph
from tests.fakes.azure_world import AzureWorld
from tests.fakes.fake_defender import error


def send(azure: AzureWorld, requests: Any, token: str | None = None) -> httpx.Response:
    request = azure.request(graph.INCIDENTS.ask(), token)
    url = request.url.copy_with(path="/v1.0/$batch", query=None)
    bearer = {"Authorization": request.headers["authorization"]} if "authorization" in request.headers else {}
    return azure.send(httpx.Request("POST", url, json={"requests": requests}, headers=bearer))


def test_each_request_is_answered_like_a_single_request(azure: AzureWorld) -> None:
    number = str(azure.workspace.incidents[0].number)
    requests = [
        {"id": "1", "method": "GET", "url": f"/security/incidents/{number}"},
        {"id": "2", "method": "GET", "url": "security/alerts_v2?$top=2&$count=true"},
        {"id": "3", "method": "PATCH", "url": f"/security/incidents/{number}", "body": {"status": "resolved"}},
        {"id": "4", "method": "GET", "url": "/security/secureScores", "dependsOn": ["3"]},
        {"id": "5", "method": "GET", "url": "/me"},
    ]
    responses = {response["id"]: response for response in send(azure, requests).json()["responses"]}
    assert {id: response["status"] for id, response in responses.items()} == {
        "1": 200,
        "2": 200,
        "3": 403,
        "4": 424,
        "5": 501,
    }
    assert responses["1"]["body"] == azure.put(graph.INCIDENT.ask(incident=number)).json()
    assert len(responses["2"]["body"]["value"]) == 2
    assert responses["2"]["body"]["@odata.nextLink"].startswith("https://graph.microsoft.com/v1.0/security/alerts_v2?")


def test_an_invalid_batch_is_refused(azure: AzureWorld) -> None:
    many = [{"id": str(n), "method": "GET", "url": "/security/alerts_v2"} for n in range(21)]
    for requests in (None, [{"url": "/security/alerts_v2"}], many):
        assert error(send(azure, requests), 400)["code"] == "BadRequest"
    assert send(azure, many[:1], token="").status_code == 401
