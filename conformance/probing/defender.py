"""Probes of Defender for Endpoint: machines and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.apis import defender, graph
from conformance.apis.defender import Alert, Machine
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.graph import Alert as GraphAlert
from conformance.apis.shape import ODataList
from conformance.connection import Connection
from conformance.probing.evidence import Answer
from conformance.probing.following import FirstThere, Item, NextPage
from conformance.probing.probe import NotApplicable, T, probe
from conformance.probing.routes import stop_unless_called

PAGE, LONG_PAGE, SAMPLE = 3, 50, 100


def of_defender(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    """Return a question; raises :class:`NotApplicable` for a connection that does not call the operation."""
    stop_unless_called(connection, endpoint)
    return endpoint.ask(**parameters)


def names(page: ODataList[Machine]) -> list[str]:
    """Return the ids of the machines of a page."""
    return [item.id for item in page.value]


def first_machines(connection: Connection, top: int) -> Ask[ODataList[Machine]]:
    """Ask for the first page of ``top`` machines."""
    return of_defender(connection, defender.MACHINES, top=top)


@probe
def machines(connection: Connection) -> Ask[ODataList[Machine]]:
    """Ask for the first page of machines."""
    return first_machines(connection, PAGE)


@probe
def machines_next(connection: Connection, machines: Answer[ODataList[Machine]]) -> NextPage[ODataList[Machine]]:
    """Ask for the second page, by ``$skip``: with an explicit ``$top`` Defender sends no next link. The page is long
    enough to show the state of most machines.
    """

    def following(page: ODataList[Machine]) -> Ask[ODataList[Machine]] | None:
        return None if len(page.value) < PAGE else defender.MACHINES.ask(top=SAMPLE, skip=PAGE)

    return NextPage(first_machines(connection, PAGE), machines.data, following, names)


@probe
def machine(connection: Connection, machines: Answer[ODataList[Machine]]) -> FirstThere[ODataList[Machine]]:
    """Ask for the first machine of the list that still exists."""
    stop_unless_called(connection, defender.MACHINE)
    if not machines.data.value:
        raise NotApplicable("no machine to look at")

    def items(page: ODataList[Machine]) -> Iterator[Item]:
        for item in page.value:
            yield Item(item.id, defender.MACHINE.ask(machine=item.id), item.first_seen)

    return FirstThere(machines.data, first_machines(connection, LONG_PAGE), items)


@probe
def machines_filtered(connection: Connection) -> Ask[ODataList[Machine]]:
    """Ask for two active machines, to verify that the query options take effect."""
    return of_defender(connection, defender.MACHINES, top=2, filter="healthStatus eq 'Active'")


def first_alerts(connection: Connection, top: int) -> Ask[ODataList[Alert]]:
    """Ask for the first page of ``top`` alerts."""
    return of_defender(connection, defender.ALERTS, top=top)


@probe
def defender_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    """Ask for the first page of alerts."""
    return first_alerts(connection, PAGE)


@probe
def defender_alert(connection: Connection, defender_alerts: Answer[ODataList[Alert]]) -> FirstThere[ODataList[Alert]]:
    """Ask for the first alert of the list that still exists."""
    stop_unless_called(connection, defender.ALERT)
    if not defender_alerts.data.value:
        raise NotApplicable("no alert to look at")

    def items(page: ODataList[Alert]) -> Iterator[Item]:
        for item in page.value:
            yield Item(item.id, defender.ALERT.ask(alert=item.id), item.alert_creation_time)

    return FirstThere(defender_alerts.data, first_alerts(connection, LONG_PAGE), items)


# The negative control: a token for one API is sent to another API, which must refuse it.


@probe
def foreign_token_at_defender(connection: Connection) -> Ask[ODataList[Machine]]:
    """Ask Defender with a token for Log Analytics, which it must refuse; the onboarding guide does this.

    Raises :class:`NotApplicable`.
    """
    if not connection.uses("log_analytics"):
        raise NotApplicable("this connection has no Log Analytics token to try")
    return replace(of_defender(connection, defender.MACHINES, top=1), token="log_analytics")


@probe
def foreign_token_at_graph(connection: Connection) -> Ask[ODataList[GraphAlert]]:
    """Ask Microsoft Graph with a token for Defender, which it must refuse.

    Raises :class:`NotApplicable`.
    """
    if not (connection.uses("graph") and connection.uses("defender")):
        raise NotApplicable("this connection has no Defender token to try")
    return replace(graph.ALERTS.ask(top=1), token="defender")
