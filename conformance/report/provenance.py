"""The provenance of a run's answers; reports begin with it if no real service was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conformance.report.model import Document


@dataclass(frozen=True, slots=True)
class Provenance:
    """Answers from a simulation or a recording. ``recorded`` is the time of the recording by the services' clock, if
    known.
    """

    kind: Literal["simulation", "recording"]
    source: str
    """The source in the run's terms: ``fake:healthy``, ``cassette:contoso``."""
    recorded: datetime | None = None

    @property
    def sentence(self) -> str:
        """Return a sentence without a full stop."""
        if self.kind == "simulation":
            return f"SIMULATION ({self.source}): no real service was asked"
        when = f" of {self.recorded:%Y-%m-%d}" if self.recorded else ""
        return f"RECORDING{when} ({self.source}): no real service was asked"


def provenance(document: Document) -> Provenance | None:
    """Return the provenance of a report's answers; None if they came from the real services."""
    source = document.run.source
    kind = source.partition(":")[0]
    if kind == "fake":
        return Provenance("simulation", source)
    if kind != "cassette":
        return None
    dates = [
        check.evidence.date
        for connection in document.connections
        for check in connection.checks
        if check.evidence and check.evidence.date
    ]
    return Provenance("recording", source, max(dates, default=None))
