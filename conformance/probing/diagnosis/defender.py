"""Defender for Endpoint: the 404 of a list, which may mean that the list is empty."""

from __future__ import annotations

from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import tells_apart
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal


@tells_apart
def empty_list(
    refusal: Refusal, connection: Connection, machines: Evidence, defender_alerts: Evidence
) -> Finding | NotAsked | None:
    """Return a :class:`NotAsked` for an empty list if another list shows that Defender for Endpoint answers; otherwise
    a finding that is not conclusive. Return None for a status other than 404.

    A 404 is documented for a tenant without recent machines (learn.microsoft.com/defender-endpoint/api/get-machines),
    but not for alerts. Another server in place of Defender for Endpoint would return 404 too, because it does not have
    these paths.
    """
    if refusal.exchange is None or refusal.exchange.status != 404:
        return None
    if any(_speaks(clue) for clue in (machines, defender_alerts)):
        return NotAsked(refusal.probe, "Defender for Endpoint has nothing to list, and says so with 404")
    return finding(
        "unknown",
        about="machines",
        certainty="likely",
        also=("intercepted",),
        code=refusal.finding.code,
        owner="security-admin",
        explanation="Every list of Defender for Endpoint that was asked for answers 404. That is documented for a"
        " tenant without recent machines; a host that does not have these paths answers the same. So it is not known"
        " whether this connection can read Defender for Endpoint.",
        remedy="Look whether the Defender portal (https://security.microsoft.com) shows devices. Where it does,"
        " something else than Defender for Endpoint answers: check the proxies and gateways on the way. Where it"
        " shows none, verify again once the first device is onboarded.",
    )


def _speaks(clue: Evidence) -> bool:
    """Return whether Defender for Endpoint itself has answered: with a list, or with the name of the missing
    permission.
    """
    return isinstance(clue, Answer) or (isinstance(clue, Refusal) and clue.finding.cause == "app_role_missing")
