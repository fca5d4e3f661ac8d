"""What is asked of Microsoft Sentinel: incidents and what hangs on them, and the workspace's security content."""

from __future__ import annotations

from typing import Any

from conformance.apis import sentinel
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.sentinel import (
    AlertRule,
    AutomationRule,
    Bookmark,
    DataConnector,
    Incident,
    IncidentAlerts,
    IncidentBookmarks,
    IncidentComment,
    IncidentEntities,
    Metadata,
    OnboardingState,
    Setting,
    ThreatIntelligenceMetrics,
    Watchlist,
)
from conformance.apis.shape import ArmList
from conformance.connection import Connection
from conformance.probing.arm import of_azure
from conformance.probing.evidence import Answer
from conformance.probing.probe import NotApplicable, T, probe

PAGE = 3


def of_sentinel(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    if not connection.uses("sentinel"):
        raise NotApplicable("this connection does not use Microsoft Sentinel")
    of_azure(connection)
    return endpoint.ask(**parameters)


@probe
def onboarding(connection: Connection) -> Ask[OnboardingState]:
    of_azure(connection)
    return sentinel.ONBOARDING_STATE.ask()


@probe
def incidents(connection: Connection) -> Ask[ArmList[Incident]]:
    """The newest incidents, a small page, so that there is a second one in most tenants."""
    return of_sentinel(connection, sentinel.INCIDENTS, top=PAGE, orderby="properties/createdTimeUtc desc")


@probe
def incidents_next(incidents: Answer[ArmList[Incident]]) -> Ask[ArmList[Incident]]:
    if not incidents.data.next_link:
        raise NotApplicable("all incidents fit on one page")
    return sentinel.INCIDENTS.next(incidents.data.next_link)


@probe
def incidents_filtered(connection: Connection) -> Ask[ArmList[Incident]]:
    return of_sentinel(
        connection,
        sentinel.INCIDENTS,
        top=2,
        orderby="properties/createdTimeUtc asc",
        filter="properties/severity eq 'High'",
    )


def newest(incidents: Answer[ArmList[Incident]]) -> str:
    """The name of the incident to look into: the newest with alerts, else the newest."""
    if not incidents.data.value:
        raise NotApplicable("no incident to look at")
    with_alerts = [one for one in incidents.data.value if one.alerts_count]
    return (with_alerts or incidents.data.value)[0].name


@probe
def incident(incidents: Answer[ArmList[Incident]]) -> Ask[Incident]:
    return sentinel.INCIDENT.ask(incident=newest(incidents))


@probe
def incident_alerts(incidents: Answer[ArmList[Incident]]) -> Ask[IncidentAlerts]:
    return sentinel.INCIDENT_ALERTS.ask(incident=newest(incidents))


@probe
def incident_entities(incidents: Answer[ArmList[Incident]]) -> Ask[IncidentEntities]:
    return sentinel.INCIDENT_ENTITIES.ask(incident=newest(incidents))


@probe
def incident_comments(incidents: Answer[ArmList[Incident]]) -> Ask[ArmList[IncidentComment]]:
    return sentinel.INCIDENT_COMMENTS.ask(incident=newest(incidents))


@probe
def incident_bookmarks(incidents: Answer[ArmList[Incident]]) -> Ask[IncidentBookmarks]:
    return sentinel.INCIDENT_BOOKMARKS.ask(incident=newest(incidents))


@probe
def alert_rules(connection: Connection) -> Ask[ArmList[AlertRule]]:
    return of_sentinel(connection, sentinel.ALERT_RULES)


@probe
def data_connectors(connection: Connection) -> Ask[ArmList[DataConnector]]:
    return of_sentinel(connection, sentinel.DATA_CONNECTORS)


@probe
def automation_rules(connection: Connection) -> Ask[ArmList[AutomationRule]]:
    return of_sentinel(connection, sentinel.AUTOMATION_RULES)


@probe
def watchlists(connection: Connection) -> Ask[ArmList[Watchlist]]:
    return of_sentinel(connection, sentinel.WATCHLISTS)


@probe
def bookmarks(connection: Connection) -> Ask[ArmList[Bookmark]]:
    return of_sentinel(connection, sentinel.BOOKMARKS)


@probe
def threat_intelligence(connection: Connection) -> Ask[ThreatIntelligenceMetrics]:
    return of_sentinel(connection, sentinel.THREAT_INTELLIGENCE_METRICS)


@probe
def metadata(connection: Connection) -> Ask[ArmList[Metadata]]:
    return of_sentinel(connection, sentinel.METADATA, top=1)


@probe
def settings(connection: Connection) -> Ask[ArmList[Setting]]:
    return of_sentinel(connection, sentinel.SETTINGS)
