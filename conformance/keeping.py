"""Where a run keeps what it has finished: its journal, and the history of all runs."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from conformance.fleet.history import History, look
from conformance.journal import Entry, Journal


@dataclass
class Keeping:
    """Takes finished connections. A history that cannot be written is no reason to lose a verdict."""

    journal: Journal
    history: History | None = None
    problem: sqlite3.Error | None = None
    """Why the history is not complete."""

    def add(self, one: Entry) -> None:
        """Writes an entry down, at once."""
        self.journal.add(one)
        self.remember(one)

    def remember(self, one: Entry) -> None:
        """Adds an entry to the history alone: it stands in the journal already."""
        if self.history:
            try:
                self.history.add([look(one)])
            except sqlite3.Error as error:
                self.problem = error
