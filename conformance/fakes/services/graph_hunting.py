"""Advanced hunting over Microsoft Graph: KQL over the tables of the workspace that is connected to the Defender portal.

The tables of Defender itself (DeviceInfo and its like) are not modelled; they are refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from conformance.apis import graph
from conformance.apis.endpoint import GRAPH, AppRole
from conformance.fakes.query import any_kql, canned_kql
from conformance.fakes.query.kql_tokens import tokens
from conformance.fakes.services.graph import answered, refuse
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, not_served
from conformance.fakes.state.timeline import stamp

HUNTING, QUALIFIED = (
    operation(
        name, GRAPH, "POST", f"{graph.SECURITY_PATH}/{action}", graph.DOCS + "security-security-runhuntingquery",
        AppRole("ThreatHunting.Read.All"),
    )
    for name, action in (
        ("graph.hunting", "runHuntingQuery"),
        ("graph.hunting_qualified", "microsoft.graph.security.runHuntingQuery"),
    )
)  # fmt: skip
"""An action by its short and by its qualified name (OData); Microsoft's SDKs send the latter."""
DEFAULT_TIMESPAN = "P30D"
TABLES = ("Alert", "App", "Behavior", "Campaign", "Cloud", "Device", "Email", "Exposure", "Identity", "OAuth", "Url")
"""Prefixes of the names of Defender's own tables."""
TYPES: Mapping[str, str] = {
    "bool": "SByte",
    "datetime": "DateTime",
    "dynamic": "Object",
    "guid": "Guid",
    "int": "Int32",
    "long": "Int64",
    "real": "Double",
    "string": "String",
    "timespan": "TimeSpan",
}
"""Kusto types as the schema of a result names them (DateTime and String documented, the others inferred: .NET's)."""


@answers(QUALIFIED, "documented", QUALIFIED.source)
@answers(HUNTING, "documented", HUNTING.source)
def hunting(call: Call) -> httpx.Response:
    """Run an advanced hunting query over the tables of the workspace that is connected to the Defender portal."""
    body = call.json
    options = {name.lower(): value for name, value in body.items()} if isinstance(body, dict) else {}
    text, now = options.get("query"), call.tenant.clock.service_now()
    if not isinstance(text, str) or not text.strip():
        return refuse(call, "query-invalid", reason="The query is missing.")
    if not call.tenant.defender.workspace_connected:
        return not_served(refuse, call, "hunting without a connected workspace")
    try:
        window = canned_kql.window_of(options.get("timespan") or DEFAULT_TIMESPAN, now)
        result = any_kql.evaluate(text, call.tenant.workspace, now, window)
    except canned_kql.UnknownTable as unknown:
        return _unresolved(call, str(unknown.args[0]))
    except any_kql.UnknownColumn as unknown:
        return _unresolved(call, str(unknown.args[0]))
    except canned_kql.Malformed as malformed:
        next_token = tokens(text[malformed.args[0] :])[:1]
        place = f" near '{next_token[0].text}'" if next_token else ""
        return refuse(call, "query-invalid", reason=f"The query has a syntax error{place}.")
    except canned_kql.NotEvaluated as unevaluated:
        return not_served(refuse, call, str(unevaluated.args[0]))
    except any_kql.TimedOut:
        return not_served(refuse, call, "a query that takes so long")
    except (AttributeError, ValueError, OverflowError):
        return refuse(call, "query-invalid", reason="The timespan is not valid.")
    schema = [{"name": name, "type": TYPES.get(kind, "String")} for name, kind in result.columns.items()]
    rows = [{name: _json_value(row.get(name), kind) for name, kind in result.columns.items()} for row in result.rows]
    return answered(call, "microsoft.graph.security.huntingQueryResults", {"schema": schema, "results": rows})


def _unresolved(call: Call, name: str) -> httpx.Response:
    """Return the refusal of an unknown name; Defender's own tables exist in the service and are not reported as
    missing.
    """
    if name.startswith(TABLES):
        return not_served(refuse, call, f"the table {name}")
    reason = f"Failed to resolve table or column expression named '{name}'"
    return refuse(call, "query-invalid", reason=reason)


def _json_value(value: Any, kind: str) -> Any:
    """Return a value as JSON: objects as such, and no null among strings."""
    if isinstance(value, datetime):
        return stamp(value)
    if kind == "dynamic" and isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return "" if value is None and kind == "string" else value
