"""Log Analytics of the virtual tenant: who may query, and the answers in the service's own form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import log_analytics
from conformance.apis.endpoint import LOG_ANALYTICS
from conformance.fakes.query import any_kql, canned_kql
from conformance.fakes.services.arm_gateway import workspace_of
from conformance.fakes.services.routes import Call, Refuser, answers, gate, new_id, not_served, respond, unmatched
from conformance.fakes.state.rbac import may
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import stamp
from conformance.fakes.state.tokens import presented

QUERY_READ = "Microsoft.OperationalInsights/workspaces/query/read"


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """No id of the request among them: refusals have a correlation id in their body."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After,Age,WWW-Authenticate,x-resource-identities,x-ms-status-location",
        "Strict-Transport-Security": "max-age=15724800; includeSubDomains",
        "Vary": "Accept-Encoding",
        "Via": "1.1 draft-oms-7f9bc6678d-2vd7r",
        "X-Content-Type-Options": "nosniff",
    }


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The error document: nested inner errors are spelt ``innererror``, and there is a correlation id."""
    error: dict[str, Any] = {"message": message, "code": code, "correlationId": new_id()}
    inner: dict[str, Any] | None = None
    for level in reversed(extra.get("inner", ())):
        filled = {**level, "message": level["message"].format_map(extra)}
        filled |= {name: extra[name] for name in ("line", "pos", "token") if name in level}
        if "details" in level:
            filled["details"] = [{**one, "target": None} for one in level["details"]]
        inner = filled | ({"innererror": inner} if inner else {})
    return {"error": error | ({"innererror": inner} if inner else {})}


refuse = Refuser(LOG_ANALYTICS, body, headers)


@gate(LOG_ANALYTICS)
def enter(call: Call) -> httpx.Response | None:
    """A token of this API's own audience; a foreign one is refused with 403, not 401."""
    shown = presented(call.request)
    if isinstance(shown, str):
        return refuse(call, shown)
    claims, genuine = shown
    if not genuine or not call.tenant.cloud.accepts("log_analytics", str(claims.get("aud"))):
        return refuse(call, "token-foreign")
    if float(claims.get("exp", 0)) <= call.tenant.clock.service_now().timestamp():
        return refuse(call, "token-expired")
    call.claims = claims
    return None


@answers(log_analytics.QUERY, "recorded", "azure-sdk recordings of workspace queries")
def query(call: Call) -> httpx.Response:
    """By the workspace's GUID; a name, an ARM id or an unknown GUID is a path that does not exist."""
    if empty := _without_body(call):
        return empty
    workspace = call.tenant.workspace_by_id(call.path["workspace_id"])
    return refuse(call, "path-not-found") if workspace is None else _answer(call, workspace, "no-access")


@answers(log_analytics.QUERY_BY_RESOURCE, "recorded", "azure-sdk recordings of resource queries")
def query_by_resource(call: Call) -> httpx.Response:
    """By the workspace's ARM id."""
    if empty := _without_body(call):
        return empty
    workspace = workspace_of(call)
    if workspace is None:
        return refuse(
            call, "resource-not-found", resource=call.request.url.path.removeprefix("/v1").removesuffix("/query")
        )
    return _answer(call, workspace, "no-access-by-resource")


def _without_body(call: Call) -> httpx.Response | None:
    """Without the content type, or without a body, the answer is a success without content."""
    typed = call.request.headers.get("content-type", "").lower().startswith("application/json")
    return None if typed and call.request.content else respond(call, 200, None, {"Content-Length": "0"})


def _answer(call: Call, workspace: Workspace, refusal: str) -> httpx.Response:
    object_id = call.claims.get("oid")
    if not may(call.tenant, object_id, QUERY_READ, workspace.scope):
        return refuse(call, refusal, workspace=workspace.customer_id, object_id=object_id)
    if workspace.public_query != "Enabled":
        return refuse(call, "network-closed")
    asked = call.json
    if not isinstance(asked, dict):
        return refuse(call, "body-malformed")
    text, timespan, now = asked.get("query"), asked.get("timespan"), call.tenant.clock.service_now()
    if not isinstance(text, str):
        return refuse(call, "value-invalid", member="query")
    try:
        window = canned_kql.window_of(timespan, now)
    except (AttributeError, ValueError, OverflowError):
        return refuse(call, "value-invalid", member="timespan")
    if not workspace.has_data:
        return respond(call, 204, None, {})
    if asked.get("workspaces"):
        return refuse(call, "not-evaluated", construct="a query over more workspaces")
    try:
        result = any_kql.evaluate(text, workspace, now, window)
    except canned_kql.UnknownTable as unknown:
        (table,) = unknown.args
        return refuse(call, "table-unknown", table=table, operator=canned_kql.operator_on(table, text))
    except canned_kql.UnreachableWorkspace as unreachable:
        table, plan = unreachable.args
        return refuse(call, "table-unreachable", table=table, plan=plan)
    except canned_kql.Malformed as malformed:
        return refuse(call, "syntax", **_place(text, *malformed.args))
    except any_kql.UnknownColumn as unknown:
        column, operator = unknown.args
        return refuse(call, "column-unknown", column=column, operator=operator)
    except any_kql.TimedOut:
        return refuse(call, "query-timeout")
    except canned_kql.NotEvaluated as unevaluated:
        return refuse(call, "not-evaluated", construct=unevaluated.args[0])
    return respond(call, 200, _document(call, result), headers(call))


def _place(text: str, offset: int) -> dict[str, Any]:
    """Line and column of an offset, counted from 1, and what stands there."""
    line, pos = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return {"line": line, "pos": pos, "token": text[offset : offset + 20]}


def _document(call: Call, result: canned_kql.Result) -> dict[str, Any]:
    columns = [{"name": name, "type": kind} for name, kind in result.columns.items()]
    rows = [[_wire(row.get(name), kind) for name, kind in result.columns.items()] for row in result.rows]
    document: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
    if "include-statistics=true" in call.request.headers.get("prefer", "").replace(" ", ""):
        document["statistics"] = {"query": {"executionTime": 0.0156222, "resourceUsage": {}}}
    if result.partial:
        document["error"] = {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [
                {
                    "code": "EngineError",
                    "message": "Something went wrong processing your query on the server.",
                    "innererror": {
                        "code": "-2133196797",
                        "message": "The results of this query exceed the set limit of 500000 records, so not all"
                        " records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).",
                        "severity": 2,
                        "severityName": "Error",
                    },
                }
            ],
        }
    return document


def _wire(value: Any, kind: str) -> Any:
    """A value as the wire has it: seven fraction digits, and no null among strings."""
    if isinstance(value, datetime):
        return stamp(value.astimezone(UTC))
    return "" if value is None and kind == "string" else value


@unmatched(LOG_ANALYTICS)
def unknown_path(call: Call) -> httpx.Response:
    return enter(call) or not_served(refuse, call)
