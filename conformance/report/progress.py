"""Live progress at a terminal: probes for a few connections, connections for a fleet."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from conformance.redaction import Outlet, clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn

    from conformance.verification.verdict import VerdictStatus


MAX_NAMED = 20
"""The maximum number of connections that are not shown as a fleet."""


def progress(connections: int, stream: IO[str] | None) -> Progress:
    """Return the progress of a run over this number of connections; it shows nothing without a stream."""
    if connections > MAX_NAMED and stream:
        return fleet_progress(connections, stream)
    return Progress(stream and watched(stream))


def fleet_progress(connections: int, stream: IO[str]) -> Progress:
    """Return the progress of a fleet; bars are shown only if the stream is a terminal."""
    return FleetProgress(watched(stream), connections)


class Progress:
    """One line for the run, with counts and time, on a terminal; it is removed before the report."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._bars = None if stream is None else self.create_bars(stream)
        self._state: dict[str, tuple[int, int]] = {}
        self._task: Any = None

    @property
    def console(self) -> Console | None:
        """Return the console of the progress line, for output above it; None if no progress is shown."""
        return self._bars.console if self._bars else None

    def create_bars(self, stream: IO[str]) -> Bars:
        """Return the bars that are shown, on ``stream``."""
        from rich.progress import MofNCompleteColumn, TextColumn, TimeElapsedColumn

        return bars(stream, MofNCompleteColumn(), TextColumn("answers"), TimeElapsedColumn())

    def __enter__(self) -> Self:
        if self._bars:
            self._task = self._bars.add_task("connecting", total=None)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def update(self, name: str, answered: int, total: int) -> None:
        """Show that ``answered`` of the ``total`` probes of a connection have an answer."""
        self._state[name] = (answered, total)
        if self._task is not None and self._bars:
            answered_count, total_count = (sum(pair[part] for pair in self._state.values()) for part in (0, 1))
            what = clean(name) if len(self._state) == 1 else f"{len(self._state)} connections"
            self._bars.update(self._task, description=f"asking {what}", completed=answered_count, total=total_count)

    def finished(self, name: str, status: VerdictStatus, summary: str) -> None:
        """Do nothing: a single verdict is not shown here."""


class FleetProgress(Progress):
    """The progress of a fleet: finished connections, their rate, broken connections.

    Without a terminal, each connection that does not work is printed as a line on standard output when it is finished.
    """

    def __init__(self, stream: IO[str] | None, connections: int) -> None:
        super().__init__(stream)
        self._connections, self._finished_count, self._broken, self._began = connections, 0, 0, 0.0

    def create_bars(self, stream: IO[str]) -> Bars:
        """Return the bars that are shown, on ``stream``."""
        from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

        return bars(stream, MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._bars:
            self._task = self._bars.add_task("verifying", total=self._connections, rate="")
            self._bars.start()
        return self

    def update(self, name: str, answered: int, total: int) -> None:
        """Do nothing: single answers are not shown for a fleet."""

    def finished(self, name: str, status: VerdictStatus, summary: str) -> None:
        """Count a finished connection; without bars, print a line if it does not work."""
        from conformance.verification.verdict import TROUBLE

        self._finished_count += 1
        broken = status in TROUBLE
        self._broken += broken
        if self._bars:
            rate = f"{self._finished_count / max(time.monotonic() - self._began, 1e-3):.1f}/s"
            description = f"{self._broken} broken" if self._broken else "verifying"
            self._bars.update(self._task, completed=self._finished_count, rate=rate, description=description)
        elif broken:
            from conformance.report.terminal_layout import Line, console, show
            from conformance.report.wording import SIGNS

            show(console(), [Line(summary, sign=SIGNS[status], name=name)])


def watched(stream: IO[str]) -> IO[str] | None:
    """Return the stream if it is a terminal that can redraw a line and not a CI log; otherwise None."""
    able = stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    return stream if able else None


def bars(stream: IO[str], *columns: ProgressColumn) -> Bars:
    """Return rich's progress bar: a spinner, the description, a bar, and these columns."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    plain = not (getattr(stream, "encoding", "") or "").lower().startswith("utf")
    return Progress(
        SpinnerColumn("line" if plain else "dots", style="cyan"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        *columns,
        console=Console(file=Outlet.of(stream), highlight=False),
        transient=True,
    )
