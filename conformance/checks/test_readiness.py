"""Readiness for the ends that Microsoft has announced: the dependencies in use, and the remaining steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from conformance.apis import ENDPOINTS
from conformance.apis.arm import Table
from conformance.apis.graph import Alert
from conformance.apis.kql import words
from conformance.apis.sentinel import AlertRule, AutomationRule, Incident
from conformance.apis.shape import ArmList, ODataList
from conformance.checks.announcements import ANNOUNCEMENTS
from conformance.checks.conditions import properties_compared
from conformance.checks.expect import Found, fail, not_applicable
from conformance.checks.registry import check
from conformance.checks.test_arm_limits import visible_provider
from conformance.checks.test_graph import of_sentinel
from conformance.checks.test_sentinel import rule_titles
from conformance.checks.wording import titles
from conformance.connection import Connection
from conformance.findings import finding
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.following import is_settled

PORTAL = ANNOUNCEMENTS["azure-portal"]
XDR = "Microsoft XDR"
"""The provider of every incident of a workspace that is connected to the Defender portal (documented)."""


def today_of(answer: Answer[Any]) -> date:
    """Return the day of an answer, by the service's clock. Raises ``NotApplicable`` if the answer has no date."""
    now = answer.exchange.date or answer.exchange.received
    if now is None:
        not_applicable("the answer carries no date to count from")
    return now.date()


def portal_end(answer: Answer[Any]) -> str:
    """Return a sentence with the time left until the end of Microsoft Sentinel in the Azure portal."""
    return f"{PORTAL.what} ends on {PORTAL.ends}, {PORTAL.countdown(today_of(answer))}."


def of_xdr(incident: Incident) -> bool:
    """Return whether the incident is in the Defender portal: its provider is Microsoft XDR."""
    return incident.properties.provider_name == XDR


@check("READY-001", "the workspace is connected to the Defender portal", level="should", moving=True)
def test_connected(
    connection: Connection, incidents: Answer[ArmList[Incident]], graph_sentinel_alerts: Evidence
) -> None:
    """Graph shows an alert of Sentinel, or Sentinel's incidents have the provider Microsoft XDR, as all do once the
    workspace is connected. Incidents without alerts stay in Sentinel and prove nothing.
    """
    if isinstance(graph_sentinel_alerts, Answer):
        listed: ODataList[Alert] = graph_sentinel_alerts.data
        if listed.value:
            return
    now = incidents.exchange.date
    own = [
        incident
        for incident in incidents.data.value
        if incident.alerts_count and of_sentinel(incident) and is_settled(incident.properties.created_time_utc, now)
    ]
    if not own:
        not_applicable("none of Sentinel's newest incidents has an alert of its own and is older than minutes")
    others = sorted({incident.properties.provider_name or "none" for incident in own if not of_xdr(incident)})
    if others:
        raise Found(
            finding(
                "defender_portal_not_connected",
                certainty="likely",
                facts=connection.facts(),
                explanation=f"Incidents with alerts of Sentinel have the provider {', '.join(others)}, and not {XDR}:"
                f" the workspace is not connected to the Defender portal. {portal_end(incidents)}",
            )
        )


@check(
    "READY-002",
    "incidents lead to the Defender portal",
    level="should",
    owns=("api_retires_soon:incident_links",),
)
def test_incident_links(incidents: Answer[ArmList[Incident]]) -> None:
    """Incidents of Microsoft XDR have ``providerIncidentId`` and ``additionalData.providerIncidentUrl``;
    ``incidentUrl`` alone leads to the Azure portal.
    """
    of_defender = [incident for incident in incidents.data.value if of_xdr(incident)]
    if not of_defender:
        not_applicable(f"none of Sentinel's newest incidents has the provider {XDR}")
    unlinked = [
        str(incident.properties.incident_number or incident.name)
        for incident in of_defender
        if not incident.properties.provider_incident_id
        or not (incident.properties.additional_data and incident.properties.additional_data.provider_incident_url)
    ]
    if unlinked:
        fail(
            f"Incidents {titles(unlinked)} name no page of the Defender portal (providerIncidentUrl), so that only the"
            f" link to the Azure portal is left. {portal_end(incidents)}",
            "api_retires_soon",
            about="incident_links",
            certainty="likely",
            remedy="Link to additionalData.providerIncidentUrl, and look such incidents up in the Defender portal by"
            " their providerIncidentId.",
        )


STOPPING = ("Fusion", "MicrosoftSecurityIncidentCreation")
"""Kinds of rules that are switched off once the workspace is connected to the Defender portal (documented)."""


def enabled(rules: ArmList[AlertRule], *kinds: str) -> Iterator[AlertRule]:
    """Yield the enabled rules of these kinds."""
    return (rule for rule in rules.value if rule.kind in kinds and rule.properties.enabled)


@check(
    "READY-003",
    "no enabled rule stops in the Defender portal",
    level="should",
    owns=("api_retires_soon:rules",),
)
def test_stopping_rules(alert_rules: Answer[ArmList[AlertRule]]) -> None:
    """Fusion rules, and rules that create incidents from Microsoft's alerts, are switched off when the workspace is
    connected. The Defender portal's own correlation replaces them.
    """
    stopping = rule_titles(enabled(alert_rules.data, *STOPPING))
    if stopping:
        fail(
            f"Connecting the workspace to the Defender portal switches off {titles(stopping)}."
            f" {portal_end(alert_rules)}",
            "api_retires_soon",
            about="rules",
            certainty="likely",
            remedy="Expect the incidents of these rules from the Defender portal's own correlation, with other titles.",
        )


