"""The end of a run: exit code, terminal report, files, notifications.

A few connections are reported in full, a fleet as one overview.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from conformance.report.comparison import PastRun
from conformance.report.document import with_comparison
from conformance.report.entry import Entry, document, judged_checks
from conformance.report.fleet.aggregate import Aggregate
from conformance.report.fleet.overview import Overview
from conformance.report.fleet.past import Past
from conformance.report.model import Document
from conformance.report.parts import COMMAND
from conformance.report.progress import MAX_NAMED
from conformance.verification.baseline import Baseline, BaselineUse

if TYPE_CHECKING:
    from rich.console import Console

    from conformance.results.history import History

Entries = Callable[[], Iterator[Entry]]


class RunSummary(Protocol):
    """The end of a run."""

    @property
    def exit_code(self) -> int:
        """Return the exit code of the run (the README lists them)."""

    def show(self, console: Console, verbose: int = 0) -> None:
        """Print the summary; every check too if ``verbose`` is over 0."""

    def write(self, folder: Path, languages: Sequence[str] = ("en",), contact: str = "") -> None:
        """Write the reports into a folder. Raises ``OSError``."""

    @property
    def page(self) -> str:
        """Return the name of the file to open first, in the folder that :meth:`write` fills."""

    def summary(self) -> bytes:
        """Return the summary of a CI job: Markdown in UTF-8."""

    def message(self) -> tuple[str, Sequence[str]] | None:
        """Return a sentence and lines for notifications; None if no notification is needed."""

    def ended(self, exit_code: int) -> RunSummary:
        """Return the same end with another exit code: pytest's own, if the session was interrupted."""


@dataclass(frozen=True, slots=True)
class ConnectionsSummary:
    """The end of a run over a few connections."""

    document: Document

    @property
    def exit_code(self) -> int:
        """Return the exit code of the run (the README lists them)."""
        return self.document.run.exit_code

    @property
    def page(self) -> str:
        """Return the name of the file to open first, in the folder that :meth:`write` fills."""
        return "report.html"

    def show(self, console: Console, verbose: int = 0) -> None:
        """Print the summary; every check too if ``verbose`` is over 0."""
        from conformance.report.terminal import Terminal

        Terminal(console, verbose).show(self.document)

    def write(self, folder: Path, languages: Sequence[str] = ("en",), contact: str = "") -> None:
        """Write the reports into ``folder``, with hand-back pages in these languages. Raises ``OSError``."""
        from conformance.report.writer import write

        write(folder, self.document, languages, contact)

    def summary(self) -> bytes:
        """Return the summary of a CI job: Markdown in UTF-8."""
        from conformance.report.summary import summary

        return summary(self.document)

    def message(self) -> tuple[str, Sequence[str]] | None:
        """Return the headline and the lines of a notification; None if there is nothing to act on."""
        from conformance.outputs.notify import body, worth_telling
        from conformance.report.wording import headline

        return (headline(self.document)[1], list(body(self.document))) if worth_telling(self.document) else None

    def ended(self, exit_code: int) -> ConnectionsSummary:
        """Return the same end with another exit code."""
        return replace(self, document=_ended(self.document, exit_code))


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """The end of a run over a fleet: never more than one connection is in memory."""

    fleet: Overview
    entries: Entries

    @property
    def exit_code(self) -> int:
        """Return the exit code of the run (the README lists them)."""
        return self.fleet.head.run.exit_code

    @property
    def page(self) -> str:
        """Return the name of the file to open first, in the folder that :meth:`write` fills."""
        return "index.html"

    def show(self, console: Console, verbose: int = 0) -> None:
        """Print the summary; every check too if ``verbose`` is over 0."""
        from conformance.report.fleet.terminal import draw

        draw(self.fleet, console, full=verbose > 0)

    def write(self, folder: Path, languages: Sequence[str] = ("en",), contact: str = "") -> None:
        """Write the reports into ``folder``, with hand-back pages in these languages. Raises ``OSError``."""
        from conformance.report.fleet.writer import write

        write(folder, self.fleet, self.entries, languages, contact)

    def summary(self) -> bytes:
        """Return the summary of a CI job: Markdown in UTF-8."""
        from conformance.report.fleet.summary import summary

        return summary(self.fleet)

    def message(self) -> tuple[str, Sequence[str]] | None:
        """Return the headline and the lines of a notification; None if there is nothing to act on."""
        from conformance.report.fleet.summary import notification_text

        changes = self.fleet.changes
        if self.exit_code == 0 and not (changes and (changes.failing or changes.fixed or changes.changed)):
            return None
        broken = [cause for cause in self.fleet.causes if cause.weight != "warning"]
        lines = [self.fleet.action, *(acceptance.message for acceptance in self.fleet.head.stale)]
        lines += [f"- {cause.sentence}: {cause.action()}" for cause in broken]
        lines += [f"- {label}: {text}" for label, text in notification_text(self.fleet)]
        return self.fleet.sentence, lines

    def ended(self, exit_code: int) -> FleetSummary:
        """Return the same end with another exit code."""
        return replace(self, fleet=replace(self.fleet, head=_ended(self.fleet.head, exit_code)))


