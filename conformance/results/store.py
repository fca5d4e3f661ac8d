"""Store of a run's finished connections: its journal, and the history of all runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.report.entry import Entry
from conformance.results.journal import Journal

if TYPE_CHECKING:
    import sqlite3

    from conformance.results.history import History, HistoryError, Observation


@dataclass
class RunStore:
    """A store of finished connections. A history that cannot be written loses no verdicts."""

    journal: Journal
    history: History | None = None
    problem: sqlite3.Error | HistoryError | None = None
    """The reason why the history is incomplete."""
    names: set[str] = field(default_factory=set)
    """Names of the connections finished in this run."""
    _begun: bool = field(default=False, init=False)
    _take: Callable[[Entry], None] | None = field(default=None, init=False, repr=False)
    _waiting: list[Observation] = field(default_factory=list, init=False, repr=False)
    """Observations that are not in the history yet."""

    def start(self, fingerprints: Mapping[str, str], take: Callable[[Entry], None] | None = None) -> None:
        """Start the journal with the entries of an earlier run for these connections (name: fingerprint).

        ``take`` is called with each of these entries, and with every entry that is added later. Raises
        :class:`JournalError`.
        """
        self.journal.start(fingerprints)
        self._begun, self._take = True, take
        for entry in self.journal.entries() if fingerprints else ():
            self._pass_on(entry)

    def add(self, entry: Entry) -> None:
        """Write an entry at once."""
        self.journal.add(entry)
        self.names.add(entry.name)
        self._pass_on(entry)

    def in_order(self, key: Callable[[str], Any]) -> Iterator[Entry]:
        """Yield all finished entries, sorted by a key of their names. Yields nothing until start() was called."""
        return self.journal.in_order(key) if self._begun else iter(())

    def close(self) -> None:
        """Write the observations that a locked history could not take, if it is unlocked now, and close the history."""
        if self.history is None:
            return
        import sqlite3

        from conformance.results.history import HistoryError

        if self._waiting:
            try:
                self.history.retry()
                self.history.add(self._waiting)
                self._waiting, self.problem = [], None
            except (sqlite3.Error, HistoryError) as error:
                self.problem = error
        self.history.__exit__()

    def _pass_on(self, entry: Entry) -> None:
        self._remember(entry)
        if self._take:
            self._take(entry)

    def _remember(self, entry: Entry) -> None:
        if self.history is None:
            return
        import sqlite3

        from conformance.results.history import observation_of

        if self.problem or self.history.locked:  # do not wait for the lock again with each connection
            self.problem = self.problem or self.history.locked
            self._waiting.append(observation_of(entry))
            return
        try:
            self.history.add([observation_of(entry)])
        except sqlite3.Error as error:
            self.problem = error
            self._waiting.append(observation_of(entry))
