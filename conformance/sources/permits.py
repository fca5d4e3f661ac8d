"""Permits to open sockets, shared by all event loops and threads of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from threading import Lock

from conformance.probing.open_files import files_left, raise_limit
from conformance.probing.shortage import Shortage

MAX_SOCKETS = 400
"""Maximum sockets of a process: enough for 16 connections at a time, which keep a processor busy."""


class Permits:
    """``total`` permits, granted in the order of the requests."""

    def __init__(self, total: int) -> None:
        self._most = self._total = self._free = total
        self._lock = Lock()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, most: int, least: int = 1) -> AsyncIterator[int]:
        """Wait for ``most`` permits, or for all if there are fewer; yield the number taken, and release them at the
        end.

        After a success, some of the permits that :meth:`shrink` removed are added again. Raises :class:`Shortage` if
        there are fewer than ``least``.
        """
        count = min(most, self._total)
        if count < least:
            raise Shortage("open files")
        await self._take(count)
        try:
            yield count
        except BaseException:
            self._give(count)
            raise
        self._give(count, more=max(1, count // 4))

    def shrink(self, least: int) -> None:
        """Reduce the total to half of the permits in use, but at least ``least``: this machine cannot open as many as
        assumed.
        """
        with self._lock:
            fewer = self._total - max(min(least, self._total), (self._total - self._free) // 2)
            self._total -= fewer
            self._free -= fewer

    def next_is_here(self) -> bool:
        """Return whether the next request for permits waits in the running event loop."""
        with self._lock:
            return bool(self._waiting) and self._waiting[0][1].get_loop() is asyncio.get_running_loop()

    def bound(self, most: int) -> None:
        """Limit the total to ``most`` permits from now on. Must be called before any is taken."""
        with self._lock:
            self._most = self._total = self._free = min(self._most, most)

    async def _take(self, count: int) -> None:
        waiting = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append((count, waiting))
            self._serve()
        try:
            await waiting
        except asyncio.CancelledError:
            with self._lock:
                if (count, waiting) in self._waiting:
                    self._waiting.remove((count, waiting))
                    count = 0
            self._give(count)
            raise

    def _give(self, count: int, more: int = 0) -> None:
        with self._lock:
            more = min(more, self._most - self._total)
            self._total += more
            self._free += count + more
            self._serve()

    def _serve(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            count, waiting = self._waiting.popleft()
            try:
                waiting.get_loop().call_soon_threadsafe(_grant, waiting)
            except RuntimeError:  # its event loop is closed
                continue
            self._free -= count


def _grant(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


@cache
def socket_permits() -> Permits:
    """Return the permits of this process: as many sockets as its limit of open files allows, up to ``MAX_SOCKETS``. The
    limit is raised first, if the system allows it.
    """
    raise_limit()
    return Permits(min(max(files_left(), 0), MAX_SOCKETS))
