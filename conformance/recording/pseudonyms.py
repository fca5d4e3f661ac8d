"""The pseudonyms of one recording: the same value has the same one everywhere, and no two values share one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from conformance.recording.pseudonym_kinds import ANY, Kind


class Pseudonyms:
    """Hands them out, by value alone: whatever place a value is met in, it has the pseudonym of its first."""

    def __init__(self) -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._used: set[str] = set()
        self._last: Counter[str] = Counter()

    def reserve(self, text: str) -> None:
        """Keep what already looks like a pseudonym in a text from being given to something else."""
        self._used.update(match.group().lower() for match in ANY.finditer(text))

    def of(self, value: str, kind: Kind) -> str:
        """Return the pseudonym of a value; what is one already stays as it is. Upper case stays upper case."""
        if ANY.fullmatch(value):
            return value
        if (existing := self._exact.get(value)) is not None:
            return existing
        existing = None if kind.cased else self._folded.get(value.casefold())
        pseudonym = existing or self._next(value, kind)
        self._exact[value] = _cased_like(pseudonym, value, kind)
        self._folded.setdefault(value.casefold(), pseudonym)
        return self._exact[value]

    def _next(self, value: str, kind: Kind) -> str:
        while True:
            self._last[kind.name] += 1
            pseudonym = kind.make(self._last[kind.name], value)
            if pseudonym.lower() not in self._used:
                self._used.add(pseudonym.lower())
                return pseudonym

    def existing(self, value: str) -> str | None:
        """Return the pseudonym that a value has already, if any; case does not matter."""
        return self._exact.get(value) or self._folded.get(value.casefold())

    def __iter__(self) -> Iterator[str]:
        """The originals. They never leave the process."""
        return iter(self._exact)

    @property
    def assigned(self) -> frozenset[str]:
        """All pseudonyms that were handed out."""
        return frozenset(self._exact.values())

    def known_in(self, shortest: int = 4) -> re.Pattern[str] | None:
        """Match the originals of so many characters within a text, longest first, as whole words."""
        return _alternatives(value for value in self._exact if len(value) >= shortest)


def _cased_like(pseudonym: str, value: str, kind: Kind) -> str:
    return pseudonym.upper() if not kind.cased and value.isupper() and value.lower() != value else pseudonym


def _alternatives(values: Iterable[str]) -> re.Pattern[str] | None:
    longest = sorted(values, key=len, reverse=True)
    if not longest:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest))})(?![^\W_])", re.IGNORECASE)
