"""The shift of all dates in a recording by the same number of whole days: ages and times of day stay correct."""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

ISO = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?")
HTTP = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}(?: GMT)?")
SLASHED = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?= \d{1,2}:\d{2})")
_YEARS = range(1990, 2200)
"""Years outside of this range are placeholders for "never" and "always"."""


@dataclass(frozen=True, slots=True)
class DateShift:
    """A number of whole days by which all dates are moved."""

    days: int = 0

    def whole(self, text: str) -> str | None:
        """Return the moved date or time if the text is only that; None for any other text."""
        if match := ISO.fullmatch(text):
            moved = self._date(match.group(1))
            return None if moved is None else moved + (match.group(2) or "")
        return self._http(text) if HTTP.fullmatch(text) else None

    def within(self, text: str) -> str:
        """Return a text with every time in it moved. Dates without a time stay unchanged: they are API versions."""

        def iso(match: re.Match[str]) -> str:
            moved = self._date(match.group(1)) if match.group(2) else None
            return match.group() if moved is None else moved + match.group(2)

        text = ISO.sub(iso, text)
        text = HTTP.sub(lambda match: self._http(match.group()) or match.group(), text)
        return SLASHED.sub(self._slashed, text)

    def epoch(self, seconds: int | float) -> int | float:
        """Return the moved time, in seconds since 1970; other numbers are returned unchanged."""
        return seconds + self.days * 86400 if 6e8 < seconds < 7e9 else seconds

    def moment(self, time: datetime) -> datetime:
        """Return the moved time."""
        return time + timedelta(days=self.days)

    def day(self, day: date) -> date:
        """Return the moved day."""
        return day + timedelta(days=self.days)

    def _date(self, text: str) -> str | None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return None
        return str(self.day(day)) if day.year in _YEARS else text

    def _http(self, text: str) -> str | None:
        try:
            time = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        moved = email.utils.format_datetime(self.moment(time.replace(tzinfo=UTC)), usegmt=True)
        return moved if text.endswith(" GMT") else moved.removesuffix(" GMT")

    def _slashed(self, match: re.Match[str]) -> str:
        month, day, year = map(int, match.groups())
        try:
            moved = self.day(date(year, month, day))
        except ValueError:
            return match.group()
        return f"{moved.month}/{moved.day}/{moved.year}"
