"""Defender for Endpoint."""

from __future__ import annotations

from datetime import timedelta

from conformance.apis import ENDPOINTS
from conformance.apis.defender import Alert, Machine
from conformance.apis.shape import ODataList
from conformance.checks.announcements import SOON
from conformance.checks.expect import fail, not_applicable, repeats, requested_id, require, require_answer
from conformance.checks.registry import check
from conformance.probing.defender import PAGE, names
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.following import Pages


@check(
    "MDE-001",
    "machines can be listed, and one read by its id",
    owns=("licence_missing:defender", "app_role_missing:defender"),
)
def test_machines(machines: Answer[ODataList[Machine]], machine: Evidence) -> None:
    """The machines have their documented shape. An empty list means a tenant without devices."""
    data: Machine | None = require_answer(machine)
    same = data is None or data.id == requested_id(machine)
    require(same, "Another machine came back than asked for.", promise="defender-by-id")


@check("MDE-002", "alerts can be listed, and one read by its id")
def test_alerts(defender_alerts: Answer[ODataList[Alert]], defender_alert: Evidence) -> None:
    """The alerts have their documented shape."""
    data: Alert | None = require_answer(defender_alert)
    same = data is None or data.id == requested_id(defender_alert)
    require(same, "Another alert came back than asked for.", promise="defender-by-id")


@check("MDE-003", "$top, $skip and $filter of machines do what they say", moving=True)
def test_options(
    machines: Answer[ODataList[Machine]], machines_filtered: Answer[ODataList[Machine]], machines_next: Evidence
) -> None:
    """``$top`` limits the number of machines, ``$filter`` returns only the requested health, and ``$skip`` leads to
    other machines. New machines may move some of the first page onto the second.
    """
    listed, filtered, pages = machines.data.value, machines_filtered.data.value, require_answer(machines_next)
    require(len(listed) <= PAGE, f"$top={PAGE} gave {len(listed)} machines.", promise="defender-options")
    require(len(filtered) <= 2, f"$top=2 gave {len(filtered)} machines.", promise="defender-options")
    others = {row.health_status for row in filtered if row.health_status} - {"Active"}
    require(
        not others,
        f"$filter on healthStatus Active gave {', '.join(sorted(others))}.",
        promise="defender-options",
    )
    if pages is not None:
        require(
            not repeats(names(pages.first), names(pages.second)[:PAGE]),
            f"$skip={PAGE} gave no machine that is not among the first {PAGE}.",
            promise="defender-options",
        )


@check("MDE-004", "no end of the Defender API is announced", level="should", owns=("api_retires_soon:defender",))
def test_end_announced(machines: Answer[ODataList[Machine]]) -> None:
    """Message centre notice MC1220762 names 2027-02-01. It is not clear whether it includes these routes, so this is
    only a warning.
    """
    now = machines.exchange.date or machines.exchange.received
    ends = min(
        (endpoint.retires for endpoint in ENDPOINTS.values() if endpoint.api.name == "defender" and endpoint.retires),
        default=None,
    )
    if now is None or ends is None:
        not_applicable("no end is announced")
    if ends - now.date() <= SOON:
        fail(
            f"Microsoft has announced an end of the Defender for Endpoint API on {ends}; whether machines and alerts go"
            " with it is not clear from the notice. The successor is Microsoft Graph security.",
            "api_retires_soon",
            about="defender",
            certainty="likely",
        )


QUIET = timedelta(days=7)
"""After that Defender for Endpoint calls a machine inactive (documented)."""


MIN_MACHINES = 5


def sample(machines: Answer[ODataList[Machine]], machines_next: Evidence) -> list[Machine]:
    """Return the machines of the first two pages, without duplicates. Raises ``NotApplicable`` if there are none."""
    pages: Pages[ODataList[Machine]] | None = require_answer(machines_next)
    listed = [*machines.data.value, *(pages.second.value if pages else ())]
    if not listed:
        not_applicable("Defender for Endpoint lists no machine")
    return list({machine.id: machine for machine in listed}.values())


def onboarded(machines: Answer[ODataList[Machine]], machines_next: Evidence) -> list[Machine]:
    """Return the machines that are onboarded to Defender for Endpoint. Raises ``NotApplicable`` if there are none."""
    active = [device for device in sample(machines, machines_next) if device.onboarding_status in (None, "Onboarded")]
    if not active:
        not_applicable("Defender for Endpoint lists no machine that is onboarded")
    return active


@check("MDE-005", "most machines still report", level="should", owns=("data_stale:machines",), moving=True)
def test_machines_report(machines: Answer[ODataList[Machine]], machines_next: Evidence) -> None:
    """At least a quarter of the onboarded machines of the first two pages were seen within 7 days and are not Inactive.
    Fewer than five machines are not judged, since all may be switched off for a week. Machines with neither a last-seen
    time nor a health status are skipped.
    """
    now = machines.exchange.date
    devices = [device for device in onboarded(machines, machines_next) if device.last_seen or device.health_status]
    if now is None:
        not_applicable("the answer carries no date to judge ages by")
    if len(devices) < MIN_MACHINES:
        not_applicable(f"only {len(devices)} onboarded machines are listed with their last day or health")
    silent = sum(
        device.health_status == "Inactive" or (device.last_seen is not None and now - device.last_seen > QUIET)
        for device in devices
    )
    if silent * 4 > len(devices) * 3:
        fail(
            f"{silent} of {len(devices)} machines have not reported for 7 days: nothing is detected on them.",
            "data_stale",
            about="machines",
            certainty="likely",
            remedy="Look these machines up in the Defender portal: they are switched off, offboarded, or cannot reach"
            " the service.",
        )


IMPAIRED = ("ImpairedCommunication", "NoSensorData", "NoSensorDataImpairedCommunication")


@check("MDE-006", "the sensors of most machines work", level="should", owns=("data_stale:sensors",), moving=True)
def test_sensors(machines: Answer[ODataList[Machine]], machines_next: Evidence) -> None:
    """``healthStatus`` is neither ImpairedCommunication nor NoSensorData on at least half of the onboarded machines
    that have one.
    """
    states = [device.health_status for device in onboarded(machines, machines_next) if device.health_status]
    if not states:
        not_applicable("Defender for Endpoint lists no machine with its health")
    impaired = [state for state in states if state in IMPAIRED]
    if len(impaired) * 2 > len(states):
        fail(
            f"The sensors of {len(impaired)} of {len(states)} machines send nothing, or not everything"
            f" ({', '.join(sorted(set(impaired)))}).",
            "data_stale",
            about="sensors",
            certainty="likely",
            remedy="Fix the sensors as https://learn.microsoft.com/defender-endpoint/fix-unhealthy-sensors says.",
        )


@check("MDE-007", "most machines that can be watched are", level="should", owns=("data_stale:onboarding",), moving=True)
def test_onboarding(machines: Answer[ODataList[Machine]], machines_next: Evidence) -> None:
    """At most half of the machines of the first two pages could be onboarded (``CanBeOnboarded``) but are not."""
    devices = sample(machines, machines_next)
    waiting = sum(machine.onboarding_status == "CanBeOnboarded" for machine in devices)
    if waiting * 2 > len(devices):
        fail(
            f"{waiting} of {len(devices)} machines are known and not onboarded: nothing is detected on them.",
            "data_stale",
            about="onboarding",
            certainty="likely",
            remedy="Onboard these machines, or exclude them in the Defender portal.",
        )
