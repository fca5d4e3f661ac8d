"""Watch of a session's connections until they work: each event is printed, and the report is written again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.connection import Connection
from conformance.errors import UsageError
from conformance.pytest_plugin.cases import Run
from conformance.redaction import clean
from conformance.report.progress import MAX_NAMED
from conformance.report.terminal_layout import Line, show
from conformance.report.watch_lines import event_lines
from conformance.verification.pipeline import Examination, Policy, Recheck
from conformance.verification.watch import Watch
from conformance.verification.watch_event import WatchEvent

if TYPE_CHECKING:
    from rich.console import Console


class Watcher:
    """The watches of a session's connections, for at most ``seconds`` each.

    ``read`` reads the files again and returns their connections; a changed connection is opened again. ``publish`` is
    called with a connection and its evidence at each event. Lines go to ``console``. Raises
    :class:`~conformance.errors.UsageError` for more ``connections`` than the output has room for, and if connections
    are ``distributed`` over workers of pytest-xdist.
    """

    def __init__(
        self,
        seconds: float,
        policy: Callable[[], Policy],
        read: Callable[[], Sequence[Connection]],
        publish: Callable[[Run, Examination], None],
        console: Console,
        *,
        connections: int,
        distributed: bool,
    ) -> None:
        if distributed:
            raise UsageError("--sentinel-watch does not go with -n: it reports from one process")
        if connections > MAX_NAMED:
            raise UsageError(f"--sentinel-watch is for {MAX_NAMED} connections at most, and these are {connections}")
        self._seconds, self._policy, self._read, self._publish = seconds, policy, read, publish
        self._console, self._alone = console, connections == 1
        self._watches: dict[Run, Watch] = {}
        self._moved: set[Run] = set()
        self._problem = ""

    async def gather(self, run: Run, gather: Callable[[Recheck], Awaitable[Examination]]) -> Examination:
        """Return the evidence of a connection once it works, the time is over, or the user stops the watch."""
        ends = time.monotonic() + self._seconds
        watch = self._watches[run] = Watch(
            self._policy,
            self._seconds,
            lambda examination, events: self._tell(run, examination, events),
            lambda: self._has_moved(run),
        )
        examination = await gather(watch)
        while run in self._moved:
            self._moved.remove(run)
            watch.seconds = max(0.0, ends - time.monotonic())
            examination = await gather(watch)
        return replace(examination, events=tuple(watch.events))

    def stop(self) -> bool:
        """End all watches after one more examination; return whether there were any."""
        under_way = [watch for watch in self._watches.values() if watch.looking]
        for watch in under_way:
            watch.stop()
        if under_way:
            show(self._console, [Line("watching ends with a last look; press Ctrl-C again to stop at once")])
        return bool(under_way)

    def _tell(self, run: Run, examination: Examination, events: Sequence[WatchEvent]) -> None:
        name = "" if self._alone else clean(run.configured.name)
        show(self._console, [line for event in events for line in event_lines(event, name)])
        self._publish(run, replace(examination, events=tuple(self._watches[run].events)))

    def _has_moved(self, run: Run) -> bool:
        """Return whether this connection has changed in its file; if so, use the new values."""
        try:
            now = next((entry for entry in self._read() if entry.name == run.configured.name), run.configured)
            problem = ""
        except UsageError as error:
            now, problem = run.configured, clean(str(error).partition("\n")[0])
        if problem and problem != self._problem:
            show(self._console, [Line(f"the connection file cannot be used as it is now: {problem}")])
        self._problem = problem
        if now == run.configured:
            return False
        show(self._console, [Line("the connection file has changed, and is read again")])
        run.configured = now
        self._moved.add(run)
        return True