def _ended(document: Document, exit_code: int) -> Document:
    return msgspec.structs.replace(document, run=msgspec.structs.replace(document.run, exit_code=exit_code))


class Tally:
    """A collector of the data for the end of a run. Connections are added when they are finished, so that no entry is
    read again.

    ``order`` returns the key of a name by which reports sort connections. A ``baseline`` is only used if ``today`` is
    given.
    """

    def __init__(
        self,
        order: Callable[[str], Any],
        *,
        previous: PastRun | None = None,
        baseline: Baseline = (),
        today: date | None = None,
    ) -> None:
        self._order, self._previous, self._today = order, previous, today
        self._use = BaselineUse(baseline)
        self._aggregate = Aggregate(order, previous.connections if previous else {})
        self._few: dict[str, Entry] = {}
        """The entries of a few connections; for a fleet, no entry stays in memory."""

    def add(self, entry: Entry) -> None:
        """Add a finished connection. Only the first entry of a name counts."""
        if entry.name in self._aggregate.rows:
            return
        self._aggregate.add(entry)
        self._use.add(entry.name, judged_checks(entry.part))
        self._few[entry.name] = entry
        if len(self._aggregate.rows) > MAX_NAMED:
            self._few.clear()

    def summary(
        self,
        entries: Entries,
        duration: float,
        selection: str,
        command: str = COMMAND,
        *,
        unfinished: Collection[str] = (),
        failed_tests: int = 0,
        history: History | None = None,
    ) -> RunSummary | None:
        """Return the end of a run that took ``duration`` seconds, over the added connections; None without any.

        ``entries`` yields the entries of a fleet in order, each time it is called. ``unfinished`` connections have no
        entry: they do not count as lost, and their acceptances not as stale. ``failed_tests`` are failed tests that are
        not checks; they make the run fail. A ``history`` gives the page of a fleet its chart and the beginning of each
        cause.
        """
        count = len(self._aggregate.rows)
        if not count:
            return None
        if selection == "all" and not all(row.whole for row in self._aggregate.rows.values()):
            selection = "part"  # another plugin or -x removed checks
        stale = self._use.stale(self._today) if self._today and not unfinished else ()
        previous, many = self._previous and replace(self._previous, unfinished=unfinished), len(unfinished)
        if count + many > MAX_NAMED:  # same count as in the final report
            earlier = _past(history)
            fleet = self._aggregate.overview(duration, selection, command, stale, previous, many, failed_tests, earlier)
            return FleetSummary(fleet, entries)
        few = [self._few[name] for name in sorted(self._few, key=self._order)]
        head = document(few, duration, selection, command, stale, many, failed_tests)
        return ConnectionsSummary(with_comparison(head, previous))


def _past(history: History | None) -> Callable[[Collection[str]], Past] | None:
    """Return a function that reads the past of connections from a history; None without a history.

    The function returns an empty past if the history is locked or unreadable.
    """
    if history is None:
        return None
    import sqlite3

    from conformance.results.history import HistoryError
    from conformance.results.trend import past

    def read(names: Collection[str]) -> Past:
        try:
            with history as open_history:
                return Past() if open_history.locked else past(open_history, names)
        except (HistoryError, sqlite3.Error):
            return Past()

    return read
