"""Regular expressions that are compiled at their first use: a run needs only a few of the catalogue's hundreds."""

from __future__ import annotations

import re
from typing import Any, cast


class _LazyPattern:
    """A placeholder for a :class:`re.Pattern` that compiles it at the first use. Attributes are cached on the
    instance.
    """

    def __init__(self, text: str, flags: int) -> None:
        self.pattern, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self.pattern, self._flags), name)  # re caches compiled patterns
        setattr(self, name, value)
        return value


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled by its first search. Raises ``re.error`` only then."""
    return cast("re.Pattern[str]", _LazyPattern(text, flags))
