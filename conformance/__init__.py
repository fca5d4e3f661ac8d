"""Verification of Microsoft Sentinel connections: does the connection work, and if not, the one root cause to fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance._version import CHECKS_VERSION, __version__

if TYPE_CHECKING:
    from conformance.checks.expect import fail, not_applicable, require
    from conformance.checks.outcome import Outcome
    from conformance.checks.registry import check
    from conformance.connection import Connection, ConnectionFileError, load
    from conformance.findings import Finding, explain, explain_all
    from conformance.probing.evidence import Answer, Evidence, Refusal
    from conformance.probing.transport import Patience
    from conformance.sources.base import SourceError
    from conformance.verification.api import verify, verify_async
    from conformance.verification.baseline import Acceptance
    from conformance.verification.result import Report
    from conformance.verification.verdict import Verdict

_HOMES = {
    "Acceptance": "conformance.verification.baseline",
    "Answer": "conformance.probing.evidence",
    "Connection": "conformance.connection",
    "ConnectionFileError": "conformance.connection",
    "Evidence": "conformance.probing.evidence",
    "Finding": "conformance.findings",
    "Outcome": "conformance.checks.outcome",
    "Patience": "conformance.probing.transport",
    "Refusal": "conformance.probing.evidence",
    "Report": "conformance.verification.result",
    "SourceError": "conformance.sources.base",
    "Verdict": "conformance.verification.verdict",
    "check": "conformance.checks.registry",
    "explain": "conformance.findings",
    "explain_all": "conformance.findings",
    "fail": "conformance.checks.expect",
    "load": "conformance.connection",
    "not_applicable": "conformance.checks.expect",
    "require": "conformance.checks.expect",
    "verify": "conformance.verification.api",
    "verify_async": "conformance.verification.api",
}

__all__ = [
    "CHECKS_VERSION",
    "Acceptance",
    "Answer",
    "Connection",
    "ConnectionFileError",
    "Evidence",
    "Finding",
    "Outcome",
    "Patience",
    "Refusal",
    "Report",
    "SourceError",
    "Verdict",
    "__version__",
    "check",
    "explain",
    "explain_all",
    "fail",
    "load",
    "not_applicable",
    "require",
    "verify",
    "verify_async",
]


def __getattr__(name: str) -> Any:
    # Public names are loaded at their first use: an inert pytest run must not import httpx.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
