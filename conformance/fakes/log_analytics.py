"""Log Analytics of the virtual tenant: who may query, and the answers in the service's own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import log_analytics
from conformance.apis.endpoint import LOG_ANALYTICS
from conformance.fakes import kusto
from conformance.fakes.answering import Call, Refuser, answers, gate, new_id, respond, stray
from conformance.fakes.arm import workspace_of
from conformance.fakes.rbac import may
from conformance.fakes.tenant import Workspace
from conformance.fakes.tokens import bearer, read

QUERY_READ = "Microsoft.OperationalInsights/workspaces/query/read"
ERRORS = "learn.microsoft.com/azure/azure-monitor/logs/api/errors"
RESOURCE_QUERIES = "learn.microsoft.com/azure/azure-monitor/logs/api/azure-resource-queries"
BATCH_QUERIES = "learn.microsoft.com/azure/azure-monitor/logs/api/batch-queries"
TROUBLESHOOTING = "azure-sdk-for-js monitor-query troubleshooting guide"


def headers(call: Call, status: int = 200) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "x-ms-request-id": new_id(),
    }


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The error document: nested inner errors are spelt ``innererror``, and there is a correlation id."""
    error: dict[str, Any] = {"message": message, "code": code, "correlationId": new_id()}
    inner: dict[str, Any] | None = None
    for level in reversed(extra.get("inner", ())):
        filled = {**level, "message": level["message"].format_map(extra)}
        filled |= {name: extra[name] for name in ("line", "pos", "token") if name in level}
        inner = filled | ({"innererror": inner} if inner else {})
    return {"error": error | ({"innererror": inner} if inner else {})}


refuse = Refuser(LOG_ANALYTICS, body, headers).declare
INVALID = "The request had some invalid properties"
NO_ACCESS = "The provided credentials have insufficient access to perform the requested operation"

no_token = refuse(
    "no-token",
    401,
    "AuthenticationFailed",
    "Authentication failed. The 'Authorization' header is missing.",
    "documented",
    ERRORS,
)
token_malformed = refuse(
    "token-malformed", 403, "InvalidAuthenticationToken", "The access token is invalid.", "documented", ERRORS
)
token_foreign = refuse(
    "token-foreign",
    403,
    "InvalidTokenError",
    "The provided authentication is not valid for this resource",
    "documented",
    BATCH_QUERIES,
    inner=({"code": "SignatureVerificationFailed", "message": "Could not validate the request"},),
)
token_expired = refuse(
    "token-expired",
    403,
    "InvalidTokenError",
    "The provided authentication has expired",
    "inferred",
    "status and code as for a token of another resource; the text is not known",
)
no_access = refuse(
    "no-access",
    403,
    "InsufficientAccessError",
    NO_ACCESS,
    "documented",
    ERRORS,
    inner=(
        {
            "code": "UnauthorizedClient",
            "message": "The service principal does not have sufficient permissions to access this resource:"
            " {workspace}",
        },
    ),
)
no_access_by_resource = refuse(
    "no-access-by-resource",
    403,
    "InsufficientAccessError",
    NO_ACCESS,
    "documented",
    RESOURCE_QUERIES,
    inner=(
        {
            "code": "AuthorizationFailedError",
            "message": "User '{object_id}' does not have access to read logs for this resource",
        },
    ),
)
network_closed = refuse(
    "network-closed",
    403,
    "InsufficientAccessError",
    NO_ACCESS,
    "inferred",
    "learn.microsoft.com/azure/azure-monitor/logs/private-link-security",
    inner=({"code": "NspValidationFailedError", "message": "Access from public networks is not allowed"},),
)
path_not_found = refuse(
    "path-not-found", 404, "PathNotFoundError", "The requested path does not exist", "documented", ERRORS
)
resource_not_found = refuse(
    "resource-not-found",
    404,
    "ResourceNotFoundError",
    "The resource {resource} was not found",
    "documented",
    RESOURCE_QUERIES,
)
table_unknown = refuse(
    "table-unknown",
    400,
    "BadArgumentError",
    INVALID,
    "observed",
    TROUBLESHOOTING,
    inner=(
        {"code": "SemanticError", "message": "A semantic error occurred."},
        {
            "code": "SEM0100",
            "message": "'{operator}' operator: Failed to resolve table or column expression named '{table}'",
        },
    ),
)
table_unreachable = refuse(
    "table-unreachable",
    400,
    "BadArgumentError",
    "The table named '{table}' is on the {plan} plan, which this query does not reach",
    "inferred",
    "learn.microsoft.com/azure/azure-monitor/logs/basic-logs-query; neither inner codes nor text are known",
)
syntax = refuse(
    "syntax",
    400,
    "BadArgumentError",
    INVALID,
    "observed",
    TROUBLESHOOTING,
    inner=(
        {"code": "SyntaxError", "message": "A recognition error occurred in the query."},
        {
            "code": "SYN0002",
            "message": "Query could not be parsed at '{token}' on line [{line},{pos}]",
            "line": 0,
            "pos": 0,
            "token": "",
        },
    ),
)
not_evaluated = refuse(
    "not-evaluated",
    400,
    "BadArgumentError",
    "This is the virtual tenant: it answers the queries of the suite from its state and evaluates no others.",
    "inferred",
    "of the virtual tenant itself",
    inner=({"code": "NotEvaluated", "message": "Rows are not invented here."},),
)
body_malformed = refuse(
    "body-malformed",
    400,
    "BadArgumentError",
    INVALID,
    "documented",
    BATCH_QUERIES,
    inner=(
        {
            "code": "QueryValidationError",
            "message": "Failed parsing the query",
            "details": [{"code": "InvalidJsonBody", "message": "Unexpected end of JSON input", "target": None}],
        },
    ),
)
value_invalid = refuse(
    "value-invalid",
    400,
    "BadArgumentError",
    INVALID,
    "inferred",
    "as for a body that is not JSON",
    inner=({"code": "QueryValidationError", "message": "The {member} of the request is not valid"},),
)


