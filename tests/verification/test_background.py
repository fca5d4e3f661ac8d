"""Background work: results as they are finished, a limit of concurrency, and an end even after errors."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from conformance.verification.background import BackgroundGatherer
from conformance.verification.concurrency import run_concurrently
from tests import virtual_loop
from tests.fakes.echo_server import NET


def test_results_come_in_the_order_in_which_they_are_finished() -> None:
    """Each item ends only after the previous result was returned."""
    ends = {name: threading.Event() for name in "abc"}

    async def work(name: str) -> None:
        await asyncio.to_thread(ends[name].wait)

    with BackgroundGatherer(work, [*"abc"], jobs=3) as gathering:
        finished = gathering.finished()
        for name in "bca":
            ends[name].set()
            assert next(finished) == name
        assert list(finished) == []


def test_an_item_that_hangs_does_not_delay_others() -> None:
    ends = threading.Event()

    async def work(name: str) -> None:
        if name == "hangs":
            await asyncio.to_thread(ends.wait)

    with BackgroundGatherer(work, ["hangs", *"abcd"], jobs=2) as gathering:
        finished = gathering.finished()
        assert sorted(next(finished) for _ in "abcd") == [*"abcd"]
        ends.set()
        assert list(finished) == ["hangs"]


@pytest.mark.parametrize("jobs", [1, 3, 50])
def test_jobs_limits_the_items_in_work(jobs: int) -> None:
    """No item ends before ``jobs`` items are running: with lower concurrency the work would time out."""
    running = Counter[str]()

    async def work(_: int) -> None:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        if running["most"] == min(jobs, 20):
            all_begun.set()
        async with asyncio.timeout(NET):
            await all_begun.wait()
        running["now"] -= 1

    all_begun = asyncio.Event()
    with BackgroundGatherer(work, range(20), jobs) as gathering:
        assert sorted(gathering.finished()) == [*range(20)]
    assert running["most"] == min(jobs, 20)


def test_an_error_is_raised_to_the_caller_and_cancels_the_rest() -> None:
    given_up: list[str] = []

    async def work(name: str) -> None:
        if name == "broken":
            raise LookupError(name)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            given_up.append(name)
            raise

    with BackgroundGatherer(work, ["slow", "broken"], jobs=2) as gathering, pytest.raises(LookupError, match="broken"):
        list(gathering.finished())
    assert given_up == ["slow"]


def test_exiting_early_cancels_pending_work() -> None:
    async def work(name: str) -> None:
        if name == "hangs":
            await asyncio.Event().wait()

    with BackgroundGatherer(work, ["works", "hangs"], jobs=2) as gathering:
        assert next(gathering.finished()) == "works"
    assert not any(thread.name == "sentinel-gathering" for thread in threading.enumerate())


def test_nothing_to_do_ends_at_once() -> None:
    nothing: list[float] = []
    with BackgroundGatherer(asyncio.sleep, nothing, jobs=2) as gathering:
        assert list(gathering.finished()) == []


# The same without a thread


def test_results_come_as_finished_and_items_are_taken_only_when_a_place_is_free() -> None:
    seconds_used: list[float] = []
    ended: list[float] = []

    def things() -> Iterator[float]:
        for seconds in (0.1, 0.0, 0.02):
            seconds_used.append(seconds)
            assert len(seconds_used) <= len(ended) + 2
            yield seconds

    async def work(seconds: float) -> float:
        await asyncio.sleep(seconds)
        ended.append(seconds)
        return seconds * 2

    async def run() -> list[float]:
        return [result async for result in run_concurrently(work, things(), 2)]

    assert virtual_loop.run(run()) == [0.0, 0.04, 0.2]
