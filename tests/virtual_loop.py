"""Virtual time for tests: when all tasks sleep, time moves to the moment at which the first one wakes up."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from conformance.probing.clock import Clock

T = TypeVar("T")


class Skipping(asyncio.SelectorEventLoop):
    """An event loop that never waits; its time starts at 0. It supports no sockets, and threads take no time."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def skip(self, seconds: float) -> None:
        self._now += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: Skipping) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.skip(timeout or 0.0)
        return super().select(0)


class LoopClock(Clock):
    """A clock with the time of the running event loop."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=Skipping) as runner:
        return runner.run(main)
