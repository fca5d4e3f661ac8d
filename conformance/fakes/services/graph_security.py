"""Microsoft Graph security of the virtual tenant: alerts, incidents and secure scores, read and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from conformance.apis import graph
from conformance.apis.endpoint import GRAPH, AppRole, Endpoint
from conformance.fakes.query.odata import Fields, QueryError, number
from conformance.fakes.services.graph import METADATA, answered, listed, refuse, single
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, not_served
from conformance.fakes.state.graph_data import CLASSIFICATIONS, INCIDENT_STATUS, control_profile_body
from conformance.fakes.state.incident_changes import add_row, change_incident
from conformance.fakes.state.timeline import Person, stamp

LARGEST_LEGACY_SKIP = 500
"""The largest ``$skip`` of the legacy alerts (documented)."""
FILTERED: Fields = {
    "assignedTo": str,
    "classification": str,
    "determination": str,
    "createdDateTime": datetime,
    "lastUpdateDateTime": datetime,
    "severity": str,
    "status": str,
}
"""Properties that incidents can be filtered by; alerts also by ``serviceSource``."""


@answers(graph.ALERTS, "specified", METADATA)
def alerts(call: Call) -> httpx.Response:
    """Return a page of alerts, newest first."""
    return listed(call, _alerts(call), "security/alerts_v2", {**FILTERED, "serviceSource": str})


@answers(graph.ALERT, "specified", METADATA)
def alert(call: Call) -> httpx.Response:
    """Return an alert by its id, or 404."""
    return single(call, _by_id(call, _alerts(call), call.path["alert"]), "security/alerts_v2/$entity")


@answers(graph.INCIDENTS, "specified", METADATA)
def incidents(call: Call) -> httpx.Response:
    """Return a page of incidents, newest first."""
    return listed(call, _incidents(call), "security/incidents", FILTERED)


@answers(graph.INCIDENT, "specified", METADATA)
def incident(call: Call) -> httpx.Response:
    """Return an incident by its id, or 404."""
    return single(call, _by_id(call, _incidents(call), call.path["incident"]), "security/incidents/$entity")


@answers(graph.SECURE_SCORES, "documented", graph.SECURE_SCORES.source)
def secure_scores(call: Call) -> httpx.Response:
    """Return a page of secure scores, newest first."""
    return listed(call, call.tenant.defender.secure_scores, "security/secureScores", {"createdDateTime": datetime})


@answers(graph.LEGACY_ALERTS, "inferred", "retired on 2026-10-15; documented only as returning no more data")
def legacy_alerts(call: Call) -> httpx.Response:
    """Return an empty list: the operation is retired."""
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
    return answered(call, "security/alerts", {"value": []})


def _alerts(call: Call) -> list[dict[str, Any]]:
    """Return the alerts that Graph shows: Sentinel's own only of a workspace that is connected to the Defender
    portal.
    """
    defender = call.tenant.defender
    return [alert for alert in defender.graph_alerts if defender.workspace_connected or not _of_sentinel(alert)]


def _incidents(call: Call) -> list[dict[str, Any]]:
    """Return the incidents that Graph shows, with their alerts where they are to be expanded."""
    defender = call.tenant.defender
    visible, expand = _alerts(call), call.option("$expand") == "alerts"
    hidden = {alert["incidentId"] for alert in defender.graph_alerts} - {
        visible_alert["incidentId"] for visible_alert in visible
    }
    return [
        incident | ({"alerts": [each for each in visible if each["incidentId"] == incident["id"]]} if expand else {})
        for incident in defender.graph_incidents
        if incident["id"] not in hidden
    ]


def _of_sentinel(alert: Mapping[str, Any]) -> bool:
    return bool(alert["serviceSource"] == "microsoftSentinel")


def _by_id(call: Call, rows: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    return None if name in call.tenant.unready else next((row for row in rows if row["id"] == name), None)


# Secure score control profiles


def _operation(name: str, method: str, end: str, page: str, needs: AppRole) -> Endpoint[Any]:
    return operation(f"graph.{name}", GRAPH, method, f"{graph.SECURITY_PATH}/{end}", graph.DOCS + page, needs)


PROFILES = _operation(
    "control_profiles", "GET", "secureScoreControlProfiles", "security-list-securescorecontrolprofiles",
    graph.READ_EVENTS,
)  # fmt: skip
PROFILE = _operation(
    "control_profile", "GET", "secureScoreControlProfiles/{profile}", "securescorecontrolprofile-get",
    graph.READ_EVENTS,
)  # fmt: skip


@answers(PROFILES, "specified", METADATA)
def control_profiles(call: Call) -> httpx.Response:
    """Return a page of the controls of the secure score."""
    return listed(call, _profiles(call), "security/secureScoreControlProfiles", {"title": str}, sort="id")


@answers(PROFILE, "specified", METADATA)
def control_profile(call: Call) -> httpx.Response:
    """Return a control of the secure score by its id, or 404."""
    match = next((profile for profile in _profiles(call) if profile["id"] == call.path["profile"]), None)
    return single(call, match, "security/secureScoreControlProfiles/$entity")


def _profiles(call: Call) -> list[dict[str, Any]]:
    """Return a profile for each control of the latest secure score."""
    scores = sorted(call.tenant.defender.secure_scores, key=lambda score: str(score["createdDateTime"]))
    return [
        control_profile_body(call.tenant.id, control) for control in (scores[-1]["controlScores"] if scores else ())
    ]


# Writes

WRITE_ALERTS = AppRole("SecurityAlert.ReadWrite.All")
WRITE_INCIDENTS = AppRole("SecurityIncident.ReadWrite.All")
UPDATE_ALERT = _operation("alert_update", "PATCH", "alerts_v2/{alert}", "security-alert-update", WRITE_ALERTS)
UPDATE_INCIDENT = _operation(
    "incident_update", "PATCH", "incidents/{incident}", "security-incident-update", WRITE_INCIDENTS
)
CLASSIFIED = ("unknown", "falsePositive", "truePositive", "informationalExpectedActivity")
OF_ALERT = {
    "assignedTo": None,
    "classification": CLASSIFIED,
    "determination": None,
    "status": ("new", "inProgress", "resolved"),
}
"""The properties of an alert that can be changed, with their possible values; None for any text."""
OF_INCIDENT = {
    "assignedTo": None,
    "classification": CLASSIFIED,
    "customTags": None,
    "description": None,
    "determination": None,
    "displayName": None,
    "resolvingComment": None,
    "severity": ("informational", "low", "medium", "high"),
    "status": ("active", "inProgress", "resolved"),
}
"""As :data:`OF_ALERT`, of an incident."""


def _changes_of(call: Call, allowed_values: Mapping[str, tuple[str, ...] | None]) -> dict[str, Any] | httpx.Response:
    """Return the members that a body changes; a refusal of a value that there is not, or of a member not
    modelled here.
    """
    body = call.json
    if not isinstance(body, dict):
        return refuse(call, "query-invalid", reason="The request body is not an object.")
    changes = {name: value for name, value in body.items() if not name.startswith("@")}
    for name, value in changes.items():
        if name not in allowed_values:
            return not_served(refuse, call, f"a change of {name}")
        allowed = allowed_values[name]
        if allowed and value not in allowed:
            return refuse(call, "query-invalid", reason=f"The value of '{name}' is not valid.")
    return changes


@answers(UPDATE_ALERT, "documented", UPDATE_ALERT.source)
def update_alert(call: Call) -> httpx.Response:
    """Change an alert, and return it."""
    changes, alert_before = _changes_of(call, OF_ALERT), _by_id(call, _alerts(call), call.path["alert"])
    if isinstance(changes, httpx.Response) or alert_before is None:
        return changes if isinstance(changes, httpx.Response) else refuse(call, "not-found")
    now = stamp(call.tenant.clock.service_now())
    resolution = {"resolvedDateTime": now if changes["status"] == "resolved" else None} if "status" in changes else {}
    for alert in call.tenant.defender.graph_alerts:
        if alert["id"] == alert_before["id"]:
            alert.update(changes, lastUpdateDateTime=now, **resolution)
    return single(call, _by_id(call, _alerts(call), alert_before["id"]), "security/alerts_v2/$entity")


@answers(UPDATE_INCIDENT, "documented", UPDATE_INCIDENT.source)
def update_incident(call: Call) -> httpx.Response:
    """Changes an incident here and, of a connected workspace, in Microsoft Sentinel."""
    changes, incident_before = _changes_of(call, OF_INCIDENT), _by_id(call, _incidents(call), call.path["incident"])
    if isinstance(changes, httpx.Response) or incident_before is None:
        return changes if isinstance(changes, httpx.Response) else refuse(call, "not-found")
    defender, workspaces = call.tenant.defender, call.tenant.workspaces
    if defender.workspace_connected:
        for workspace in workspaces:
            for in_sentinel in [
                incident for incident in workspace.incidents if str(incident.number) == incident_before["id"]
            ]:
                add_row(workspace, change_incident(call.tenant, workspace, in_sentinel, **_in_sentinel(changes)))
    now = stamp(call.tenant.clock.service_now())
    for row in defender.graph_incidents:
        if row["id"] == incident_before["id"]:
            row.update(changes, lastUpdateDateTime=now)
    return single(call, _by_id(call, _incidents(call), incident_before["id"]), "security/incidents/$entity")


def _in_sentinel(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same changes as Sentinel keeps them."""
    statuses = {name: status for status, name in INCIDENT_STATUS.items()}
    classified = {name: classification for classification, name in CLASSIFICATIONS.items()}
    members = {
        "title": changes.get("displayName"),
        "description": changes.get("description"),
        "severity": changes["severity"].title() if "severity" in changes else None,
        "status": statuses.get(changes.get("status", "")),
        "classification": classified.get(changes.get("classification", "")),
        "classification_comment": changes.get("resolvingComment"),
        "labels": tuple(changes["customTags"]) if "customTags" in changes else None,
        "owner": Person(None, changes["assignedTo"], changes["assignedTo"], changes["assignedTo"])
        if changes.get("assignedTo")
        else None,
    }
    return {name: value for name, value in members.items() if value is not None}
