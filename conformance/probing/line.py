"""A limit on requests in flight, with the most urgent waiting request first."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from types import TracebackType


class Line:
    """Allows at most ``places`` requests in flight. The most urgent waiting request is next; among equals, the
    earliest.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def place(self, urgency: int = 0) -> Place:
        """Return a context manager that waits until a place is free, and holds it."""
        return Place(self, urgency)

    async def enter(self, urgency: int) -> None:
        """Wait for a place. Each call must be followed by :meth:`leave`."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-urgency, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place to the next waiting request."""
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Place:
    """One place in a line."""

    __slots__ = ("_line", "_urgency")

    def __init__(self, line: Line, urgency: int) -> None:
        self._line, self._urgency = line, urgency

    async def __aenter__(self) -> None:
        await self._line.enter(self._urgency)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._line.leave()
