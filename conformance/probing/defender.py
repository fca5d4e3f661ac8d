"""What is asked of Defender for Endpoint: machines and alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.apis import defender, graph
from conformance.apis.defender import Alert, Machine
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.graph import Alert as GraphAlert
from conformance.apis.shape import ODataList
from conformance.connection import Connection
from conformance.probing.evidence import Answer
from conformance.probing.probe import NotApplicable, T, probe

PAGE = 3


def of_defender(connection: Connection, endpoint: Endpoint[T], **parameters: Any) -> Ask[T]:
    if not connection.uses("defender"):
        raise NotApplicable("this connection does not use Defender for Endpoint")
    return endpoint.ask(**parameters)


@probe
def machines(connection: Connection) -> Ask[ODataList[Machine]]:
    return of_defender(connection, defender.MACHINES, top=PAGE)


@probe
def machines_next(machines: Answer[ODataList[Machine]]) -> Ask[ODataList[Machine]]:
    """The second page, by ``$skip``: with an explicit ``$top`` Defender hands out no next link."""
    if len(machines.data.value) < PAGE:
        raise NotApplicable("all machines fit on one page")
    return defender.MACHINES.ask(top=PAGE, skip=PAGE)


@probe
def machine(machines: Answer[ODataList[Machine]]) -> Ask[Machine]:
    if not machines.data.value:
        raise NotApplicable("no machine to look at")
    return defender.MACHINE.ask(machine=machines.data.value[0].id)


@probe
def machines_filtered(connection: Connection) -> Ask[ODataList[Machine]]:
    return of_defender(connection, defender.MACHINES, top=2, filter="healthStatus eq 'Active'")


@probe
def defender_alerts(connection: Connection) -> Ask[ODataList[Alert]]:
    return of_defender(connection, defender.ALERTS, top=PAGE)


@probe
def defender_alert(defender_alerts: Answer[ODataList[Alert]]) -> Ask[Alert]:
    if not defender_alerts.data.value:
        raise NotApplicable("no alert to look at")
    return defender.ALERT.ask(alert=defender_alerts.data.value[0].id)


# The negative control: a token of one API put to another, which must refuse it.


@probe
def foreign_token_at_defender(connection: Connection) -> Ask[ODataList[Machine]]:
    """What the onboarding guide does: a Log Analytics token put to Defender."""
    if not connection.uses("log_analytics"):
        raise NotApplicable("this connection has no Log Analytics token to try")
    return replace(of_defender(connection, defender.MACHINES, top=1), token="log_analytics")


@probe
def foreign_token_at_graph(connection: Connection) -> Ask[ODataList[GraphAlert]]:
    if not (connection.uses("graph") and connection.uses("defender")):
        raise NotApplicable("this connection has no Defender token to try")
    return replace(graph.ALERTS.ask(top=1), token="defender")
