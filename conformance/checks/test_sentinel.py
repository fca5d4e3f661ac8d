"""Microsoft Sentinel: incidents, their alerts and entities, and the workspace's security content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from conformance.apis.sentinel import (
    AlertRule,
    AutomationRule,
    DataConnector,
    Incident,
    IncidentAlerts,
    IncidentEntities,
    Watchlist,
)
from conformance.apis.shape import ArmList
from conformance.checks.expect import advise, fail, not_applicable, repeats, requested_id, require
from conformance.checks.registry import check
from conformance.checks.wording import titles
from conformance.probing.evidence import Answer
from conformance.probing.following import Pages
from conformance.probing.sentinel import PAGE, names

MAX_ALERTS = 150
"""Per incident, Sentinel's service limit."""


@check("SENT-001", "incidents can be listed")
def test_incidents(incidents: Answer[ArmList[Incident]]) -> None:
    """Every incident has its documented shape; unknown enum values and additional members are fine."""
    listed = names(incidents.data)
    require(len(set(listed)) == len(listed), "The page names an incident twice.", promise="resource-id")


@check("SENT-002", "the second page of incidents differs from the first", moving=True)
def test_paging(incidents_next: Answer[Pages[ArmList[Incident]]]) -> None:
    """The next link leads to the same host, not in a loop. New incidents may move some of the first page onto the
    second; only a service without paging repeats the whole page.
    """
    first, second = incidents_next.data.first, incidents_next.data.second
    require(
        not repeats(names(first), names(second)),
        "The second page has no incident that the first has not.",
        promise="sentinel-next-link",
    )
    require(
        second.next_link is None or second.next_link != first.next_link,
        "The second page's next link leads to itself.",
        promise="sentinel-next-link",
    )


@check("SENT-003", "$filter, $orderby and $top of incidents do what they say", moving=True)
def test_options(incidents_filtered: Answer[ArmList[Incident]], incidents: Answer[ArmList[Incident]]) -> None:
    """The answer has only incidents of the requested severity, oldest first, and no more than requested."""
    rows = [incident.properties for incident in incidents_filtered.data.value]
    listed = len(incidents.data.value)
    require(len(rows) <= 2, f"$top=2 gave {len(rows)} incidents.", promise="sentinel-options")
    require(listed <= PAGE, f"$top={PAGE} gave {listed} incidents.", promise="sentinel-options")
    others = {row.severity for row in rows} - {"High"}
    require(not others, f"$filter on severity High gave {', '.join(sorted(others))}.", promise="sentinel-options")
    times = [row.created_time_utc for row in rows if row.created_time_utc]
    require(
        times == sorted(times),
        "$orderby=properties/createdTimeUtc asc gave another order.",
        promise="sentinel-options",
    )


@check("SENT-010", "one incident can be read by its id", using={"incident": "incident"})
def test_incident(incident: Answer[Incident]) -> None:
    """The answer is the requested incident."""
    same = incident.data.name.lower() == requested_id(incident).lower()
    require(same, "Another incident came back than asked for.", promise="sentinel-by-id")


@check("SENT-011", "the alerts of an incident can be read")
def test_incident_alerts(incident_alerts: Answer[IncidentAlerts]) -> None:
    """More alerts than the service limit of 150 give a warning."""
    count, limit = len(incident_alerts.data.value), MAX_ALERTS
    advise(
        count <= limit,
        f"An incident has {count} alerts, more than the limit of {limit}.",
        promise="incident-alerts-limit",
    )


@check("SENT-012", "the entities of an incident can be read")
def test_incident_entities(incident_entities: Answer[IncidentEntities]) -> None:
    """Counts that differ from the number of entities give a warning."""
    data = incident_entities.data
    if data.meta_data is not None:
        counted, there = sum(entry.count for entry in data.meta_data), len(data.entities or ())
        advise(
            counted == there,
            f"The answer holds {there} entities and counts {counted}.",
            promise="incident-entity-counts",
        )


@check("SENT-013", "the comments of an incident can be read", using={"listed": "incident_comments"})
@check("SENT-014", "the bookmarks of an incident can be read", using={"listed": "incident_bookmarks"})
@check("SENT-020", "analytics rules can be read", using={"listed": "alert_rules"})
@check("SENT-021", "data connectors can be read", using={"listed": "data_connectors"})
@check("SENT-022", "automation rules can be read", using={"listed": "automation_rules"})
@check("SENT-023", "watchlists can be read", level="should", using={"listed": "watchlists"})
@check("SENT-024", "bookmarks can be read", level="should", using={"listed": "bookmarks"})
@check("SENT-025", "threat intelligence metrics can be read", level="should", using={"listed": "threat_intelligence"})
@check("SENT-026", "metadata of content can be read", level="should", using={"listed": "metadata"})
@check("SENT-027", "settings can be read", level="should", using={"listed": "settings"})
def test_listed(listed: Answer[Any]) -> None:
    """The list has its documented shape and contains nothing twice. An empty list is normal."""
    ids = [id for element in listed.data.value if (id := getattr(element, "id", None)) is not None]
    require(len(set(ids)) == len(ids), "The list names something twice.", promise="resource-id")


