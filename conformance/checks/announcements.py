"""The announced ends that can affect a connection: the dates, their sources and the steps that remain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from conformance.toml_file.tables import table

SOON = timedelta(days=180)
"""Time before the end of an API from which a connection that uses it gets a warning."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announced end of an API or feature.

    ``remaining`` lists the steps that a customer who depends on it still has to take. ``guide`` lists the steps of the
    onboarding guide that change by then. ``checks`` are the ids of the checks that show whether a connection depends on
    it.
    """

    id: str
    what: str
    ends: date
    source: str
    remaining: str
    guide: str
    checks: tuple[str, ...]

    def days_left(self, today: date) -> int:
        """Return the number of days from ``today`` to the end; negative once it is past."""
        return (self.ends - today).days

    def countdown(self, today: date) -> str:
        """Return the distance to the end as text: ``in 123 days``, ``today``, ``41 days ago``."""
        remaining_days = self.days_left(today)
        if remaining_days == 0:
            return "today"
        days = f"{abs(remaining_days)} day{'' if abs(remaining_days) == 1 else 's'}"
        return f"in {days}" if remaining_days > 0 else f"{days} ago"


def _declared() -> Mapping[str, Announcement]:
    rows = {
        id: Announcement(
            id=id,
            what=row["what"],
            ends=date.fromisoformat(row["ends"]),
            source=row["source"],
            remaining=row["left"],
            guide=row.get("guide", ""),
            checks=tuple(row["checks"]),
        )
        for id, row in table(__package__, "announcements.toml").items()
    }
    return MappingProxyType(dict(sorted(rows.items(), key=lambda item: item[1].ends)))


ANNOUNCEMENTS: Mapping[str, Announcement] = _declared()
"""All announced ends by id, the earliest first."""
