"""The simulation behind docs/scale.md, on fleets whose timing is easy to compute."""

from __future__ import annotations

import pytest

from benchmarks.figures import ROOT
from benchmarks.simulate import JOBS, PACED, Cost, Fleet, limits, measured, simulate

IDLE = Cost(0.0, {})


def test_without_costs_only_round_trips_count() -> None:
    assert simulate(Fleet(JOBS, round_trip=0.1), IDLE).seconds == pytest.approx(0.5)
    assert simulate(Fleet(JOBS + 1, round_trip=0.1), IDLE).seconds == pytest.approx(1.0)


def test_a_processor_does_one_thing_at_a_time() -> None:
    course = simulate(Fleet(1000), Cost(0.1, {}))
    assert course.seconds == pytest.approx(100, rel=0.02)
    assert course.busy == pytest.approx(1, rel=0.02)
    assert simulate(Fleet(1000, processes=4), Cost(0.1, {})).seconds == pytest.approx(25, rel=0.04)


def test_twice_as_many_take_twice_as_long() -> None:
    cost = Cost(0.1, {"arm": 30})
    assert simulate(Fleet(2000), cost).seconds == pytest.approx(2 * simulate(Fleet(1000), cost).seconds, rel=0.02)


def test_hanging_connections_keep_their_jobs_and_delay_no_other() -> None:
    assert simulate(Fleet(10, hanging=0.1), IDLE).seconds == 60
    assert 100 <= simulate(Fleet(1000, hanging=0.01), Cost(0.1, {})).seconds <= 100 + 60


@pytest.mark.parametrize("api", PACED)
def test_connections_of_one_app_wait_for_its_bucket(api: str) -> None:
    size, rate = int(PACED[api].size), PACED[api].rate
    cost = Cost(0.0, {api: size})
    apart, together = (simulate(Fleet(10, together=number), cost) for number in (1, 10))
    assert not apart.waited
    assert together.seconds == pytest.approx(9 * size / rate)


def test_queries_may_be_counted_by_address() -> None:
    cost = Cost(0.0, {"log_analytics": 10})
    course = simulate(Fleet(1000, per_address=True), cost)
    assert course.seconds == pytest.approx((10_000 - 200) / (200 / 30), rel=0.1)
    assert simulate(Fleet(1000, per_address=True), cost) == course


def test_costs_are_the_measured_ones() -> None:
    assert measured("| processor time of a request, in ms | 1.50 |  |") == pytest.approx(0.0015)
    with pytest.raises(SystemExit, match="make bench-fleet"):
        measured("nothing")


def test_the_page_states_the_declared_limits() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert f"<!-- limits -->\n{limits()}\n<!-- /limits -->" in page, (
        "python -m benchmarks.simulate --write docs/scale.md"
    )
