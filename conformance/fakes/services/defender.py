"""Defender for Endpoint of the virtual tenant: access, machines and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from conformance.apis import defender
from conformance.apis.endpoint import DEFENDER, AppRole
from conformance.apis.permissions import RESOURCES
from conformance.fakes.query.odata import Fields, QueryError, check_options, next_link, number, select
from conformance.fakes.services.routes import Call, Refuser, answers, gate, new_id, not_served, respond, unmatched
from conformance.fakes.state.tokens import presented

MACHINES_FILTERED: Fields = {
    "computerDnsName": str,
    "id": str,
    "version": str,
    "deviceValue": str,
    "aadDeviceId": str,
    "lastSeen": datetime,
    "exposureLevel": str,
    "onboardingStatus": str,
    "lastIpAddress": str,
    "healthStatus": str,
    "osPlatform": str,
    "riskScore": str,
    "rbacGroupId": int,
}
ALERTS_FILTERED: Fields = {
    "alertCreationTime": datetime,
    "lastUpdateTime": datetime,
    "lastEventTime": datetime,
    "incidentId": int,
    "investigationId": int,
    "id": str,
    "assignedTo": str,
    "detectionSource": str,
    "status": str,
    "severity": str,
    "category": str,
}


def headers(call: Call, status: int = 200) -> dict[str, str]:
    """Return the headers of an answer; others of the service are not known."""
    return {"Content-Type": "application/json"}


def body(call: Call, code: str, message: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a refusal; ``target`` is an id of this answer."""
    return {"error": {"code": code, "message": message, "target": new_id()}}


refuse = Refuser(DEFENDER, body, headers)


@gate(DEFENDER)
def enter(call: Call) -> httpx.Response | None:
    """Check token, active tenant, roles and query options, in this order (the place of the last is inferred)."""
    return _token(call) or _active(call) or _roles(call) or _options(call)


def _options(call: Call) -> httpx.Response | None:
    try:
        check_options(call, {"evidence"} if call.endpoint in (defender.ALERTS, defender.ALERT) else ())
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    return None


def _token(call: Call) -> httpx.Response | None:
    """Check the token; all problems of a token get the same refusal, which prints the given value."""
    token = presented(call.request)
    if isinstance(token, str):
        return refuse(call, token)
    claims, genuine = token
    current = float(claims["exp"]) > call.tenant.clock.service_now().timestamp()
    if not (genuine and current and _accepts(call, str(claims.get("aud")))):
        return refuse(
            call,
            "token-refused",
            app_id=claims.get("appid"),
            audience=claims.get("aud"),
            issuer=claims.get("iss"),
            starts=_moment(claims["nbf"]),
            ends=_moment(claims["exp"]),
        )
    call.claims = claims
    return None


def _accepts(call: Call, audience: str) -> bool:
    """Return whether an audience is of Defender for Endpoint, or of Defender XDR (its roles have no effect here)."""
    return call.tenant.cloud.accepts("defender", audience) or audience in RESOURCES["defender_xdr"].audiences


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def _active(call: Call) -> httpx.Response | None:
    return None if call.tenant.defender.active else refuse(call, "tenant-inactive")


def _roles(call: Call) -> httpx.Response | None:
    need = call.endpoint.needs if call.endpoint else None
    roles = call.claims.get("roles", [])
    if not isinstance(need, AppRole) or set(need.any_of) & set(roles):
        return None
    return refuse(call, "roles-missing", required=",".join(need.any_of), held=",".join(roles))


@answers(defender.MACHINES, "documented", defender.MACHINES.source)
def machines(call: Call) -> httpx.Response:
    """Return a page of machines, filtered by the query options."""
    return _listed(call, call.tenant.defender.machines, "Machines", MACHINES_FILTERED)


@answers(defender.MACHINE, "documented", defender.MACHINE.source)
def machine(call: Call) -> httpx.Response:
    """Return a machine by its id or name."""
    name = call.path["machine"].lower()
    for machine in call.tenant.defender.machines:
        if (
            name in (machine["id"], str(machine["computerDnsName"]).lower())
            and machine["id"] not in call.tenant.unready
        ):
            return _ok(call, "Machines/$entity", machine)
    return refuse(call, "not-found", kind="Machine", name=call.path["machine"])


@answers(defender.ALERTS, "documented", defender.ALERTS.source)
def alerts(call: Call) -> httpx.Response:
    """Return a page of alerts, newest first."""
    newest = sorted(_alerts(call), key=lambda row: str(row["alertCreationTime"]), reverse=True)
    return _listed(call, newest, "Alerts", ALERTS_FILTERED)


@answers(defender.ALERT, "documented", defender.ALERT.source)
def alert(call: Call) -> httpx.Response:
    """Return an alert by its id, or 404, also for one that is not readable yet."""
    for alert in _alerts(call):
        if alert["id"] == call.path["alert"] and alert["id"] not in call.tenant.unready:
            return _ok(call, "Alerts/$entity", alert)
    return refuse(call, "not-found", kind="Alert", name=call.path["alert"])


def _alerts(call: Call) -> list[dict[str, Any]]:
    """Return the alerts; their evidence is empty unless it is expanded."""
    rows = call.tenant.defender.alerts
    return rows if call.option("$expand") == "evidence" else [row | {"evidence": []} for row in rows]


def _listed(call: Call, rows: Sequence[Mapping[str, Any]], kind: str, fields: Fields) -> httpx.Response:
    """Return one page; it has a next link only if the request has no ``$top``."""
    if not rows and not call.tenant.defender.lists:
        return refuse(call, "nothing-recent", kind=kind.lower())
    try:
        top = number(call, "$top")
        if top and top > defender.MAX_TOP:
            raise QueryError(f"The limit of '{defender.MAX_TOP}' for Top query has been exceeded.")
        page = select(call, rows, fields, default=defender.MAX_TOP, most=defender.MAX_TOP)
    except QueryError as error:
        return refuse(call, "query-invalid", reason=str(error))
    following = page.next_skip if top is None else None
    linked = {} if following is None else {"@odata.nextLink": next_link(call, following)}
    return _ok(call, kind, {"value": page.rows, **linked})


def _ok(call: Call, context: str, value: Mapping[str, Any]) -> httpx.Response:
    metadata = f"https://{call.request.url.host}/api/$metadata#{context}"
    return respond(call, 200, {"@odata.context": metadata, **value}, headers(call))


@unmatched(DEFENDER)
def unknown_path(call: Call) -> httpx.Response:
    """Answer a path that this API does not have; the token is checked first."""
    return _token(call) or not_served(refuse, call)
