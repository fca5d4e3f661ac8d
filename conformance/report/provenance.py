"""Where the answers of a run came from, said first wherever no real service was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conformance.report.model import Document


@dataclass(frozen=True, slots=True)
class Provenance:
    """Answers that do not come from the services now. ``recorded`` is the services' clock at a recording, if known."""

    kind: Literal["simulation", "recording"]
    source: str
    """As the run names it: ``fake:healthy``, ``cassette:contoso``."""
    recorded: datetime | None = None

    @property
    def sentence(self) -> str:
        """Return one sentence without a full stop."""
        if self.kind == "simulation":
            return f"SIMULATION ({self.source}): no real service was asked"
        when = f" of {self.recorded:%Y-%m-%d}" if self.recorded else ""
        return f"RECORDING{when} ({self.source}): no real service was asked"


def provenance(document: Document) -> Provenance | None:
    """Return where the answers of a report came from; None where the services themselves answered."""
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
