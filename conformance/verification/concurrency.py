"""Limit how many items, and how many of one group, run concurrently, keeping input order."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable
from typing import Generic, TypeVar

from conformance.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

MAX_PER_GROUP = 4
"""Connections of a group at the same time. More would only queue behind the rate limit and time out."""


def account_key(connection: Connection) -> Hashable:
    """Return the key of connections whose requests the services count together: the same app in the same tenant."""
    return connection.tenant_id.lower(), connection.client_id.lower()


def no_group(thing: object) -> None:
    """Put every item in no group (no limit)."""


class GroupLimiter(Generic[T]):
    """Selects the next item whose group has room; items of a full group are deferred. Group None has no limit."""

    def __init__(self, things: Iterable[T], group: Callable[[T], Hashable], most: int = MAX_PER_GROUP) -> None:
        self._things, self._group, self._most = iter(things), group, most
        self._working: Counter[Hashable] = Counter()
        self._passed: defaultdict[Hashable, deque[T]] = defaultdict(deque)
        self._ready: deque[T] = deque()

    def next(self) -> T | None:
        """Return the next item, or None when nothing may begin now."""
        if self._ready:
            return self._ready.popleft()
        for thing in self._things:
            if (key := self._group(thing)) is None:
                return thing
            if self._working[key] < self._most:
                self._working[key] += 1
                return thing
            self._passed[key].append(thing)
        return None

    def release(self, thing: T) -> None:
        """End an item: make room for the next of its group."""
        if (key := self._group(thing)) is None:
            return
        if waiting := self._passed.get(key):
            self._ready.append(waiting.popleft())
            return
        self._working[key] -= 1
        if not self._working[key]:
            del self._working[key]
            self._passed.pop(key, None)


def _has_failed(task: asyncio.Task[R]) -> bool:
    return task.cancelled() or task.exception() is not None


async def run_concurrently(
    work: Callable[[T], Awaitable[R]], things: Iterable[T], jobs: int, group: Callable[[T], Hashable] = no_group
) -> AsyncGenerator[R]:
    """Run ``work`` on all things, ``jobs`` at a time, and yield each result as soon as it is ready.

    At most :data:`MAX_PER_GROUP` of a ``group`` run at the same time. A result that was not taken yet counts as
    running. An error of ``work`` is raised here, and cancels the rest.
    """
    waiting = GroupLimiter(things, group)
    running: dict[asyncio.Task[R], T] = {}

    async def run_item(thing: T) -> R:
        return await work(thing)

    def fill() -> None:
        while len(running) < jobs and (thing := waiting.next()) is not None:
            running[asyncio.create_task(run_item(thing))] = thing

    try:
        fill()
        while running:
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(
                finished, key=_has_failed
            ):  # successes first: an error must not lose results that finished at the same time
                waiting.release(running.pop(task))
                fill()  # one new task for each result taken: waiting results keep all their evidence in memory
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
