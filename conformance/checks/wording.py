"""Lists of names in the sentences of checks."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NAMES = 3


def titles(names: Sequence[str], most: int = MAX_NAMES) -> str:
    """Return the first ``most`` names, followed by the number of the others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
