"""Entra: what the answer to a credential leaves open, the kind of the credential and the clock tell."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection import Certificate, Connection, FederatedToken
from conformance.findings import Finding, finding
from conformance.probing.clock import TOLERATED_SKEW
from conformance.probing.diagnosis.rules import tells_apart
from conformance.probing.evidence import Refusal


@tells_apart
def invalid_client(refusal: Refusal, connection: Connection) -> Finding | None:
    """A credential that is refused without saying why is of the kind that was sent."""
    kinds = {Certificate: "certificate_invalid", FederatedToken: "federation_mismatch"}
    cause = kinds.get(type(connection.credential))
    if cause is None:
        return None
    found = refusal.finding
    return finding(cause, facts=connection.facts(), certainty="likely", also=("credential_missing",), code=found.code)


@tells_apart
def assertion_time(refusal: Refusal, connection: Connection) -> Finding | None:
    """An assertion outside its time range: this machine's clock, by the service's ``Date``, or else an old assertion.

    One that this machine signed a moment ago leaves nothing but the clock.
    """
    skew = refusal.exchange.skew if refusal.exchange else None
    if skew is None or abs(skew) <= TOLERATED_SKEW:
        return None
    signed_here = isinstance(connection.credential, Certificate)
    found = finding(
        "clock_skew",
        facts=connection.facts(),
        certainty="certain" if signed_here else "likely",
        also=() if signed_here else ("assertion_expired",),
        explanation=f"The assertion was not valid at the time of the request, and this machine's clock is {abs(skew)}"
        f" {'ahead of' if skew.total_seconds() > 0 else 'behind'} the service's.",
        code=refusal.finding.code,
    )
    return replace(found, about="tokens")
