"""What earlier runs over a fleet found, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conformance.report.fleet.trend import RunPoint
from conformance.report.wording import day_of


@dataclass(frozen=True, slots=True)
class Since:
    """When a cause was first found. ``earlier``: no run before that looked, so it may be older."""

    moment: datetime
    earlier: bool = False

    def sentence(self, now: datetime) -> str:
        """``since 12 Nov 2026``; with ``or earlier`` where that may be; ``new`` of what this run was the first to find.

        ``now`` is the start of this run.
        """
        if self.moment >= now and not self.earlier:
            return "new in this run"
        if self.moment >= now:
            return "seen for the first time"
        return f"since {day_of(self.moment)}" + (" or earlier" if self.earlier else "")


@dataclass(frozen=True, slots=True)
class Past:
    """Since when a cause is there, by connection and cause; the last runs, this one included, oldest first."""

    since: Mapping[tuple[str, str], Since] = field(default_factory=dict)
    runs: Sequence[RunPoint] = ()
