"""Durations in short form: 7d, 12h, 30m."""

from __future__ import annotations

import re
from datetime import timedelta

from conformance.errors import UsageError
from conformance.redaction import describe

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FORM = re.compile(r"(\d{1,5})([smhdw])")


class DurationError(UsageError):
    """The text is not a duration."""


def duration(text: str) -> timedelta:
    """Return the duration of a text such as ``7d``: a number and a unit (s, m, h, d or w).

    Raises :class:`DurationError`.
    """
    match = FORM.fullmatch(text)
    if match is None:
        raise DurationError(f"found {describe(text)}, expected a duration such as 7d, 12h or 30m")
    return timedelta(**{UNITS[match.group(2)]: int(match.group(1))})
