"""The outcome of a check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from conformance.findings import Finding
from conformance.probing.evidence import Exchange

Status = Literal["passed", "warning", "failed", "blocked", "not_applicable", "not_configured", "inconclusive", "error"]


@dataclass(frozen=True, slots=True)
class Root:
    """The root cause of an outcome, and the check that owns it."""

    check: str
    finding: Finding
    exchange: Exchange | None = None

    @property
    def conclusive(self) -> bool:
        """Return whether a service confirmed the cause; otherwise the cause is only a guess."""
        return self.finding.conclusive


@dataclass(frozen=True, slots=True)
class Accepted:
    """Reason and expiry date of an accepted finding."""

    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one check on one connection. ``root`` is set for failed, warning, inconclusive and blocked.

    An ``accepted`` outcome keeps its status, and does not count against the connection.
    """

    check: str
    status: Status
    root: Root | None = None
    reason: str | None = None
    probes: tuple[str, ...] = ()
    exchange: Exchange | None = None
    accepted: Accepted | None = None

    @property
    def blocked_by(self) -> str | None:
        """Return the id of the check that owns the root cause; None if the outcome is not blocked."""
        return self.root.check if self.root and self.status == "blocked" else None

    @property
    def cause(self) -> str | None:
        """Return the id of the root cause, or None."""
        return self.root.finding.cause if self.root else None
