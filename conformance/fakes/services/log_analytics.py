"""Log Analytics of the virtual tenant: access to queries, and the answers in the service's own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from conformance.apis import log_analytics
from conformance.apis.endpoint import LOG_ANALYTICS, Action
from conformance.fakes.query import any_kql, canned_kql, workspaces
from conformance.fakes.query.visualization import visualization
from conformance.fakes.services.arm_gateway import workspace_of
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, Refuser, answers, gate, new_id, not_served, respond, unmatched
from conformance.fakes.state.rbac import may
from conformance.fakes.state.tenant import Workspace
from conformance.fakes.state.timeline import stamp
from conformance.fakes.state.tokens import presented

QUERY_READ = "Microsoft.OperationalInsights/workspaces/query/read"


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """Return the headers of an answer, without a request id: refusals have a correlation id in their body."""
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
    """Return the error document: nested inner errors are spelt ``innererror``, and there is a correlation id."""
    error: dict[str, Any] = {"message": message, "code": code, "correlationId": new_id()}
    inner: dict[str, Any] | None = None
    for level in reversed(extra.get("inner", ())):
        filled = {**level, "message": level["message"].format_map(extra)}
        filled |= {name: extra[name] for name in ("line", "pos", "token") if name in level}
        if "details" in level:
            filled["details"] = [{**detail, "target": None} for detail in level["details"]]
        inner = filled | ({"innererror": inner} if inner else {})
    return {"error": error | ({"innererror": inner} if inner else {})}


refuse = Refuser(LOG_ANALYTICS, body, headers)


@gate(LOG_ANALYTICS)
def enter(call: Call) -> httpx.Response | None:
    """Check the token; another audience than this API's is refused with 403, not 401."""
    token = presented(call.request)
    if isinstance(token, str):
        return refuse(call, token)
    claims, genuine = token
    if not genuine or not call.tenant.cloud.accepts("log_analytics", str(claims.get("aud"))):
        return refuse(call, "token-foreign")
    if float(claims.get("exp", 0)) <= call.tenant.clock.service_now().timestamp():
        return refuse(call, "token-expired")
    call.claims = claims
    return None


SPEC = "OpenAPI description of the query API (azure-rest-api-specs, operationalinsights/data-plane, v1)"
QUERY_READ_ACTION = Action(QUERY_READ)
QUERY_BY_GET = operation(
    "log_analytics.query_by_get", LOG_ANALYTICS, "GET", log_analytics.QUERY.path, SPEC, QUERY_READ_ACTION
)
QUERY_RESOURCE_BY_GET = operation(
    "log_analytics.query_by_resource_by_get",
    LOG_ANALYTICS,
    "GET",
    log_analytics.QUERY_BY_RESOURCE.path,
    SPEC,
    QUERY_READ_ACTION,
)


@answers(QUERY_BY_GET, "specified", SPEC)
@answers(log_analytics.QUERY, "recorded", "azure-sdk recordings of workspace queries")
def query(call: Call) -> httpx.Response:
    """Answer a query by the workspace's GUID; with a name, an ARM id or an unknown GUID the path does not exist."""
    return _without_body(call) or by_id(call, _answer)


@answers(QUERY_RESOURCE_BY_GET, "documented", "learn.microsoft.com/azure/azure-monitor/logs/api/azure-resource-queries")
@answers(log_analytics.QUERY_BY_RESOURCE, "recorded", "azure-sdk recordings of resource queries")
def query_by_resource(call: Call) -> httpx.Response:
    """Answer a query by the workspace's ARM id."""
    return _without_body(call) or by_resource(call, _answer)


def by_id(call: Call, answer: Callable[[Call, Workspace], httpx.Response]) -> httpx.Response:
    """Return the answer of the workspace with the GUID in the path, or a refusal."""
    workspace = call.tenant.workspace_by_id(call.path["workspace_id"])
    if workspace is None:
        return refuse(call, "path-not-found")
    return _denied(call, workspace, "no-access") or answer(call, workspace)


def by_resource(call: Call, answer: Callable[[Call, Workspace], httpx.Response]) -> httpx.Response:
    """Return the answer of the workspace with the ARM id in the path, or a refusal."""
    workspace = workspace_of(call)
    if workspace is None:
        resource = call.request.url.path.removeprefix("/v1").rpartition("/")[0]
        return refuse(call, "resource-not-found", resource=resource)
    return _denied(call, workspace, "no-access-by-resource") or answer(call, workspace)


def _without_body(call: Call) -> httpx.Response | None:
    """Return a success without content for a POST without content type or body; None for any other request."""
    typed = call.request.headers.get("content-type", "").lower().startswith("application/json")
    if call.request.method == "GET" or (typed and call.request.content):
        return None
    return respond(call, 200, None, {"Content-Length": "0"})


def _denied(call: Call, workspace: Workspace, refusal: str) -> httpx.Response | None:
    object_id = call.claims.get("oid")
    if not may(call.tenant, object_id, QUERY_READ, workspace.scope):
        return refuse(call, refusal, workspace=workspace.customer_id, object_id=object_id)
    if workspace.public_query != "Enabled":
        return refuse(call, "network-closed")
    return None


