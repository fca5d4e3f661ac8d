"""The rate of requests to services: never more than the published limits, in a fair order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis.limits import SERVICES
from conformance.probing import rate_limits as paces
from conformance.probing.rate_limits import RateLimit, RateLimits, TokenBucket
from tests.contoso import made_up
from tests.virtual_loop import LoopClock, run

CLOCK = LoopClock()
PATIENCE = 45.0
LIMITS = [limit for service in SERVICES for limit in service.limits if limit.paced]

moments = st.lists(st.floats(0, 1000), max_size=60).map(sorted)
sizes, rates = st.floats(1, 50), st.floats(0.1, 50)


def departures(bucket: TokenBucket, moments: Sequence[float]) -> list[float]:
    """Return the moments at which requests leave that are ready at these moments."""
    return [moment + bucket.take(moment) for moment in moments]


def busiest(leaving: Sequence[float], window: float) -> int:
    """Return the largest number of requests in any window of so many seconds."""
    return max((sum(start <= moment < start + window for moment in leaving) for start in leaving), default=0)


class TestABucket:
    @given(sizes, rates, moments, st.floats(0.01, 500))
    def test_never_admits_more_than_its_size_and_rate(
        self, size: float, rate: float, moments: list[float], window: float
    ) -> None:
        assert busiest(departures(TokenBucket(size, rate), moments), window) <= size + rate * window + 1e-3

    @given(sizes, rates, moments)
    def test_admits_a_burst_of_its_size_at_once(self, size: float, rate: float, moments: list[float]) -> None:
        within = moments[: int(size)]
        assert departures(TokenBucket(size, rate), within) == pytest.approx(within)

    @given(sizes, rates, moments, moments, st.floats(0, 1000))
    def test_never_admits_more_after_being_emptied(
        self, size: float, rate: float, before: list[float], after: list[float], until: float
    ) -> None:
        emptied, other = TokenBucket(size, rate), TokenBucket(size, rate)
        assert departures(emptied, before) == departures(other, before)
        last = before[-1] if before else 0.0
        emptied.empty(max(until, last))
        moments = [last + moment for moment in after]
        for delayed, unmoved in zip(departures(emptied, moments), departures(other, moments), strict=True):
            assert delayed >= unmoved

    def test_keeps_the_published_limits_in_any_window(self, subtests: pytest.Subtests) -> None:
        """The limit holds as a token bucket, or else in any window of the published length."""
        for limit in LIMITS:
            with subtests.test(limit=limit):
                leaving = departures(TokenBucket(limit.size, limit.rate), [0.0] * 600)
                allowed = limit.size + limit.rate * limit.seconds if limit.bucket else limit.requests
                assert busiest(leaving, limit.seconds) <= allowed + 1


def account(size: float = 2, rate: float = 1) -> RateLimit:
    return RateLimit((TokenBucket(size, rate),))


async def turns(limit: RateLimit, count: int, patience: float = PATIENCE) -> list[float]:
    """Return the moments at which ``count`` requests leave that are all ready now."""

    async def wait_for_turn() -> float:
        await limit.acquire(CLOCK, patience)
        return CLOCK.monotonic()

    return sorted(await asyncio.gather(*(wait_for_turn() for _ in range(count))))


class TestAnAccount:
    def test_admits_requests_at_its_rate(self) -> None:
        assert run(turns(account(), 5)) == pytest.approx([0, 0, 1, 2, 3])

    def test_returns_the_duration_of_a_wait(self) -> None:
        async def third() -> float:
            limit = account()
            await turns(limit, 2)
            return await limit.acquire(CLOCK, PATIENCE)

        assert run(third()) == pytest.approx(1)

    @pytest.mark.parametrize(
        ("exhausted", "moments"), [(False, [20, 20, 20]), (True, [20, 21, 22])], ids=["out of order", "asked too often"]
    )
    def test_admits_no_request_while_it_is_paused(self, exhausted: bool, moments: list[float]) -> None:
        """After that, an exhausted limit admits one request after the other."""

        async def closed() -> list[float]:
            limit = account(size=10)
            limit.pause_until(20, exhausted=exhausted)
            return await turns(limit, 3)

        assert run(closed()) == pytest.approx(moments)

    def test_delays_requests_that_wait_already_when_paused(self) -> None:
        async def closed() -> list[float]:
            limit = account()
            leaving = asyncio.create_task(turns(limit, 5))
            await asyncio.sleep(1.5)
            limit.pause_until(10, exhausted=True)
            return await leaving

        assert run(closed()) == pytest.approx([0, 0, 1, 10, 11])

    def test_an_earlier_end_does_not_replace_a_later_one(self) -> None:
        async def closed() -> list[float]:
            limit = account()
            limit.pause_until(20, exhausted=False)
            limit.pause_until(10, exhausted=False)
            return await turns(limit, 1)

        assert run(closed()) == pytest.approx([20])

    def test_keeps_no_request_longer_than_its_patience(self) -> None:
        async def closed() -> list[float]:
            limit = account(size=1, rate=0.01)
            return await turns(limit, 4, patience=5)

        assert run(closed()) == pytest.approx([0, 5, 5, 5])

    def test_without_a_published_limit_admits_requests_at_once(self) -> None:
        assert run(turns(RateLimit(()), 100)) == [0] * 100


class TestTheAccountsOfARun:
    def test_the_same_app_in_the_same_tenant_is_one_account(self) -> None:
        pace = RateLimits()
        own = pace.accounts(made_up().facts(), 0)
        two = pace.accounts(made_up(name="other", workspace_name="other", tenant_id=TENANT.upper()).facts(), 0)
        assert {api for api in own if own[api] is two[api]} == {*own}

    def test_azure_resource_manager_and_sentinel_count_together_and_by_subscription(self) -> None:
        pace = RateLimits()
        own, two = pace.accounts(made_up().facts(), 0), pace.accounts(made_up(subscription_id=OTHER).facts(), 0)
        assert own["arm"] is own["sentinel"]
        assert {api for api in own if own[api] is not two[api]} == {"arm", "sentinel"}

    @pytest.mark.parametrize("name", ["tenant_id", "client_id"])
    def test_other_accounts_share_nothing_with_it(self, name: str) -> None:
        pace = RateLimits()
        own, two = pace.accounts(made_up().facts(), 0), pace.accounts(made_up(**{name: OTHER}).facts(), 0)
        assert not {api for api in own if own[api] is two[api]}

    def test_apps_share_the_limit_of_their_subscription(self) -> None:
        async def all_of_them() -> float:
            pace = RateLimits()
            apps = [pace.accounts(made_up(client_id=f"app-{number}").facts(), 0)["arm"] for number in range(16)]
            await asyncio.gather(*(turns(limit, 250) for limit in apps))
            return CLOCK.monotonic()

        (overall,) = (limit for limit in LIMITS if limit.counted_by == ("subscription_id",))
        assert run(all_of_them()) == pytest.approx((16 * 250 - overall.size) / overall.rate)

    def test_a_paused_tenant_delays_no_other(self) -> None:
        async def other() -> list[float]:
            pace = RateLimits()
            hostile = pace.accounts(made_up().facts(), 0)
            elsewhere = pace.accounts(made_up(tenant_id=OTHER).facts(), 0)
            for limit in hostile.values():
                limit.pause_until(86400, exhausted=True)
            return [moment for limit in elsewhere.values() for moment in await turns(limit, 5)]

        assert {*run(other())} == {0}

    def test_accounts_in_their_initial_state_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paces, "MIN_ACCOUNTS", 10)
        pace = RateLimits()
        for number in range(100):
            pace.accounts(made_up(tenant_id=f"tenant-{number}").facts(), number)
        assert len(pace._accounts) < 30

    def test_accounts_with_a_state_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(paces, "MIN_ACCOUNTS", 10)

        async def later() -> list[float]:
            pace = RateLimits()
            pace.accounts(made_up().facts(), 0)["graph"].pause_until(30, exhausted=True)
            for number in range(100):
                pace.accounts(made_up(tenant_id=f"tenant-{number}").facts(), 0)
            return await turns(pace.accounts(made_up().facts(), 0)["graph"], 1)

        assert run(later()) == [30]


TENANT = made_up().tenant_id
OTHER = "00000000-0c0f-4c0f-a11c-00000000000f"
