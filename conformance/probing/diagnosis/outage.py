"""An API that does not answer at all, or refuses every request: one finding for all its probes."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection import Connection
from conformance.findings import Finding
from conformance.probing.diagnosis.rules import NETWORK, REPRESENTATIVE, SERVICE, TOKENS, WHOLE, Rule, register
from conformance.probing.evidence import Answer, Evidence, Refusal

OUTAGE = NETWORK | SERVICE


def whole(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """Return the finding about the API's representative probe or its host, if that probe is refused for the same
    cause.
    """
    for name, clue in clues.items():
        if refusal.probe == name or (
            isinstance(clue, Refusal) and same_outage(clue.finding.cause, refusal.finding.cause)
        ):
            subject = clue.finding if isinstance(clue, Refusal) else refusal.finding
            return replace(subject, about="host" if subject.cause in NETWORK else name)
    return replace(refusal.finding, about=refusal.probe) if refusal.finding.cause in WHOLE else None


def same_outage(cause: str, other_cause: str) -> bool:
    """Return whether two causes can be the same outage: equal, or two symptoms of an outage."""
    return cause == other_cause or {cause, other_cause} <= OUTAGE


def no_token(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """Return a finding about all tokens if all are refused for the same reason; otherwise one about this token."""
    refused = [clue for clue in clues.values() if isinstance(clue, Refusal)]
    issued = any(isinstance(clue, Answer) for clue in clues.values())
    of_tokens = refusal.finding.cause in {*WHOLE, "contract_violation"}
    if issued or not all(same_outage(token_refusal.finding.cause, refusal.finding.cause) for token_refusal in refused):
        return replace(refusal.finding, about=refusal.probe) if of_tokens else None
    return replace(refused[0].finding, about="tokens" if of_tokens else refused[0].probe)


register("whole_tokens", Rule(no_token, TOKENS))
for api, probe in REPRESENTATIVE.items():
    register(f"whole_{api}", Rule(whole, (probe,)))
register("whole_gateway", Rule(whole, (REPRESENTATIVE["arm"], REPRESENTATIVE["sentinel"])))
register("whole_incident", Rule(whole, (REPRESENTATIVE["arm"], REPRESENTATIVE["sentinel"], "incident")))
