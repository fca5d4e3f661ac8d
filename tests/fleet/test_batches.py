"""Division of connections into batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.fleet.batches import FIRST_SIZE, SECONDS, Batches

costs = st.lists(st.floats(0, 500), max_size=50)


@given(st.lists(st.integers(), max_size=200), st.integers(1, 9), costs)
def test_everything_is_in_one_batch_and_in_order(things: list[int], slots: int, seconds: list[float]) -> None:
    batches, batched, measured = Batches(things), list[int](), iter(seconds)
    while batches:
        batch = batches.take(slots)
        assert batch
        batched += batch
        batches.record(len(batch), next(measured, 1.0))
    assert batched == things


def after(count: int, *, fixed: float, each: float) -> list[int]:
    """Return the sizes of ``count`` batches that take ``fixed`` seconds, and ``each`` seconds for each connection."""
    batches, sizes = Batches(range(100_000)), []
    for _ in range(count):
        sizes.append(len(batches.take(4)))
        batches.record(sizes[-1], fixed + each * sizes[-1])
    return sizes


def test_batches_grow_until_they_take_some_seconds() -> None:
    sizes = after(12, fixed=0.2, each=0.05)
    assert sizes[0] == FIRST_SIZE
    assert sizes[1] == 2 * FIRST_SIZE
    assert 0.8 * SECONDS < 0.2 + 0.05 * sizes[-1] < 1.2 * SECONDS


def test_a_slow_connection_is_a_batch_of_its_own() -> None:
    assert after(6, fixed=0, each=60)[-1] == 1


def test_one_slow_batch_does_not_shrink_all_later_batches() -> None:
    batches = Batches(range(10_000))
    for _ in range(8):
        batches.record(len(batches.take(4)), 1.0)
    before = len(batches.take(4))
    batches.record(before, 120.0)
    assert len(batches.take(4)) >= before / 2


def test_the_last_connections_are_shared_by_all_workers() -> None:
    batches = Batches(range(110))
    for _ in range(5):
        batches.record(100, 1.0)
    assert [len(batches.take(4)) for _ in range(4)] == [28, 21, 16, 12]
