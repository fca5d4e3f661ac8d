"""Evidence gathered in the background: an event loop in its own thread, while the main thread judges."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from conformance.verification.concurrency import no_group, run_concurrently

T = TypeVar("T")
MAX_WAITING = 4
"""Finished items that may wait to be taken. At this number no new item begins: each holds all its evidence."""


class BackgroundGatherer(Generic[T]):
    """Runs ``work`` on all ``things``, ``jobs`` at a time, in a thread; ``finished`` yields them as they end.

    ``work`` stores its result on the item; nothing is returned. Exiting early cancels pending work. ``group`` is as for
    :func:`~conformance.verification.concurrency.run_concurrently`.
    """

    def __init__(
        self,
        work: Callable[[T], Awaitable[None]],
        things: Sequence[T],
        jobs: int,
        group: Callable[[T], Hashable] = no_group,
    ) -> None:
        self._work, self._things, self._jobs, self._group = work, things, jobs, group
        self._ended: queue.SimpleQueue[T | BaseException | None] = queue.SimpleQueue()
        self._slot_free = asyncio.Event()
        """Set in the event loop of the thread, after an item was taken."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sentinel-gathering", daemon=True)

    def __enter__(self) -> BackgroundGatherer[T]:
        self._task = self._loop.create_task(self._all())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed by itself
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def finished(self) -> Iterator[T]:
        """Yield each item as soon as it is done. Raises the error of ``work``."""
        while (ended := self._ended.get()) is not None:
            if isinstance(ended, BaseException):
                raise ended
            with contextlib.suppress(RuntimeError):  # the loop has closed by itself
                self._loop.call_soon_threadsafe(self._slot_free.set)
            yield ended

    def call(self, function: Callable[[], object]) -> None:
        """Let the event loop call a function. May be called from any thread, while entered."""
        with contextlib.suppress(RuntimeError):  # the loop has closed by itself
            self._loop.call_soon_threadsafe(function)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _all(self) -> None:
        async def run(thing: T) -> T:
            await self._work(thing)
            return thing

        try:
            async with contextlib.aclosing(run_concurrently(run, self._things, self._jobs, self._group)) as ended:
                async for thing in ended:
                    self._ended.put(thing)
                    await self._room()
        except Exception as error:
            self._ended.put(error)
        self._ended.put(None)

    async def _room(self) -> None:
        """Wait until few finished items are left to take."""
        while True:
            self._slot_free.clear()
            if self._ended.qsize() < MAX_WAITING:
                return
            await self._slot_free.wait()
