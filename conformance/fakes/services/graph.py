"""Microsoft Graph of the virtual tenant: who is let in, security alerts, incidents and scores, the app itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx

from conformance.apis import graph
from conformance.apis.endpoint import GRAPH, AppRole
from conformance.fakes.query.odata import Fields, QueryError, check_options, next_link, number, project, select
from conformance.fakes.services.enumerations import shown
from conformance.fakes.services.routes import Call, Refuser, answers, gate, not_served, respond, unmatched
from conformance.fakes.state import directory
from conformance.fakes.state.tenant import GRAPH_APP, App
from conformance.fakes.state.tokens import presented

METADATA = "v1.0 metadata of Microsoft Graph (github.com/microsoftgraph/msgraph-metadata)"
PAGE = 50
"""The size of a page where ``$top`` is not given. The service's own is not known."""
LARGEST_PAGE = 1000
"""A larger ``$top`` for alerts is cut down to this, not refused."""
LARGEST_LEGACY_SKIP = 500
"""Of the legacy alerts, as their page documents it."""
FILTERED: Fields = {
    "assignedTo": str,
    "classification": str,
    "determination": str,
    "createdDateTime": datetime,
    "lastUpdateDateTime": datetime,
    "severity": str,
    "status": str,
}
"""What incidents can be filtered by; alerts also by ``serviceSource``."""
DIAGNOSTIC = json.dumps(
    {
        "ServerInfo": {
            "DataCenter": "West Europe",
            "Slice": "E",
            "Ring": "5",
            "ScaleUnit": "003",
            "RoleInstance": "AM4PEPF00000001",
        }
    }
)


def headers(call: Call, status: int = 200) -> dict[str, str]:
    common = {
        "Content-Type": "application/json",
        "Vary": "Accept-Encoding",
        "Strict-Transport-Security": "max-age=31536000",
        "request-id": call.request_id,
        "client-request-id": call.request.headers.get("client-request-id") or call.request_id,
        "x-ms-ags-diagnostic": DIAGNOSTIC,
    }
    if status != 401:
        return common
    login = f'authorization_uri="{call.tenant.cloud.login}/common/oauth2/authorize"'
    return common | {"WWW-Authenticate": f'Bearer realm="", {login}, client_id="{GRAPH_APP}"'}


def challenge(call: Call, since: datetime) -> str:
    """The header that asks for a token issued since then (facts: the form is documented, the members observed)."""
    claims = {"access_token": {"nbf": {"essential": True, "value": str(int(since.timestamp()))}}}
    encoded = base64.b64encode(json.dumps(claims).encode()).decode()
    return f'{headers(call, 401)["WWW-Authenticate"]}, error="insufficient_claims", claims="{encoded}"'


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": message,
            **({"details": extra["details"]} if "details" in extra else {}),
            "innerError": {
                "date": call.tenant.clock.service_now().strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": call.request_id,
                "client-request-id": call.request.headers.get("client-request-id") or call.request_id,
            },
        }
    }


refuse = Refuser(GRAPH, body, headers)


@gate(GRAPH)
def enter(call: Call) -> httpx.Response | None:
    """Token, then roles, then whether the tenant has Defender at all, then the query options (their place inferred)."""
    return _token(call) or _roles(call) or _provisioned(call) or _options(call)


def _token(call: Call) -> httpx.Response | None:
    shown = presented(call.request)
    if isinstance(shown, str):
        return refuse(call, shown)
    claims, genuine = shown
    if not genuine:
        return refuse(call, "token-forged")
    if float(claims["exp"]) <= call.tenant.clock.service_now().timestamp():
        return refuse(call, "token-expired")
    if not call.tenant.cloud.accepts("graph", str(claims.get("aud"))):
        return refuse(call, "wrong-audience")
    since = call.tenant.tokens_valid_from
    if since is not None and float(claims["iat"]) < since.timestamp():
        return refuse(call, "token-withdrawn", {"WWW-Authenticate": challenge(call, since)})
    call.claims = claims
    return None


def _roles(call: Call) -> httpx.Response | None:
    need = call.endpoint.needs if call.endpoint else None
    held = call.claims.get("roles", [])
    if not isinstance(need, AppRole) or set(need.any_of) & set(held):
        return None
    if need is graph.READ_DIRECTORY or need.name.startswith("App"):
        return refuse(call, "directory-denied")
    if need is graph.READ_EVENTS:
        return refuse(call, "events-role-missing")
    return refuse(call, "roles-missing", required=",".join(need.any_of), held=",".join(held))


OF_DEFENDER = frozenset({graph.ALERTS.name, graph.ALERT.name, graph.INCIDENTS.name, graph.INCIDENT.name})
"""The operations behind which Defender stands; the others work in every tenant."""


def _provisioned(call: Call) -> httpx.Response | None:
    if call.tenant.defender.provisioned or call.endpoint is None or call.endpoint.name not in OF_DEFENDER:
        return None
    return refuse(call, "not-found" if call.tenant.defender.hidden else "not-provisioned")


EXPANDABLE = frozenset({graph.INCIDENTS.name, graph.INCIDENT.name})
"""What has alerts that can be expanded."""


def _options(call: Call) -> httpx.Response | None:
    try:
        check_options(call, {"alerts"} if call.endpoint and call.endpoint.name in EXPANDABLE else ())
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    return None


# Security


@answers(graph.ALERTS, "specified", METADATA)
def alerts(call: Call) -> httpx.Response:
    return _listed(call, _alerts(call), "security/alerts_v2", {**FILTERED, "serviceSource": str})


@answers(graph.ALERT, "specified", METADATA)
def alert(call: Call) -> httpx.Response:
    return _single(call, _by_id(call, _alerts(call), call.path["alert"]), "security/alerts_v2/$entity")


