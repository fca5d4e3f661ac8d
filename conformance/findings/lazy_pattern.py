"""Regular expressions that are compiled when they are first used: of the hundreds of a catalogue, a run needs a few."""

from __future__ import annotations

import re
from typing import Any, cast


class _LazyPattern:
    """Stands for a :class:`re.Pattern` and becomes one: what is read of it once is kept on the instance."""

    def __init__(self, text: str, flags: int) -> None:
        self.pattern, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self.pattern, self._flags), name)  # re keeps what it compiled
        setattr(self, name, value)
        return value


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern that is compiled by its first search. Raises ``re.error`` only then."""
    return cast("re.Pattern[str]", _LazyPattern(text, flags))