@check("SENT-030", "at least one analytics rule is enabled", level="should", owns=("data_stale:rules",))
def test_rule_enabled(alert_rules: Answer[ArmList[AlertRule]], incidents: Answer[ArmList[Incident]]) -> None:
    """Without an enabled rule, no incidents are created here. The stable API does not list near-real-time rules."""
    if any(rule.properties.enabled for rule in alert_rules.data.value):
        return
    if not alert_rules.data.value and not incidents.data.value:
        not_applicable("the workspace has neither rules nor incidents yet")
    fail(
        "No analytics rule that this API shows is enabled: nothing detects anything here.", "data_stale", about="rules"
    )


def rule_titles(rules: Iterable[AlertRule]) -> list[str]:
    """Return the display names of rules in order; for a rule without one, its name."""
    return sorted(rule.properties.display_name or rule.name for rule in rules)


AUTO_DISABLED = re.compile(r"\s*AUTO DISABLED", re.IGNORECASE)


@check(
    "SENT-040",
    "Sentinel has disabled no rule by itself",
    level="should",
    reads_text=True,
    owns=("data_stale:auto_disabled",),
)
def test_auto_disabled(alert_rules: Answer[ArmList[AlertRule]]) -> None:
    """After repeated permanent failures Sentinel disables a rule and puts AUTO DISABLED before its name."""
    disabled = rule_titles(
        rule
        for rule in alert_rules.data.value
        if not rule.properties.enabled and AUTO_DISABLED.match(rule.properties.display_name or "")
    )
    if disabled:
        fail(
            f"Sentinel has disabled rules that failed again and again: {titles(disabled)}.",
            "data_stale",
            about="auto_disabled",
            remedy="Fix what the descriptions of these rules name, take AUTO DISABLED from their names, and enable"
            " them.",
        )


@check("SENT-041", "most analytics rules are enabled", level="should", owns=("data_stale:disabled_rules",))
def test_disabled_share(alert_rules: Answer[ArmList[AlertRule]]) -> None:
    """At least half of the rules listed by this API are enabled."""
    rules = alert_rules.data.value
    on = sum(bool(rule.properties.enabled) for rule in rules)
    if not on:
        not_applicable("no rule is enabled: see SENT-030" if rules else "the workspace has no rules")
    if on * 2 < len(rules):
        fail(
            f"{len(rules) - on} of {len(rules)} analytics rules are disabled, and detect nothing.",
            "data_stale",
            about="disabled_rules",
            remedy="Enable the rules that are wanted, and delete the others.",
        )


def is_off(connector: DataConnector) -> bool:
    """Return whether a connector has data types and all of them are disabled."""
    types = (connector.properties and connector.properties.data_types) or {}
    states = [str(data_type.get("state", "")).lower() for data_type in types.values() if isinstance(data_type, dict)]
    return bool(states) and all(state == "disabled" for state in states)


@check("SENT-042", "every data connector brings some data", level="should", owns=("data_stale:connectors_off",))
def test_connectors_on(data_connectors: Answer[ArmList[DataConnector]]) -> None:
    """A connector whose data types are all Disabled, or that is not active, brings no data."""
    connectors = data_connectors.data.value
    if not connectors:
        not_applicable("no data connector is shown; many are no such resource")
    off = sorted(
        connector.kind
        for connector in connectors
        if is_off(connector) or (connector.properties and connector.properties.is_active is False)
    )
    if off:
        fail(
            f"Data connectors that are there and switched off: {titles(off)}.",
            "data_stale",
            about="connectors_off",
            remedy="Switch on the data types that are wanted, or disconnect these connectors.",
        )


@check("SENT-043", "watchlists hold their items", level="should", owns=("data_stale:watchlists",))
def test_watchlists(watchlists: Answer[ArmList[Watchlist]]) -> None:
    """No watchlist has the provisioningState Failed or Canceled: lookups in such a watchlist find nothing."""
    if not watchlists.data.value:
        not_applicable("the workspace has no watchlist")
    failed = sorted(
        watchlist.properties.watchlist_alias or watchlist.properties.display_name
        for watchlist in watchlists.data.value
        if watchlist.properties.provisioning_state in ("Failed", "Canceled") and not watchlist.properties.is_deleted
    )
    if failed:
        fail(
            f"Watchlists whose items could not be loaded: {titles(failed)}.",
            "data_stale",
            about="watchlists",
            remedy="Upload the items of these watchlists again.",
        )


@check("SENT-044", "no enabled automation rule has expired", level="should", owns=("data_stale:automation",))
def test_automation_that_has_ended(automation_rules: Answer[ArmList[AutomationRule]]) -> None:
    """An automation rule with an ``expirationTimeUtc`` in the past still counts as enabled but does nothing."""
    now = automation_rules.exchange.date
    if now is None or not automation_rules.data.value:
        not_applicable("the workspace has no automation rule" if now else "the answer carries no date")
    expired = sorted(
        rule.properties.display_name
        for rule in automation_rules.data.value
        if rule.properties.triggering_logic.is_enabled
        and _is_past(rule.properties.triggering_logic.expiration_time_utc, now)
    )
    if expired:
        fail(
            f"Automation rules that are enabled and have expired: {titles(expired)}.",
            "data_stale",
            about="automation",
            remedy="Give these rules a new expiration date, or disable them.",
        )


def _is_past(time: datetime | None, now: datetime) -> bool:
    return time is not None and time < now
