"""The number of connections in one task: a few at first, then as many as are verified in some seconds."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Generic, TypeVar

T = TypeVar("T")

FIRST_SIZE = 4
"""Connections in the first batches, whose cost is unknown."""
SECONDS = 5.0
"""Desired duration of a batch: long compared with the cost of a task, short enough to lose little with a worker."""
MAX_GROWTH = 2.0
"""Maximum factor by which one measurement changes the size: a silent tenant says little about the others."""
MAX_SIZE = 1000


class Batches(Generic[T]):
    """Items in input order, divided into batches; :meth:`record` takes the time of each batch."""

    def __init__(self, things: Iterable[T]) -> None:
        self._remaining = list(things)[::-1]
        self._size = float(FIRST_SIZE)

    def __bool__(self) -> bool:
        return bool(self._remaining)

    def take(self, slots: int) -> list[T]:
        """Return the next batch. Near the end, the remaining items are shared evenly among ``slots``."""
        size = min(round(self._size), ceil(len(self._remaining) / max(slots, 1)))
        return [self._remaining.pop() for _ in range(max(size, 1)) if self._remaining]

    def record(self, count: int, seconds: float) -> None:
        """Record that a batch of ``count`` items took ``seconds``, not counting the time it waited for a worker."""
        fitting = count * SECONDS / max(seconds, 1e-3)
        self._size = min(max(fitting, self._size / MAX_GROWTH, 1.0), self._size * MAX_GROWTH, MAX_SIZE)
