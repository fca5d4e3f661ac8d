"""The result of a run for one connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conformance.checks.outcome import Outcome
from conformance.connection import Connection
from conformance.probing.evidence import Gathered
from conformance.verification.baseline import Stale
from conformance.verification.verdict import Verdict
from conformance.verification.watch_event import WatchEvent


@dataclass(frozen=True)
class Report:
    """The result of a run for one connection."""

    connection: Connection
    source: str
    started: datetime
    duration: float
    """Seconds, on the monotonic clock."""
    gathered: Gathered
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    stale: tuple[Stale, ...] = ()
    """Acceptances to remove from the baseline."""
    events: tuple[WatchEvent, ...] = ()
    """Events while the connection was watched, oldest first."""

    @property
    def ok(self) -> bool:
        """Return whether all checks that ran hold; ``verdict.coverage`` says whether all checks ran."""
        return self.verdict.exit_code == 0 and not self.stale

    def json(self) -> bytes:
        """Return the report as JSON of the schema ``sentinel-conformance/report/1``, in UTF-8."""
        from conformance.report.json import encode_report

        return encode_report(self)
