"""What is asked of Microsoft Graph: security alerts, incidents and scores, and the app's own registration."""

from __future__ import annotations

from typing import Any

from conformance.apis import graph
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.graph import Alert, Application, AppRoleAssignment, Incident, SecureScore
from conformance.apis.shape import ODataList
from conformance.connection import Connection
from conformance.probing.evidence import Answer
from conformance.probing.probe import NotApplicable, T, probe
from conformance.probing.tokens import Token

PREFER = {"Prefer": "include-unknown-enum-members"}
"""Without it the sources microsoftSentinel and microsoftDefenderForCloud arrive as unknownFutureValue."""

PAGE = 3

READS_APPLICATIONS = frozenset({"Application.Read.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All"})


def of_graph(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    if not connection.uses("graph"):
        raise NotApplicable("this connection does not use Microsoft Graph")
    return endpoint.ask(headers=PREFER, **parameters)


@probe
def graph_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    return of_graph(connection, graph.ALERTS, top=PAGE, count="true")


@probe
def graph_alerts_next(graph_alerts: Answer[ODataList[Alert]]) -> Ask[ODataList[Alert]]:
    if not graph_alerts.data.next_link:
        raise NotApplicable("all alerts fit on one page")
    return graph.ALERTS.next(graph_alerts.data.next_link)


@probe
def graph_alert(graph_alerts: Answer[ODataList[Alert]]) -> Ask[Alert]:
    if not graph_alerts.data.value:
        raise NotApplicable("no alert to look at")
    return graph.ALERT.ask(alert=graph_alerts.data.value[0].id, headers=PREFER)


@probe
def graph_alerts_filtered(connection: Connection) -> Ask[ODataList[Alert]]:
    return of_graph(connection, graph.ALERTS, top=2, filter="severity eq 'high'")


@probe
def graph_sentinel_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    """Sentinel's own alerts as the Defender portal has them."""
    return of_graph(connection, graph.ALERTS, top=1, filter="serviceSource eq 'microsoftSentinel'")


@probe
def graph_incidents(connection: Connection) -> Ask[ODataList[Incident]]:
    return of_graph(connection, graph.INCIDENTS, top=50)


@probe
def graph_incident(graph_incidents: Answer[ODataList[Incident]]) -> Ask[Incident]:
    if not graph_incidents.data.value:
        raise NotApplicable("no incident to look at")
    return graph.INCIDENT.ask(incident=graph_incidents.data.value[0].id, expand="alerts", headers=PREFER)


@probe
def secure_scores(connection: Connection) -> Ask[ODataList[SecureScore]]:
    return of_graph(connection, graph.SECURE_SCORES, top=1)


def may_read_itself(token_graph: Answer[Token]) -> None:
    if not READS_APPLICATIONS.intersection(token_graph.data.roles):
        raise NotApplicable("the app may not read its own registration (Application.Read.All, which it does not need)")


@probe
def application(connection: Connection, token_graph: Answer[Token]) -> Ask[Application]:
    """The app's own registration: requested permissions and credentials' end dates."""
    may_read_itself(token_graph)
    return of_graph(
        connection,
        graph.APPLICATION,
        select="id,appId,displayName,requiredResourceAccess,passwordCredentials,keyCredentials",
    )


@probe
def consents(connection: Connection, token_graph: Answer[Token]) -> Ask[ODataList[AppRoleAssignment]]:
    """The application permissions that were consented."""
    may_read_itself(token_graph)
    return of_graph(connection, graph.APP_ROLE_ASSIGNMENTS)
