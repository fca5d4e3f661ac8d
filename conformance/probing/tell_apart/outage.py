"""An API that does not answer: one outage, however many operations meet it."""

from __future__ import annotations

from dataclasses import replace

from conformance.connection import Connection
from conformance.findings import Finding
from conformance.probing.evidence import Evidence, Refusal
from conformance.probing.tell_apart.rules import NETWORK, REPRESENTATIVE, SERVICE, Rule, register


def outage(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """An outage that the API's representative meets too is the API's: it is about that probe, or about the host."""
    ((name, representative),) = clues.items()
    if refusal.probe == name:
        first = refusal.finding
    elif isinstance(representative, Refusal) and representative.finding.cause in NETWORK | SERVICE:
        first = representative.finding
    else:
        return replace(refusal.finding, about=refusal.probe)
    return replace(first, about="host" if first.cause in NETWORK else name)


for api, probe in REPRESENTATIVE.items():
    register(f"outage_of_{api}", Rule(outage, (probe,)))
