"""Microsoft Graph of the virtual tenant: access, security alerts, incidents and scores, the app itself."""

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
from conformance.fakes.services.enumerations import with_enumerations
from conformance.fakes.services.routes import Call, Refuser, answers, gate, not_served, respond, unmatched
from conformance.fakes.state import directory
from conformance.fakes.state.tenant import GRAPH_APP, App
from conformance.fakes.state.tokens import presented

METADATA = "v1.0 metadata of Microsoft Graph (github.com/microsoftgraph/msgraph-metadata)"
PAGE = 50
"""The size of a page without ``$top``. The service's own is not known."""
LARGEST_PAGE = 1000
"""A larger ``$top`` for alerts is cut down to this, not refused."""
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
    """Return the headers of an answer with this status."""
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
    """Return the header that asks for a token issued since then (facts: the form is documented, the members
    observed).
    """
    claims = {"access_token": {"nbf": {"essential": True, "value": str(int(since.timestamp()))}}}
    encoded = base64.b64encode(json.dumps(claims).encode()).decode()
    return f'{headers(call, 401)["WWW-Authenticate"]}, error="insufficient_claims", claims="{encoded}"'


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a refusal, with the ids of the request."""
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
    """Check token, roles, Defender in the tenant and query options, in this order (the place of the last inferred)."""
    return _token(call) or _roles(call) or _provisioned(call) or _options(call)


def _token(call: Call) -> httpx.Response | None:
    token = presented(call.request)
    if isinstance(token, str):
        return refuse(call, token)
    claims, genuine = token
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
    roles = call.claims.get("roles", [])
    if not isinstance(need, AppRole) or set(need.any_of) & set(roles):
        return None
    if need is graph.READ_DIRECTORY or need.name.startswith("App"):
        return refuse(call, "directory-denied")
    if need is graph.READ_EVENTS:
        return refuse(call, "events-role-missing")
    return refuse(call, "roles-missing", required=",".join(need.any_of), held=",".join(roles))


OF_DEFENDER = frozenset(
    {
        graph.ALERTS.name,
        graph.ALERT.name,
        graph.INCIDENTS.name,
        graph.INCIDENT.name,
        "graph.alert_update",
        "graph.incident_update",
        "graph.hunting",
        "graph.hunting_qualified",
    }
)
"""The operations that Defender serves; the others work in every tenant."""


def _provisioned(call: Call) -> httpx.Response | None:
    if call.tenant.defender.provisioned or call.endpoint is None or call.endpoint.name not in OF_DEFENDER:
        return None
    return refuse(call, "not-found" if call.tenant.defender.hidden else "not-provisioned")


EXPANDABLE = frozenset({graph.INCIDENTS.name, graph.INCIDENT.name})
"""The operations whose results have alerts that can be expanded."""


def _options(call: Call) -> httpx.Response | None:
    try:
        check_options(call, {"alerts"} if call.endpoint and call.endpoint.name in EXPANDABLE else ())
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    return None


# The app itself


@answers(graph.APPLICATION, "documented", graph.APPLICATION.source)
def application(call: Call) -> httpx.Response:
    """Return the registration of the app by its id, or 404."""
    app = _app(call)
    return single(call, directory.application(app) if app else None, "applications/$entity")


@answers(graph.APP_ROLE_ASSIGNMENTS, "documented", graph.APP_ROLE_ASSIGNMENTS.source)
def app_role_assignments(call: Call) -> httpx.Response:
    """Return the application permissions granted to the app of the path."""
    return _assignments_of(call, _app(call))


OF_PRINCIPAL = replace(
    graph.APP_ROLE_ASSIGNMENTS,
    name="graph.app_role_assignments_of_principal",
    path="/v1.0/servicePrincipals/{principal}/appRoleAssignments",
)
"""The same by the object id of the principal: the only path in Microsoft's SDKs."""


@answers(OF_PRINCIPAL, "documented", OF_PRINCIPAL.source)
def app_role_assignments_of_principal(call: Call) -> httpx.Response:
    """Return the application permissions granted to the service principal of the path."""
    app = next((app for app in call.tenant.apps.values() if app.service_principal_id == call.path["principal"]), None)
    return _assignments_of(call, app)


def _assignments_of(call: Call, app: App | None) -> httpx.Response:
    if app is None or app.service_principal_id is None:
        return refuse(call, "not-found")
    return answered(call, "appRoleAssignments", {"value": directory.app_role_assignments(call.tenant, app)})


def _app(call: Call) -> App | None:
    return call.tenant.apps.get(call.path["client_id"].lower())


# How answers look


def listed(
    call: Call, rows: Sequence[Mapping[str, Any]], context: str, fields: Fields, *, sort: str = "createdDateTime"
) -> httpx.Response:
    """Return one page, the highest ``sort`` first unless asked otherwise; its link repeats the request with another
    ``$skip``.
    """
    assert call.endpoint is not None
    limit = call.endpoint.max_top
    try:
        top = number(call, "$top")
        if limit and top and top > limit:
            return refuse(call, "top-exceeded", limit=limit, top=top)
        newest = sorted(rows, key=lambda row: str(row[sort]), reverse=True)
        page = select(call, newest, fields, default=PAGE, most=LARGEST_PAGE)
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    counted = {"@odata.count": page.total} if (call.option("$count") or "").lower() == "true" else {}
    linked = {"@odata.nextLink": next_link(call, page.next_skip)} if page.next_skip is not None else {}
    return answered(
        call, context, {**counted, **linked, "value": with_enumerations(page.rows, call.request.headers.get("prefer"))}
    )


def single(call: Call, row: Mapping[str, Any] | None, context: str) -> httpx.Response:
    """Answer with one row, reduced by ``$select``; 404 if ``row`` is None. ``context`` ends ``@odata.context``."""
    if row is None:
        return refuse(call, "not-found")
    try:
        (projection,) = project([row], call.option("$select"))
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    return answered(call, context, with_enumerations(projection, call.request.headers.get("prefer")))


def answered(call: Call, context: str, value: Mapping[str, Any]) -> httpx.Response:
    """Answer with 200, the members of ``value`` and their ``@odata.context``."""
    return respond(call, 200, {"@odata.context": context_of(call, context), **value}, headers(call))


def context_of(call: Call, kind: str) -> str:
    """Return the ``@odata.context`` of an answer, in the metadata of the requested version."""
    version = call.request.url.path.split("/")[1].lower()
    return f"https://{call.request.url.host}/{version}/$metadata#{kind}"


@unmatched(GRAPH)
def unknown_path(call: Call) -> httpx.Response:
    """Answer a path that the virtual tenant does not serve; the token is checked first."""
    return _token(call) or not_served(refuse, call)
