"""Log Analytics of the virtual tenant: who may query, and the answers in the service's own form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import log_analytics
from conformance.apis.endpoint import LOG_ANALYTICS
from conformance.fakes import kusto
from conformance.fakes.answering import Call, Refuser, answers, gate, new_id, respond, stray
from conformance.fakes.rbac import may
from conformance.fakes.tenant import Workspace
from conformance.fakes.tokens import bearer, read

QUERY_READ = "Microsoft.OperationalInsights/workspaces/query/read"
ERRORS = "learn.microsoft.com/azure/azure-monitor/logs/api/errors"
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
        text = level["message"].format_map(extra)
        inner = {**level, "message": text, **({"innererror": inner} if inner else {})}
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
    "learn.microsoft.com/azure/azure-monitor/logs/api/batch-queries",
    inner=({"code": "SignatureVerificationFailed", "message": "Could not validate the request"},),
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
            "message": "The service principal does not have sufficient permissions to access this resource: {resource}",
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
    "resource-not-found", 404, "ResourceNotFoundError", "The resource {resource} was not found", "documented", ERRORS
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
            "message": "'take' operator: Failed to resolve table or column expression named '{table}'",
        },
    ),
)
table_unreachable = refuse(
    "table-unreachable",
    400,
    "BadArgumentError",
    INVALID,
    "inferred",
    "learn.microsoft.com/azure/azure-monitor/logs/basic-logs-query",
    inner=(
        {"code": "SemanticError", "message": "A semantic error occurred."},
        {"code": "SEM0100", "message": "Table '{table}' is on a plan that this query does not support"},
    ),
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
        {"code": "SYN0002", "message": "Query could not be parsed at '{token}' on line [1,1]", "line": 1, "pos": 1},
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
    "learn.microsoft.com/azure/azure-monitor/logs/api/batch-queries",
    inner=({"code": "QueryValidationError", "message": "Failed parsing the query"},),
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
    expired = float(claims.get("exp", 0)) <= call.tenant.clock.service_now().timestamp()
    if not genuine or expired or not call.tenant.cloud.accepts("log_analytics", str(claims.get("aud"))):
        return token_foreign(call)
    call.claims = claims
    return None


@answers(log_analytics.QUERY, "recorded", "azure-sdk recordings of workspace queries")
def query(call: Call) -> httpx.Response:
    """By the workspace's GUID; a name, an ARM id or an unknown GUID is a path that does not exist."""
    workspace = call.tenant.workspace_by_id(call.path["workspace_id"])
    if empty := _without_body(call):
        return empty
    if workspace is None:
        return path_not_found(call)
    return _answer(call, workspace, call.path["workspace_id"])


@answers(log_analytics.QUERY_BY_RESOURCE, "recorded", "azure-sdk recordings of resource queries")
def query_by_resource(call: Call) -> httpx.Response:
    """By the workspace's ARM id."""
    if empty := _without_body(call):
        return empty
    path = call.path
    workspace = call.tenant.workspace_named(path["subscription_id"], path["resource_group"], path["workspace_name"])
    resource = call.request.url.path.removeprefix("/v1").removesuffix("/query")
    if workspace is None:
        return resource_not_found(call, resource=resource)
    return _answer(call, workspace, resource)


def _without_body(call: Call) -> httpx.Response | None:
    """Without the content type, or without a body, the answer is a success without content."""
    typed = call.request.headers.get("content-type", "").lower().startswith("application/json")
    return None if typed and call.request.content else respond(call, 200, None, {"Content-Length": "0"})


def _answer(call: Call, workspace: Workspace, resource: str) -> httpx.Response:
    asked = call.json
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        return body_malformed(call)
    if not may(call.tenant, call.claims.get("oid"), QUERY_READ, workspace.scope):
        return no_access(call, resource=resource)
    if workspace.public_query != "Enabled":
        return network_closed(call)
    if not workspace.has_data:
        return respond(call, 204, None, {})
    now = call.tenant.clock.service_now()
    try:
        window = kusto.window_of(asked.get("timespan"), now)
        result = kusto.evaluate(asked["query"], workspace, now, window)
    except kusto.UnknownTable as table:
        return table_unknown(call, table=str(table))
    except kusto.Unreachable as table:
        return table_unreachable(call, table=str(table))
    except kusto.Malformed as text:
        return syntax(call, token=str(text)[:20])
    except kusto.NotEvaluated:
        return not_evaluated(call)
    except ValueError:
        return body_malformed(call)
    return respond(call, 200, _document(call, result), headers(call))


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
                        "message": "The results of this query exceed the set limit of 500000 records, so not all records"
                        " were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).",
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