class _Refused(Exception):
    """A refused query, with the answer to it."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer


def _find(call: Call, name: str) -> Workspace:
    """Return another workspace that a query uses. Raises :class:`_Refused`."""
    workspace = workspaces.find(call.tenant, name)
    if workspace is None:
        raise _Refused(refuse(call, "workspace-unresolved"))
    if denied := _denied(call, workspace, "no-access"):
        raise _Refused(denied)
    return workspace


def _query_document(call: Call) -> Any:
    """Return the query document: the body, or the URL options of a GET."""
    if call.request.method != "GET":
        return call.json
    others = call.option("workspaces")
    return {"query": call.option("query"), "workspaces": others.split(",") if others else None}


def _window(call: Call, document: Mapping[str, Any]) -> canned_kql.Window | None:
    """Return the timespan of a request: the intersection of those in the URL and in the body. Raises as
    :func:`canned_kql.window_of`.
    """
    now = call.tenant.clock.service_now()
    spans = [canned_kql.window_of(timespan, now) for timespan in (call.option("timespan"), document.get("timespan"))]
    windows = [span for span in spans if span is not None]
    return (max(start for start, _ in windows), min(end for _, end in windows)) if windows else None


def _answer(call: Call, workspace: Workspace) -> httpx.Response:
    query_document = _query_document(call)
    if not isinstance(query_document, dict):
        return refuse(call, "body-malformed")
    text, others = query_document.get("query"), query_document.get("workspaces") or []
    if not isinstance(text, str):
        return refuse(call, "value-invalid", member="query")
    if (
        not isinstance(others, list)
        or len(others) > workspaces.MAX_WORKSPACES
        or not all(isinstance(other, str) for other in others)
    ):
        return refuse(call, "value-invalid", member="workspaces")
    try:
        window = _window(call, query_document)
    except (AttributeError, ValueError, OverflowError):
        return refuse(call, "value-invalid", member="timespan")
    preferences = _preferences(call)
    if unmodelled := UNMODELLED.intersection(preferences):
        return refuse(call, "not-evaluated", construct=f"Prefer: {min(unmodelled)}=true")
    try:
        asked_of = {target.customer_id: target for target in (workspace, *(_find(call, name) for name in others))}
        workspace = workspaces.merge(asked_of.values())
        if not workspace.has_data:
            return respond(call, 204, None, {})
        result = _evaluate(call, text, workspace, window)
    except _Refused as refused:
        return refused.answer
    document = _document(result)
    if "include-statistics" in preferences:
        document["statistics"] = {"query": {"executionTime": 0.0156222, "resourceUsage": {}}}
    if "include-render" in preferences:
        document["render"] = visualization(text)
    return respond(call, 200, document, headers(call))


def _evaluate(call: Call, text: str, workspace: Workspace, window: canned_kql.Window | None) -> canned_kql.Result:
    """Return the answer to a query. Raises :class:`_Refused`."""
    try:
        unqualified, whole = workspaces.resolve_tables(text, workspace, partial(_find, call))
        return any_kql.evaluate(unqualified, whole, call.tenant.clock.service_now(), window)
    except canned_kql.UnknownTable as unknown:
        (table,) = unknown.args
        refusal = refuse(call, "table-unknown", table=table, operator=canned_kql.operator_on(table, text))
    except canned_kql.UnreachableWorkspace as unreachable:
        table, plan = unreachable.args
        refusal = refuse(call, "table-unreachable", table=table, plan=plan)
    except canned_kql.Malformed as malformed:
        refusal = refuse(call, "syntax", **_place(text, *malformed.args))
    except any_kql.UnknownColumn as unknown:
        column, operator = unknown.args
        refusal = refuse(call, "column-unknown", column=column, operator=operator)
    except any_kql.TimedOut:
        refusal = refuse(call, "query-timeout")
    except canned_kql.NotEvaluated as unevaluated:
        refusal = refuse(call, "not-evaluated", construct=unevaluated.args[0])
    raise _Refused(refusal)


UNMODELLED = frozenset({"include-datasources", "include-permissions"})
"""Preferences that the service honours and the virtual tenant does not."""


def _preferences(call: Call) -> set[str]:
    """Return the preferences of a request that are ``true``, in lower case."""
    pairs = (preference.partition("=") for preference in call.request.headers.get("prefer", "").lower().split(","))
    return {name.strip() for name, _, value in pairs if value.strip().strip('"') == "true"}


def _place(text: str, offset: int) -> dict[str, Any]:
    """Return line and column of an offset, counted from 1, and the text there."""
    line, pos = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return {"line": line, "pos": pos, "token": text[offset : offset + 20]}


def _document(result: canned_kql.Result) -> dict[str, Any]:
    columns = [{"name": name, "type": kind} for name, kind in result.columns.items()]
    rows = [[_wire(row.get(name), kind) for name, kind in result.columns.items()] for row in result.rows]
    document: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
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
    """Return a value in the form of the service: seven fraction digits, and no null among strings."""
    if isinstance(value, datetime):
        return stamp(value.astimezone(UTC))
    return "" if value is None and kind == "string" else value


@unmatched(LOG_ANALYTICS)
def unknown_path(call: Call) -> httpx.Response:
    """Refuse an unknown path; as in the service, the token is checked first."""
    return enter(call) or not_served(refuse, call)
