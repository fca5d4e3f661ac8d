"""The meaning of failures: causes, findings and a catalogue of answers for each service."""

from __future__ import annotations

from conformance.findings.cause import CAUSES, Cause
from conformance.findings.docs import UNPUBLISHED, Docs, DocsError
from conformance.findings.explain import explain, explain_all
from conformance.findings.finding import Certainty, Finding, finding
from conformance.findings.remedies import PLACEHOLDERS, Fix

__all__ = [
    "CAUSES",
    "PLACEHOLDERS",
    "UNPUBLISHED",
    "Cause",
    "Certainty",
    "Docs",
    "DocsError",
    "Finding",
    "Fix",
    "explain",
    "explain_all",
    "finding",
]
