"""Probes of Microsoft Graph: security alerts, incidents and scores, and the app's own registration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.apis import graph
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.graph import Alert, Application, AppRoleAssignment, Incident, SecureScore
from conformance.apis.shape import ODataList
from conformance.connection import Connection, ManagedIdentity
from conformance.probing.evidence import Answer
from conformance.probing.following import FirstThere, Item, NextPage
from conformance.probing.probe import NotApplicable, T, probe
from conformance.probing.routes import stop_unless_called
from conformance.probing.tokens import Token

PREFER = {"Prefer": "include-unknown-enum-members"}
"""Without this header, the sources microsoftSentinel and microsoftDefenderForCloud arrive as unknownFutureValue."""

PAGE, LONG_PAGE = 3, 50
"""50 is the maximum of the list of incidents."""

READS_APPLICATIONS = frozenset({"Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"})


def of_graph(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    """Return a question; raises :class:`NotApplicable` for a connection that does not call the operation."""
    stop_unless_called(connection, endpoint)
    return endpoint.ask(headers=PREFER, **parameters)


def names(page: ODataList[Alert]) -> list[str]:
    """Return the ids of the alerts of a page."""
    return [item.id for item in page.value]


def first_alerts(connection: Connection, top: int) -> Ask[ODataList[Alert]]:
    """Ask for the first page of ``top`` alerts, with their count."""
    return of_graph(connection, graph.ALERTS, top=top, count="true")


@probe
def graph_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    """Ask for the first page of alerts."""
    return first_alerts(connection, PAGE)


@probe
def graph_alerts_next(connection: Connection, graph_alerts: Answer[ODataList[Alert]]) -> NextPage[ODataList[Alert]]:
    """Ask for the page of the next link."""

    def following(page: ODataList[Alert]) -> Ask[ODataList[Alert]] | None:
        return graph.ALERTS.next(page.next_link) if page.next_link else None

    return NextPage(first_alerts(connection, PAGE), graph_alerts.data, following, names)


@probe
def graph_alert(connection: Connection, graph_alerts: Answer[ODataList[Alert]]) -> FirstThere[ODataList[Alert]]:
    """Ask for the first alert of the list that still exists."""
    stop_unless_called(connection, graph.ALERT)
    if not graph_alerts.data.value:
        raise NotApplicable("no alert to look at")

    def items(page: ODataList[Alert]) -> Iterator[Item]:
        for item in page.value:
            yield Item(item.id, graph.ALERT.ask(alert=item.id, headers=PREFER), item.created_date_time)

    return FirstThere(graph_alerts.data, first_alerts(connection, LONG_PAGE), items)


@probe
def graph_alerts_filtered(connection: Connection) -> Ask[ODataList[Alert]]:
    """Ask for two alerts of high severity, to verify that the query options take effect."""
    return of_graph(connection, graph.ALERTS, top=2, filter="severity eq 'high'")


@probe
def graph_sentinel_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    """Ask for the alerts in the Defender portal that come from Sentinel."""
    return of_graph(connection, graph.ALERTS, top=1, filter="serviceSource eq 'microsoftSentinel'")


def first_incidents(connection: Connection) -> Ask[ODataList[Incident]]:
    """Ask for a long first page of incidents."""
    return of_graph(connection, graph.INCIDENTS, top=LONG_PAGE)


@probe
def graph_incidents(connection: Connection) -> Ask[ODataList[Incident]]:
    """Ask for the first page of incidents."""
    return first_incidents(connection)


@probe
def graph_incident(
    connection: Connection, graph_incidents: Answer[ODataList[Incident]]
) -> FirstThere[ODataList[Incident]]:
    """Ask for the first incident of the list that still exists. ``$expand`` is not used: it is documented for the list
    only, and was answered with 500 in big tenants.
    """
    stop_unless_called(connection, graph.INCIDENT)
    if not graph_incidents.data.value:
        raise NotApplicable("no incident to look at")

    def items(page: ODataList[Incident]) -> Iterator[Item]:
        for item in page.value:
            yield Item(item.id, graph.INCIDENT.ask(incident=item.id, headers=PREFER), item.created_date_time)

    return FirstThere(graph_incidents.data, first_incidents(connection), items)


@probe
def secure_scores(connection: Connection) -> Ask[ODataList[SecureScore]]:
    """Ask for the newest secure score."""
    return of_graph(connection, graph.SECURE_SCORES, top=1)


def may_read_itself(token_graph: Answer[Token]) -> None:
    """Raise :class:`NotApplicable` unless the token lets the app read its own registration."""
    if not READS_APPLICATIONS.intersection(token_graph.data.roles):
        raise NotApplicable("the app may not read its own registration (Application.Read.All, which it does not need)")


@probe
def application(connection: Connection, token_graph: Answer[Token]) -> Ask[Application]:
    """Ask for the app's own registration: requested permissions and end dates of credentials."""
    if isinstance(connection.credential, ManagedIdentity):
        raise NotApplicable("a managed identity has no app registration")
    if connection.home_tenant_id is not None:
        raise NotApplicable("the app is registered in the provider's tenant")
    may_read_itself(token_graph)
    return graph.APPLICATION.ask(
        headers=PREFER,
        select="id,appId,displayName,requiredResourceAccess,passwordCredentials,keyCredentials",
    )


@probe
def consents(connection: Connection, token_graph: Answer[Token]) -> Ask[ODataList[AppRoleAssignment]]:
    """Ask for the application permissions that were consented."""
    may_read_itself(token_graph)
    return graph.APP_ROLE_ASSIGNMENTS.ask(headers=PREFER, client_id=connection.client_id or token_graph.data.app_id)
