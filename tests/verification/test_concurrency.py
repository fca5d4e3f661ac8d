"""Limits of concurrency: a few items of a group at a time, while a full group does not delay others."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis.limits import COUNTED
from conformance.probing.transport import CONCURRENCY
from conformance.verification.background import BackgroundGatherer
from conformance.verification.concurrency import MAX_PER_GROUP, GroupLimiter, account_key, no_group, run_concurrently
from tests.contoso import made_up


def first(thing: str) -> str:
    return thing[0]


@given(st.lists(st.text("abc", min_size=1, max_size=3)), st.integers(1, 3), st.data())
def test_every_item_starts_once_and_groups_never_exceed_their_limit(
    things: list[str], most: int, data: st.DataObject
) -> None:
    admission = GroupLimiter(things, first, most)
    working: list[str] = []
    ended: list[str] = []
    while True:
        while (thing := admission.next()) is not None:
            working.append(thing)
            assert sum(first(other) == first(thing) for other in working) <= most
        if not working:
            break
        finished = working.pop(data.draw(st.integers(0, len(working) - 1)))
        admission.release(finished)
        ended.append(finished)
    assert sorted(ended) == sorted(things)


def test_items_of_a_full_group_are_deferred_until_a_place_is_free() -> None:
    admission = GroupLimiter(["a1", "a2", "a3", "b1", "a4"], first, most=1)
    assert [admission.next() for _ in range(3)] == ["a1", "b1", None]
    admission.release("a1")
    assert [admission.next() for _ in range(2)] == ["a2", None]


def test_items_without_a_group_have_no_limit() -> None:
    admission = GroupLimiter(range(100), no_group, most=1)
    assert [admission.next() for _ in range(101)] == [*range(100), None]


def test_connections_of_one_app_in_one_tenant_are_a_group() -> None:
    other = "00000000-0c0f-4c0f-a11c-00000000000f"
    connection = made_up()
    assert account_key(connection) == account_key(
        made_up(name="other", subscription_id=other, tenant_id=connection.tenant_id.upper())
    )
    assert (
        len({account_key(connection), account_key(made_up(tenant_id=other)), account_key(made_up(client_id=other))})
        == 3
    )


def test_a_group_that_hangs_does_not_delay_others() -> None:
    async def work(thing: str) -> str:
        await asyncio.sleep(60 if thing[0] == "a" else 0)
        return thing

    async def run() -> list[str]:
        things = [f"a{number}" for number in range(50)] + ["b", "c", "d"]
        results = []
        async for result in run_concurrently(work, things, MAX_PER_GROUP + 1, first):
            results.append(result)
            if len(results) == 3:
                break
        return results

    assert sorted(asyncio.run(run())) == ["b", "c", "d"]


def test_background_work_with_groups_is_finished() -> None:
    with BackgroundGatherer(lambda thing: asyncio.sleep(0), ["a1", "a2", "b1"], jobs=2, group=first) as gathering:
        assert sorted(gathering.finished()) == ["a1", "a2", "b1"]


def test_a_group_fits_into_the_queue_of_log_analytics() -> None:
    service = COUNTED["log_analytics"]
    assert service.running is not None
    assert MAX_PER_GROUP * CONCURRENCY["log_analytics"] <= service.running + service.queued


def test_results_finished_at_the_same_time_as_an_error_come_first() -> None:
    async def work(number: int) -> int:
        if number == 0:
            raise LookupError
        return number

    results = []

    async def main() -> None:
        async for result in run_concurrently(work, range(3), 3):
            results.append(result)

    with pytest.raises(LookupError):
        asyncio.run(main())
    assert sorted(results) == [1, 2]
