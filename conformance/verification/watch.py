"""Watch a broken connection: ask its broken checks again until all of them work, and record the events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from conformance.checks.outcome import Root
from conformance.checks.registry import Check
from conformance.probing.clock import Clock
from conformance.verification.pipeline import Examination, Policy
from conformance.verification.verdict import verdict
from conformance.verification.watch_event import WatchEvent

LOOK_INTERVAL = 10.0
"""Seconds between two rechecks of the broken checks."""
WATCH_LIMIT = timedelta(hours=1)
"""Default time for which a connection is watched."""

Key = tuple[str, str]
"""A check and the cause that it owns."""
BROKEN = ("failed", "blocked", "inconclusive", "error")
"""Outcomes of checks that are asked again."""
UNKNOWN = ("blocked", "inconclusive", "error")
"""Outcomes that say nothing about an earlier finding of the check: something else prevents the check."""


class Watch:
    """All examinations of one connection, from the first to the one without a broken check.

    It is the ``recheck`` of :func:`~conformance.verification.pipeline.gather`. After each examination that differs from
    the previous, ``tell`` is called with the examination and the events. ``moved`` returns whether the connection must
    be opened again, because its file has changed; the watch then pauses, and continues in the next gathering.
    ``seconds`` is the maximum duration of the watch.
    """

    interval = LOOK_INTERVAL

    def __init__(
        self,
        policy: Callable[[], Policy],
        seconds: float,
        tell: Callable[[Examination, Sequence[WatchEvent]], None],
        moved: Callable[[], bool] = lambda: False,
    ) -> None:
        self._policy, self.seconds, self._tell, self._moved = policy, seconds, tell, moved
        self._causes: Mapping[Key, Root] = {}
        self._partial = False
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.events: list[WatchEvent] = []
        """All events so far, oldest first."""

    @property
    def looking(self) -> bool:
        """Return whether the first examination is over, and the watch was not stopped."""
        return self._loop is not None and not self._stop.is_set()

    def stop(self) -> None:
        """End after the examination under way. May be called from any thread, once :attr:`looking`."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait for the next examination, or until :meth:`stop`."""
        self._loop = asyncio.get_running_loop()
        waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(self._stop.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def pending(self, checks: Sequence[Check], examination: Examination, now: datetime) -> list[Check]:
        """Record the events since the last examination; return the checks to ask again, none if the watch is over.

        Once nothing is broken, all checks are asked again, so that the whole report is true at one moment.
        """
        outcomes = self._policy().apply(examination.outcomes(checks), examination.connection.name)
        causes = {(cause.root.check, cause.root.finding.cause): cause.root for cause in verdict(outcomes).root_causes}
        unknown = {entry.check for entry in outcomes if entry.status in UNKNOWN}
        hidden = {key: root for key, root in self._causes.items() if key not in causes and key[0] in unknown}
        if news := events(self._causes, {**hidden, **causes}, now):
            self.events += news
            self._tell(examination, news)
        self._causes = {**hidden, **causes}
        if self._stop.is_set() or self._moved():
            return []
        broken = {entry.check for entry in outcomes if entry.status in BROKEN and entry.accepted is None}
        again = [check for check in checks if check.id in broken] if causes else list(checks) if self._partial else []
        self._partial = 0 < len(again) < len(checks)
        return again


def events(before: Mapping[Key, Root], after: Mapping[Key, Root], now: datetime) -> list[WatchEvent]:
    """Return the events between two examinations with these root causes, fixed root causes first."""
    fixed = [WatchEvent(now, "fixed", root) for key, root in before.items() if key not in after]
    return fixed + [WatchEvent(now, "found", root) for key, root in after.items() if key not in before]
