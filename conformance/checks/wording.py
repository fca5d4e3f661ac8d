"""Names in the sentences of checks."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NAMES = 3


def titles(names: Sequence[str], most: int = MAX_NAMES) -> str:
    """Return the first of several names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
