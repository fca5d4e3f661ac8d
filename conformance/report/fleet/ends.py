"""The announced ends that connections of a fleet are not ready for, with the days left from the day of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conformance.checks.announcements import ANNOUNCEMENTS, Announcement
from conformance.report.model import CheckPart, EndPart

OPEN = ("failed", "warning")
"""Outcomes of a check that mean that a connection is not ready."""


@dataclass
class EndsFound:
    """The connections that are not ready for each announced end, added one at a time."""

    names: dict[str, dict[str, None]] = field(default_factory=dict)
    """Keys of connections by the id of the end; dicts that serve as ordered sets."""

    def add(self, name: str, checks: Iterable[CheckPart]) -> None:
        """Add the checks of a connection. Accepted findings are left out."""
        unready = {check.id for check in checks if check.outcome in OPEN and not check.accepted}
        for end in ANNOUNCEMENTS.values():
            if unready.intersection(end.checks):
                self.names.setdefault(end.id, {})[name] = None

    def parts(self, today: date, order: Callable[[str], Any], display: Callable[[str], str]) -> Iterator[EndPart]:
        """Yield the ends that at least one connection is not ready for, the earliest first.

        ``order`` returns the sort key for a connection's key, ``display`` its name.
        """
        for end in ANNOUNCEMENTS.values():
            if names := self.names.get(end.id):
                yield part(end, today, tuple(display(name) for name in sorted(names, key=order)))


def part(end: Announcement, today: date, connections: tuple[str, ...]) -> EndPart:
    """Return the part of the report for an announced end."""
    return EndPart(
        id=end.id,
        what=end.what,
        ends=end.ends,
        days_left=end.days_left(today),
        countdown=end.countdown(today),
        left=end.remaining,
        guide=end.guide,
        source=end.source,
        connections=connections,
    )
