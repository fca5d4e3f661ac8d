"""Microsoft Graph's JSON batches: up to 20 requests in one, each answered as if sent alone."""

from __future__ import annotations

import json
from typing import Any

import httpx

from conformance.apis.endpoint import GRAPH
from conformance.fakes.services.graph import headers, refuse
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond

BATCH = operation("graph.batch", GRAPH, "POST", "/v1.0/$batch", "https://learn.microsoft.com/graph/json-batching", None)
MAX_REQUESTS = 20


@answers(BATCH, "documented", BATCH.source)
def batch(call: Call) -> httpx.Response:
    """Answer the requests in their order; those that depend on a failed one get 424 (documented)."""
    body = call.json
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("id") for item in items):
        return refuse(call, "query-invalid", reason="The batch has no requests with ids.")
    if len(items) > MAX_REQUESTS:
        return refuse(call, "query-invalid", reason=f"A batch has at most {MAX_REQUESTS} requests.")
    responses: dict[str, dict[str, Any]] = {}
    for item in items:
        failed = any(responses.get(str(name), {"status": 424})["status"] >= 400 for name in item.get("dependsOn") or ())
        responses[str(item["id"])] = {"id": str(item["id"]), **({"status": 424} if failed else _answer(call, item))}
    return respond(call, 200, {"responses": list(responses.values())}, headers(call))


def _answer(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one request of a batch; its URL is relative to the version."""
    outer = call.request
    version = outer.url.path.split("/")[1]
    own = {str(name): str(value) for name, value in (item.get("headers") or {}).items()}
    request = httpx.Request(
        str(item.get("method", "GET")).upper(),
        f"https://{outer.url.host}/{version}/{str(item.get('url', '')).lstrip('/')}",
        headers={"Authorization": outer.headers["authorization"], **own},
        content=json.dumps(item["body"]).encode() if item.get("body") is not None else None,
    )
    response = call.world.answer(request)
    headers = {"Content-Type": response.headers.get("content-type", "application/json")}
    body: dict[str, Any] = {"status": response.status_code, "headers": headers}
    return body | ({"body": response.json()} if response.content else {})
