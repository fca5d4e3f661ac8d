"""Probes of Microsoft Sentinel: incidents and their parts, and the workspace's security content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.apis import sentinel
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.sentinel import (
    AlertRule,
    AutomationRule,
    Bookmark,
    DataConnector,
    Incident,
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
from conformance.probing.following import FirstThere, Item, NextPage
from conformance.probing.probe import NotApplicable, T, probe
from conformance.probing.routes import stop_unless_called

PAGE, LONG_PAGE = 3, 50


def of_sentinel(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    """Return a question; raises :class:`NotApplicable` for a connection that does not call the operation."""
    stop_unless_called(connection, endpoint)
    of_azure(connection)
    return endpoint.ask(**parameters)


@probe
def onboarding(connection: Connection) -> Ask[OnboardingState]:
    """Ask whether Sentinel is enabled on the workspace."""
    of_azure(connection)
    return sentinel.ONBOARDING_STATE.ask()


@probe
def incidents(connection: Connection) -> Ask[ArmList[Incident]]:
    """Ask for the newest incidents in a small page, so that most tenants have a second page."""
    return newest_incidents(connection, PAGE)


def newest_incidents(connection: Connection, top: int) -> Ask[ArmList[Incident]]:
    """Ask for the ``top`` newest incidents."""
    return of_sentinel(connection, sentinel.INCIDENTS, top=top, orderby="properties/createdTimeUtc desc")


def names(page: ArmList[Incident]) -> list[str]:
    """Return the names of the incidents of a page, in lower case."""
    return [item.name.lower() for item in page.value]


@probe
def incidents_next(connection: Connection, incidents: Answer[ArmList[Incident]]) -> NextPage[ArmList[Incident]]:
    """Ask for the page of the next link."""

    def following(page: ArmList[Incident]) -> Ask[ArmList[Incident]] | None:
        return sentinel.INCIDENTS.next(page.next_link) if page.next_link else None

    return NextPage(newest_incidents(connection, PAGE), incidents.data, following, names)


@probe
def incidents_filtered(connection: Connection) -> Ask[ArmList[Incident]]:
    """Ask for the two oldest incidents of high severity, to verify that the query options take effect."""
    return of_sentinel(
        connection,
        sentinel.INCIDENTS,
        top=2,
        orderby="properties/createdTimeUtc asc",
        filter="properties/severity eq 'High'",
    )


def of_incident(
    connection: Connection, incidents: Answer[ArmList[Incident]], endpoint: Endpoint[Any]
) -> FirstThere[ArmList[Incident]]:
    """Return a question about one incident: the newest with alerts, else the newest; if it no longer exists, the next.

    Raises :class:`NotApplicable` if no incident is listed, or the connection does not call the operation.
    """
    stop_unless_called(connection, endpoint)
    if not incidents.data.value:
        raise NotApplicable("no incident to look at")

    def items(page: ArmList[Incident]) -> Iterator[Item]:
        for incident in sorted(page.value, key=lambda incident: not incident.alerts_count):
            yield Item(
                incident.name.lower(), endpoint.ask(incident=incident.name), incident.properties.created_time_utc
            )

    return FirstThere(incidents.data, newest_incidents(connection, LONG_PAGE), items)


@probe
def incident(connection: Connection, incidents: Answer[ArmList[Incident]]) -> FirstThere[ArmList[Incident]]:
    """Ask for an incident of the list by its id."""
    return of_incident(connection, incidents, sentinel.INCIDENT)


@probe
def incident_alerts(connection: Connection, incidents: Answer[ArmList[Incident]]) -> FirstThere[ArmList[Incident]]:
    """Ask for the alerts of an incident of the list."""
    return of_incident(connection, incidents, sentinel.INCIDENT_ALERTS)


@probe
def incident_entities(connection: Connection, incidents: Answer[ArmList[Incident]]) -> FirstThere[ArmList[Incident]]:
    """Ask for the entities of an incident of the list."""
    return of_incident(connection, incidents, sentinel.INCIDENT_ENTITIES)


@probe
def incident_comments(connection: Connection, incidents: Answer[ArmList[Incident]]) -> FirstThere[ArmList[Incident]]:
    """Ask for the comments of an incident of the list."""
    return of_incident(connection, incidents, sentinel.INCIDENT_COMMENTS)


@probe
def incident_bookmarks(connection: Connection, incidents: Answer[ArmList[Incident]]) -> FirstThere[ArmList[Incident]]:
    """Ask for the bookmarks of an incident of the list."""
    return of_incident(connection, incidents, sentinel.INCIDENT_BOOKMARKS)


@probe
def alert_rules(connection: Connection) -> Ask[ArmList[AlertRule]]:
    """Ask for the analytics rules."""
    return of_sentinel(connection, sentinel.ALERT_RULES)


@probe
def data_connectors(connection: Connection) -> Ask[ArmList[DataConnector]]:
    """Ask for the data connectors."""
    return of_sentinel(connection, sentinel.DATA_CONNECTORS)


@probe
def automation_rules(connection: Connection) -> Ask[ArmList[AutomationRule]]:
    """Ask for the automation rules."""
    return of_sentinel(connection, sentinel.AUTOMATION_RULES)


@probe
def watchlists(connection: Connection) -> Ask[ArmList[Watchlist]]:
    """Ask for the watchlists."""
    return of_sentinel(connection, sentinel.WATCHLISTS)


@probe
def bookmarks(connection: Connection) -> Ask[ArmList[Bookmark]]:
    """Ask for the bookmarks."""
    return of_sentinel(connection, sentinel.BOOKMARKS)


@probe
def threat_intelligence(connection: Connection) -> Ask[ThreatIntelligenceMetrics]:
    """Ask for the metrics of threat intelligence."""
    return of_sentinel(connection, sentinel.THREAT_INTELLIGENCE_METRICS)


@probe
def metadata(connection: Connection) -> Ask[ArmList[Metadata]]:
    """Ask for one item of the metadata of Sentinel's content."""
    return of_sentinel(connection, sentinel.METADATA, top=1)


@probe
def settings(connection: Connection) -> Ask[ArmList[Setting]]:
    """Ask for Sentinel's settings."""
    return of_sentinel(connection, sentinel.SETTINGS)
