"""An API that as a whole does not answer, or refuses whatever it is asked: one finding, whoever meets it."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection import Connection
from conformance.findings import Finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tell_apart.rules import NETWORK, REPRESENTATIVE, SERVICE, TOKENS, Rule, register

OUTAGE = NETWORK | SERVICE


def whole(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """What the API's representative meets too is the API's: it is about that probe, or about the host."""
    ((name, representative),) = clues.items()
    first = refusal.finding
    if refusal.probe != name:
        if not isinstance(representative, Refusal) or not alike(representative.finding.cause, first.cause):
            return replace(first, about=refusal.probe)
        first = representative.finding
    return replace(first, about="host" if first.cause in NETWORK else name)


def alike(one: str, other: str) -> bool:
    """Whether two causes can be one trouble: the same, or two faces of an outage."""
    return one == other or {one, other} <= OUTAGE


def no_token(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """Where no token at all is issued, and for one reason, it is about tokens as such; else about the one token."""
    refused = [one.finding for one in clues.values() if isinstance(one, Refusal)]
    issued = any(isinstance(one, Answer) for one in clues.values())
    if issued or not all(alike(one.cause, refusal.finding.cause) for one in refused):
        return replace(refusal.finding, about=refusal.probe)
    return replace(refused[0], about="tokens")


register("whole_tokens", Rule(no_token, TOKENS))
for api, probe in REPRESENTATIVE.items():
    register(f"whole_{api}", Rule(whole, (probe,)))
