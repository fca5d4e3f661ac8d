"""Scenarios of one operation that fails while the rest of its service answers."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.services import defender, graph, log_analytics, sentinel
from conformance.fakes.services.routes import Call, Refuser
from conformance.fakes.world import World
from conformance.verification.verdict import ExitCode

OPERATIONS: Mapping[str, tuple[str, str]] = {
    "incidents-fail": ("sentinel.incidents", "the list of Sentinel's incidents"),
    "incident-alerts-fail": ("sentinel.incident_alerts", "the alerts of an incident"),
    "incident-entities-fail": ("sentinel.incident_entities", "the entities of an incident"),
    "incident-comments-fail": ("sentinel.incident_comments", "the comments of an incident"),
    "incident-bookmarks-fail": ("sentinel.incident_bookmarks", "the bookmarks of an incident"),
    "rules-fail": ("sentinel.alert_rules", "the list of analytics rules"),
    "connectors-fail": ("sentinel.data_connectors", "the list of data connectors"),
    "automation-fails": ("sentinel.automation_rules", "the list of automation rules"),
    "watchlists-fail": ("sentinel.watchlists", "the list of watchlists"),
    "bookmarks-fail": ("sentinel.bookmarks", "the list of bookmarks"),
    "indicator-metrics-fail": ("sentinel.threat_intelligence_metrics", "the metrics of threat intelligence"),
    "metadata-fails": ("sentinel.metadata", "the metadata of content"),
    "settings-fail": ("sentinel.settings", "the list of settings"),
    "graph-incidents-fail": ("graph.incidents", "Graph's list of security incidents"),
    "secure-scores-fail": ("graph.secure_scores", "Graph's list of secure scores"),
    "machines-fail": ("defender.machines", "Defender's list of machines"),
    "defender-alerts-fail": ("defender.alerts", "Defender's list of alerts"),
    "queries-by-resource-fail": ("log_analytics.query_by_resource", "queries by the workspace's resource id"),
}
"""Scenario to the operation that fails in it, and what that gives."""

REFUSERS: Mapping[str, Refuser] = {
    "sentinel": sentinel.refuse,
    "graph": graph.refuse,
    "defender": defender.refuse,
    "log_analytics": log_analytics.refuse,
}


def _declare(name: str, endpoint: str, what: str) -> None:
    refuse = REFUSERS[endpoint.partition(".")[0]]

    def answer(call: Call) -> httpx.Response:
        return refuse.say(call, 500, "InternalServerError", "Internal server error.")

    def arrange(world: World) -> None:
        world.disturb(answer, endpoint=endpoint)

    title = f"an internal error of the service in place of {what}"
    scenario(name, title, "service_fault", exit_code=ExitCode.INCOMPLETE)(arrange)


for _name, (_endpoint, _what) in OPERATIONS.items():
    _declare(_name, _endpoint, _what)
