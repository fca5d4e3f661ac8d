"""Defender for Endpoint."""

from __future__ import annotations

from datetime import timedelta

from conformance.apis import ENDPOINTS
from conformance.apis.defender import Alert, Machine
from conformance.apis.shape import ODataList
from conformance.checks.expect import fail, not_applicable, repeats, requested_id, require, require_answer
from conformance.checks.registry import check
from conformance.probing.defender import PAGE, names
from conformance.probing.evidence import Answer, Evidence


@check(
    "MDE-001",
    "machines can be listed, and one read by its id",
    owns=("licence_missing:defender", "app_role_missing:defender"),
)
def test_machines(machines: Answer[ODataList[Machine]], machine: Evidence) -> None:
    """In their documented shape. An empty list is a tenant without devices."""
    found: Machine | None = require_answer(machine)
    same = found is None or found.id == requested_id(machine)
    require(same, "Another machine came back than asked for.", promise="defender-by-id")


@check("MDE-002", "alerts can be listed, and one read by its id")
def test_alerts(defender_alerts: Answer[ODataList[Alert]], defender_alert: Evidence) -> None:
    """In their documented shape."""
    found: Alert | None = require_answer(defender_alert)
    same = found is None or found.id == requested_id(defender_alert)
    require(same, "Another alert came back than asked for.", promise="defender-by-id")


@check("MDE-003", "$top, $skip and $filter of machines do what they say", moving=True)
def test_options(
    machines: Answer[ODataList[Machine]], machines_filtered: Answer[ODataList[Machine]], machines_next: Evidence
) -> None:
    """No more than asked for, only those of the asked health, and others after ``$skip``: new machines may push some
    of the first page onto the second.
    """
    listed, filtered, pages = machines.data.value, machines_filtered.data.value, require_answer(machines_next)
    require(len(listed) <= PAGE, f"$top={PAGE} gave {len(listed)} machines.", promise="defender-options")
    require(len(filtered) <= 2, f"$top=2 gave {len(filtered)} machines.", promise="defender-options")
    others = {one.health_status for one in filtered} - {"Active"}
    require(
        not others,
        f"$filter on healthStatus Active gave {', '.join(sorted(map(str, others)))}.",
        promise="defender-options",
    )
    if pages is not None:
        require(
            not repeats(names(pages.first), names(pages.second)),
            f"$skip={PAGE} gave no machine that is not among the first {PAGE}.",
            promise="defender-options",
        )


SOON = timedelta(days=180)


@check("MDE-004", "no end of the Defender API is announced", level="should", owns=("api_retires_soon:defender",))
def test_end_announced(machines: Answer[ODataList[Machine]]) -> None:
    """Message centre notice MC1220762 names 2027-02-01. Whether it means these routes is not clear; so it is only
    told.
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