@gate(LOG_ANALYTICS)
def enter(call: Call) -> httpx.Response | None:
    """A token of this API's own audience; a foreign one is refused with 403, not 401."""
    token = bearer(call.request.headers.get("authorization"))
    if token is None:
        return no_token(call)
    claims, genuine = read(token)
    if claims is None:
        return token_malformed(call)
    if not genuine or not call.tenant.cloud.accepts("log_analytics", str(claims.get("aud"))):
        return token_foreign(call)
    if float(claims.get("exp", 0)) <= call.tenant.clock.service_now().timestamp():
        return token_expired(call)
    call.claims = claims
    return None


@answers(log_analytics.QUERY, "recorded", "azure-sdk recordings of workspace queries")
def query(call: Call) -> httpx.Response:
    """By the workspace's GUID; a name, an ARM id or an unknown GUID is a path that does not exist."""
    if empty := _without_body(call):
        return empty
    workspace = call.tenant.workspace_by_id(call.path["workspace_id"])
    return path_not_found(call) if workspace is None else _answer(call, workspace, no_access)


@answers(log_analytics.QUERY_BY_RESOURCE, "recorded", "azure-sdk recordings of resource queries")
def query_by_resource(call: Call) -> httpx.Response:
    """By the workspace's ARM id."""
    if empty := _without_body(call):
        return empty
    workspace = workspace_of(call)
    if workspace is None:
        return resource_not_found(call, resource=call.request.url.path.removeprefix("/v1").removesuffix("/query"))
    return _answer(call, workspace, no_access_by_resource)


def _without_body(call: Call) -> httpx.Response | None:
    """Without the content type, or without a body, the answer is a success without content."""
    typed = call.request.headers.get("content-type", "").lower().startswith("application/json")
    return None if typed and call.request.content else respond(call, 200, None, {"Content-Length": "0"})


def _answer(call: Call, workspace: Workspace, refused: Callable[..., httpx.Response]) -> httpx.Response:
    object_id = call.claims.get("oid")
    if not may(call.tenant, object_id, QUERY_READ, workspace.scope):
        return refused(call, workspace=workspace.customer_id, object_id=object_id)
    if workspace.public_query != "Enabled":
        return network_closed(call)
    asked = call.json
    if not isinstance(asked, dict):
        return body_malformed(call)
    text, timespan, now = asked.get("query"), asked.get("timespan"), call.tenant.clock.service_now()
    if not isinstance(text, str):
        return value_invalid(call, member="query")
    try:
        window = kusto.window_of(timespan, now)
    except (AttributeError, ValueError, OverflowError):
        return value_invalid(call, member="timespan")
    if not workspace.has_data:
        return respond(call, 204, None, {})
    if asked.get("workspaces"):
        return not_evaluated(call)
    try:
        result = kusto.evaluate(text, workspace, now, window)
    except kusto.UnknownTable as unknown:
        (table,) = unknown.args
        return table_unknown(call, table=table, operator=kusto.operator_on(table, text))
    except kusto.Unreachable as unreachable:
        table, plan = unreachable.args
        return table_unreachable(call, table=table, plan=plan)
    except kusto.Malformed as malformed:
        return syntax(call, **_place(text, *malformed.args))
    except kusto.NotEvaluated:
        return not_evaluated(call)
    return respond(call, 200, _document(call, result), headers(call))


def _place(text: str, offset: int) -> dict[str, Any]:
    """Line and column of an offset, counted from 1, and what stands there."""
    line, pos = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return {"line": line, "pos": pos, "token": text[offset : offset + 20]}


def _document(call: Call, result: kusto.Result) -> dict[str, Any]:
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
                    },
                }
            ],
        }
    return document


def _wire(value: Any, kind: str) -> Any:
    """A value as the wire has it: seven fraction digits, and no null among strings."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return "" if value is None and kind == "string" else value


@stray(LOG_ANALYTICS)
def unknown_path(call: Call) -> httpx.Response:
    return enter(call) or path_not_found(call)
