"""Azure RBAC: matching of actions against patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)


def covers(patterns: Iterable[str], action: str) -> bool:
    """Return whether one of the patterns matches an action. Case is ignored; ``*`` spans segments."""
    return any(_regex(pattern).fullmatch(action) for pattern in patterns)
