"""Log Analytics' batches: several queries in one request, each answered as if sent alone.

This project sends none (they end on 2028-03-31); azure-monitor-query does, for ``query_batch``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from conformance.apis import log_analytics as api
from conformance.apis.endpoint import LOG_ANALYTICS, Endpoint
from conformance.fakes.services.log_analytics import headers, query, refuse
from conformance.fakes.services.routes import Call, answers, respond

BATCH = Endpoint(
    name="log_analytics.batch",
    api=LOG_ANALYTICS,
    method="POST",
    path="/v1/$batch",
    answers=dict,
    source="https://learn.microsoft.com/azure/azure-monitor/logs/api/batch-queries",
)


@answers(BATCH, "documented", BATCH.source)
def batch(call: Call) -> httpx.Response:
    """Return the answers of a batch with status 200, for any single statuses, unless the batch cannot be read."""
    document = call.json
    items = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return refuse(call, "body-malformed")
    names = [str(item.get("id")) for item in items]
    if len(set(names)) < len(names):
        return refuse(call, "value-invalid", member="id")
    responses = [_item(name, _answer(call, entry)) for name, entry in zip(names, items, strict=True)]
    return respond(call, 200, {"responses": responses}, headers(call))


def _answer(call: Call, item: Mapping[str, Any]) -> httpx.Response:
    """Return the answer to a query of a batch, with the token of the batch."""
    workspace, item_headers = str(item.get("workspace")), item.get("headers") or {}
    alone = httpx.Request(
        "POST",
        call.request.url.copy_with(path=f"/v1/workspaces/{workspace}/query"),
        headers={**item_headers, "Content-Type": "application/json"},
        content=json.dumps(item.get("body")),
    )
    if call.tenant.workspace_by_id(workspace) is None:
        return refuse(call, "workspace-unresolved")
    return query(Call(call.tenant, alone, api.QUERY, {"workspace_id": workspace}, call.claims))


def _item(name: str, answer: httpx.Response) -> dict[str, Any]:
    """Return an answer within a batch. One without content states the reason: the workspace has never had any data."""
    body = answer.json() if answer.content else {"error": {"code": "WorkspaceNotPlacedError"}}
    return {"id": name, "status": answer.status_code, "body": body}
