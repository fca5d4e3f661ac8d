"""The findings of earlier runs over a fleet, for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conformance.report.fleet.trend import RunPoint
from conformance.report.wording import day_of


@dataclass(frozen=True, slots=True)
class Since:
    """The time at which a cause was first found. ``earlier``: no run looked before, so the cause may be older."""

    moment: datetime
    earlier: bool = False

    def sentence(self, now: datetime) -> str:
        """Return ``since 12 Nov 2026``, with ``or earlier`` if the cause may be older; ``new in this run`` if this run
        found it first.

        ``now`` is the start of this run.
        """
        if self.moment >= now and not self.earlier:
            return "new in this run"
        if self.moment >= now:
            return "seen for the first time"
        return f"since {day_of(self.moment)}" + (" or earlier" if self.earlier else "")


@dataclass(frozen=True, slots=True)
class Past:
    """The first time of each cause by connection and cause, and the last runs with this one, oldest first."""

    since: Mapping[tuple[str, str], Since] = field(default_factory=dict)
    runs: Sequence[RunPoint] = ()
