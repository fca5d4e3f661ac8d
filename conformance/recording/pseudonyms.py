"""The pseudonyms of one recording: a value has the same pseudonym everywhere, and two values never share one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from conformance.recording.pseudonym_kinds import ANY, Kind


class Pseudonyms:
    """The table of pseudonyms. A value keeps its first pseudonym, wherever it occurs again."""

    def __init__(self) -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._used: set[str] = set()
        self._last: Counter[str] = Counter()

    def reserve(self, text: str) -> None:
        """Reserve everything in a text that looks like a pseudonym, so that no other value gets it."""
        self._used.update(match.group().lower() for match in ANY.finditer(text))

    def of(self, value: str, kind: Kind) -> str:
        """Return the pseudonym of a value, in upper case if the value is. A pseudonym is returned unchanged."""
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
        """Return the existing pseudonym of a value, or None. Case is ignored."""
        return self._exact.get(value) or self._folded.get(value.casefold())

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the original values. They never leave the process."""
        return iter(self._exact)

    @property
    def assigned(self) -> frozenset[str]:
        """Return all pseudonyms in use."""
        return frozenset(self._exact.values())

    def known_in(self, shortest: int = 4) -> re.Pattern[str] | None:
        """Return a pattern that finds original values of at least ``shortest`` characters as whole words, longest
        first; None if there are none.
        """
        return _alternatives(value for value in self._exact if len(value) >= shortest)


def _cased_like(pseudonym: str, value: str, kind: Kind) -> str:
    return pseudonym.upper() if not kind.cased and value.isupper() and value.lower() != value else pseudonym


def _alternatives(values: Iterable[str]) -> re.Pattern[str] | None:
    longest = sorted(values, key=len, reverse=True)
    if not longest:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest))})(?![^\W_])", re.IGNORECASE)
