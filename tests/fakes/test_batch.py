"""Log Analytics' batches in the virtual tenant: each query is answered as a single request is."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from conformance.apis import ENDPOINTS, kql
from conformance.fakes.services.batch import BATCH
from tests.fakes.azure_world import AzureWorld

INCIDENTS = kql.table("SecurityIncident").text


def put(azure: AzureWorld, content: Any, token: str | None = None) -> httpx.Response:
    return azure.put(BATCH.ask(json=content), token)


def item(name: str, query: str, azure: AzureWorld, **more: Any) -> dict[str, Any]:
    workspace = azure.workspace.customer_id
    request = {"id": name, "method": "POST", "path": "/query", "workspace": workspace, "body": {"query": query}}
    return {**request, **more}


def answered(azure: AzureWorld, *items: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    """Return status and body of each item's answer, by the item's id."""
    answer = put(azure, {"requests": list(items)})
    assert answer.status_code == 200
    return {response["id"]: (response["status"], response["body"]) for response in answer.json()["responses"]}


def without_ids(body: Any) -> Any:
    text = json.loads(json.dumps(body))
    text.get("error", {}).pop("correlationId", None)
    return text


@pytest.mark.parametrize("query", [kql.PRINT.text, INCIDENTS, kql.UNKNOWN_TABLE.text, "print ("])
def test_an_item_is_answered_like_a_single_request(azure: AzureWorld, query: str) -> None:
    alone = azure.query(query)
    status, body = answered(azure, item("1", query, azure))["1"]
    assert (status, without_ids(body)) == (alone.status_code, without_ids(alone.json()))


def test_headers_of_an_item_are_its_own(azure: AzureWorld) -> None:
    prefer = {"Prefer": "include-statistics=true"}
    both = answered(azure, item("a", "print ok=1", azure, headers=prefer), item("b", "print ok=1", azure))
    assert "statistics" in both["a"][1]
    assert "statistics" not in both["b"][1]


def test_an_unknown_workspace(azure: AzureWorld) -> None:
    status, body = answered(azure, item("1", "print ok=1", azure, workspace="law-security"))["1"]
    assert (status, body["error"]["code"]) == (400, "FailedToResolveResource")


def test_roles_are_checked_per_item(azure: AzureWorld) -> None:
    azure.tenant.revoke_roles()
    status, body = answered(azure, item("1", "print ok=1", azure))["1"]
    assert (status, body["error"]["code"]) == (403, "InsufficientAccessError")


def test_a_workspace_without_data_says_so(azure: AzureWorld) -> None:
    azure.workspace.has_data = False
    assert answered(azure, item("1", "print ok=1", azure))["1"] == (204, {"error": {"code": "WorkspaceNotPlacedError"}})


@pytest.mark.parametrize("content", [None, [], {}, {"requests": 1}, {"requests": ["print ok=1"]}])
def test_an_invalid_batch(azure: AzureWorld, content: Any) -> None:
    answer = put(azure, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadArgumentError")


def test_duplicate_ids(azure: AzureWorld) -> None:
    answer = put(azure, {"requests": [item("1", "print ok=1", azure), item("1", "print ok=1", azure)]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadArgumentError")


def test_a_batch_without_a_token_is_refused(azure: AzureWorld) -> None:
    assert put(azure, {"requests": []}, token="").status_code == 401


def test_the_product_may_not_send_a_batch() -> None:
    assert BATCH.name not in ENDPOINTS