@check(
    "READY-004",
    "every enabled rule's alerts are seen in the Defender portal",
    level="should",
    owns=("data_hidden:rules",),
)
def test_rules_with_incidents(alert_rules: Answer[ArmList[AlertRule]]) -> None:
    """The Defender portal does not show alerts of rules that create no incidents (``createIncident`` false)."""
    hidden = rule_titles(
        rule
        for rule in enabled(alert_rules.data, "Scheduled")
        if (configured := rule.properties.incident_configuration) and not configured.create_incident
    )
    if hidden:
        fail(
            f"The alerts of {titles(hidden)} make no incidents, and the Defender portal shows no such alerts."
            f" {portal_end(alert_rules)}",
            "data_hidden",
            about="rules",
            remedy="Let these rules make incidents, or read their alerts from the table SecurityAlert.",
        )


CHANGING = {"IncidentTitle": "the title", "IncidentProviderName": "the provider"}
"""Properties of incidents that the Defender portal sets itself, such as the title and the owner."""


def changing_properties(rule: AutomationRule) -> set[str]:
    """Return the incident properties in the rule's conditions that the Defender portal changes."""
    conditions = rule.properties.triggering_logic.conditions or ()
    compared_properties = properties_compared([condition.condition_properties for condition in conditions])
    return {CHANGING[name] for name in compared_properties if name in CHANGING}


@check(
    "READY-005",
    "no automation depends on what the Defender portal changes",
    level="should",
    reads_text=True,
    owns=("api_retires_soon:automation",),
)
def test_automation_conditions(automation_rules: Answer[ArmList[AutomationRule]]) -> None:
    """After connecting, the provider is always Microsoft XDR, and incidents are merged and renamed: conditions on title
    or provider match other incidents than before.
    """
    rules_by_property = {
        rule.properties.display_name: changing_properties(rule)
        for rule in automation_rules.data.value
        if rule.properties.triggering_logic.is_enabled and changing_properties(rule)
    }
    if rules_by_property:
        what = " and ".join(sorted(set().union(*rules_by_property.values())))
        fail(
            f"Automation rules compare {what} of an incident, which the Defender portal sets itself:"
            f" {titles(sorted(rules_by_property))}. {portal_end(automation_rules)}",
            "api_retires_soon",
            about="automation",
            certainty="likely",
            remedy="Let the conditions compare the analytics rule instead (IncidentRelatedAnalyticRuleIds).",
        )


@check(
    "READY-006",
    "no enabled rule reads a table that gets no new rows",
    level="should",
    reads_text=True,
    owns=("api_retired:ThreatIntelligenceIndicator",),
)
def test_old_indicators(alert_rules: Answer[ArmList[AlertRule]]) -> None:
    """``ThreatIntelligenceIndicator`` gets no new rows since 2025-07-31: rules over it run, and find nothing."""
    end = ANNOUNCEMENTS["threat-intelligence-table"]
    reading = rule_titles(
        rule
        for rule in enabled(alert_rules.data, "Scheduled")
        if "ThreatIntelligenceIndicator" in words(rule.properties.query or "")
    )
    if reading:
        fail(
            f"The table ThreatIntelligenceIndicator gets no new rows since {end.ends}, and is read by"
            f" {titles(reading)}: they find nothing.",
            "api_retired",
            about="ThreatIntelligenceIndicator",
            remedy=f"{end.remaining}.",
        )


@check(
    "READY-007",
    "no table is filled by the HTTP Data Collector API",
    level="should",
    owns=("api_retired:data_collector",),
)
def test_classic_tables(tables: Answer[ArmList[Table]]) -> None:
    """Custom tables whose ``tableSubType`` is Classic belong to the Data Collector API, which ended on 2026-09-14."""
    end = ANNOUNCEMENTS["data-collector"]
    classic = sorted(
        table.name
        for table in tables.data.value
        if (schema := table.properties.schema)
        and (schema.table_type, schema.table_sub_type) == ("CustomLog", "Classic")
    )
    if classic:
        fail(
            f"{titles(classic)} are classic custom tables, which the HTTP Data Collector API fills. Its end is"
            f" {end.ends}, {end.countdown(today_of(tables))}.",
            "api_retired",
            about="data_collector",
            certainty="likely",
            remedy=f"{end.remaining}.",
        )


def versions_asked(namespace: str) -> set[str]:
    """Return the api-versions that this suite uses for a provider."""
    return {
        endpoint.api_version
        for endpoint in ENDPOINTS.values()
        if endpoint.api_version and endpoint.path.rpartition("/providers/")[2].startswith(f"{namespace}/")
    }


@check(
    "READY-008",
    "Microsoft Sentinel still lists the api-versions that are asked",
    level="should",
    using={"provider": "insights_provider"},
    owns=("api_retires_soon:insights_version",),
    given={"about": "insights_version"},
)
@check(
    "READY-009",
    "Log Analytics still lists the api-versions that are asked",
    level="should",
    using={"provider": "logs_provider"},
    owns=("api_retires_soon:logs_version",),
    given={"about": "logs_version"},
)
def test_versions_listed(provider: Evidence, subscription: Evidence, about: str) -> None:
    """Each api-version in use is listed for at least one resource type of the provider. Retired versions leave these
    lists first.
    """
    data = visible_provider(provider, subscription)
    listed = {version for kind in data.resource_types for version in kind.api_versions or ()} if data else set()
    if data is None or not listed:
        not_applicable("the provider lists no api-versions")
    absent = sorted(versions_asked(data.namespace) - listed)
    if absent:
        fail(
            f"{data.namespace} does not list the api-version {', '.join(absent)} any more, with which this suite asks.",
            "api_retires_soon",
            about=about,
            certainty="likely",
            remedy="Update sentinel-conformance, and every other client of this api-version.",
        )