@answers(graph.INCIDENTS, "specified", METADATA)
def incidents(call: Call) -> httpx.Response:
    return _listed(call, _incidents(call), "security/incidents", FILTERED)


@answers(graph.INCIDENT, "specified", METADATA)
def incident(call: Call) -> httpx.Response:
    return _single(call, _by_id(call, _incidents(call), call.path["incident"]), "security/incidents/$entity")


@answers(graph.SECURE_SCORES, "documented", graph.SECURE_SCORES.source)
def secure_scores(call: Call) -> httpx.Response:
    return _listed(call, call.tenant.defender.secure_scores, "security/secureScores", {"createdDateTime": datetime})


@answers(graph.LEGACY_ALERTS, "inferred", "retired on 2026-10-15; documented only as returning no more data")
def legacy_alerts(call: Call) -> httpx.Response:
    try:
        top, skip = number(call, "$top") or 0, number(call, "$skip") or 0
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    if graph.LEGACY_ALERTS.max_top and top > graph.LEGACY_ALERTS.max_top:
        return refuse(call, "top-exceeded", limit=graph.LEGACY_ALERTS.max_top, top=top)
    if skip > LARGEST_LEGACY_SKIP:
        return refuse(
            call, "query-invalid", reason=f"The limit of '{LARGEST_LEGACY_SKIP}' for Skip query has been exceeded."
        )
    return _ok(call, "security/alerts", {"value": []})


def _alerts(call: Call) -> list[dict[str, Any]]:
    """The alerts that Graph shows: Sentinel's own only of a workspace that is connected to the Defender portal."""
    defender = call.tenant.defender
    return [one for one in defender.graph_alerts if defender.workspace_connected or not _of_sentinel(one)]


def _incidents(call: Call) -> list[dict[str, Any]]:
    """The incidents that Graph shows, with their alerts where they are to be expanded."""
    defender = call.tenant.defender
    seen, expand = _alerts(call), call.option("$expand") == "alerts"
    hidden = {one["incidentId"] for one in defender.graph_alerts} - {one["incidentId"] for one in seen}
    return [
        one | ({"alerts": [each for each in seen if each["incidentId"] == one["id"]]} if expand else {})
        for one in defender.graph_incidents
        if one["id"] not in hidden
    ]


def _of_sentinel(alert: Mapping[str, Any]) -> bool:
    return bool(alert["serviceSource"] == "microsoftSentinel")


def _by_id(call: Call, rows: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    return None if name in call.tenant.unready else next((one for one in rows if one["id"] == name), None)


# The app itself


@answers(graph.APPLICATION, "documented", graph.APPLICATION.source)
def application(call: Call) -> httpx.Response:
    app = _app(call)
    return _single(call, directory.application(app) if app else None, "applications/$entity")


@answers(graph.APP_ROLE_ASSIGNMENTS, "documented", graph.APP_ROLE_ASSIGNMENTS.source)
def app_role_assignments(call: Call) -> httpx.Response:
    return _assignments_of(call, _app(call))


OF_PRINCIPAL = replace(
    graph.APP_ROLE_ASSIGNMENTS,
    name="graph.app_role_assignments_of_principal",
    path="/v1.0/servicePrincipals/{principal}/appRoleAssignments",
)
"""By the principal's object id: the only way that Microsoft's SDKs have to these."""


@answers(OF_PRINCIPAL, "documented", OF_PRINCIPAL.source)
def app_role_assignments_of_principal(call: Call) -> httpx.Response:
    app = next((one for one in call.tenant.apps.values() if one.service_principal_id == call.path["principal"]), None)
    return _assignments_of(call, app)


def _assignments_of(call: Call, app: App | None) -> httpx.Response:
    if app is None or app.service_principal_id is None:
        return refuse(call, "not-found")
    return _ok(call, "appRoleAssignments", {"value": directory.app_role_assignments(call.tenant, app)})


def _app(call: Call) -> App | None:
    return call.tenant.apps.get(call.path["client_id"].lower())


# How answers look


def _listed(call: Call, rows: Sequence[Mapping[str, Any]], context: str, fields: Fields) -> httpx.Response:
    """One page, newest first unless asked otherwise; its link repeats the question with another ``$skip``."""
    assert call.endpoint is not None
    limit = call.endpoint.max_top
    try:
        top = number(call, "$top")
        if limit and top and top > limit:
            return refuse(call, "top-exceeded", limit=limit, top=top)
        newest = sorted(rows, key=lambda one: str(one["createdDateTime"]), reverse=True)
        found = select(call, newest, fields, default=PAGE, most=LARGEST_PAGE)
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    counted = {"@odata.count": found.total} if (call.option("$count") or "").lower() == "true" else {}
    linked = {"@odata.nextLink": next_link(call, found.next_skip)} if found.next_skip is not None else {}
    return _ok(call, context, {**counted, **linked, "value": shown(found.rows, call.request.headers.get("prefer"))})


def _single(call: Call, row: Mapping[str, Any] | None, context: str) -> httpx.Response:
    if row is None:
        return refuse(call, "not-found")
    try:
        (found,) = project([row], call.option("$select"))
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    return _ok(call, context, shown(found, call.request.headers.get("prefer")))


def _ok(call: Call, context: str, value: Mapping[str, Any]) -> httpx.Response:
    metadata = f"https://{call.request.url.host}/v1.0/$metadata#{context}"
    return respond(call, 200, {"@odata.context": metadata, **value}, headers(call))


@unmatched(GRAPH)
def unknown_path(call: Call) -> httpx.Response:
    """A path that the virtual tenant does not serve: the token is looked at first."""
    return _token(call) or not_served(refuse, call)
