"""Measurements of processes that take turns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.turns import Cost, Ratio, cost, in_turns


def test_runs_alternate_after_a_first_round_that_does_not_count() -> None:
    order: list[str] = []

    def run(name: str) -> Cost:
        order.append(name)
        return Cost(wall=len(order), cpu=len(order))

    first, second = in_turns(2, lambda: run("a"), lambda: run("b"))
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert [cost.wall for cost in first] == [3, 5]
    assert [cost.wall for cost in second] == [4, 6]


def test_ratio_is_the_median_of_the_rounds_with_its_spread() -> None:
    costs = [Cost(9, cpu) for cpu in (1.0, 4.0, 9.0)], [Cost(9, 2.0)] * 3
    assert str(Ratio.of_costs(*costs)) == "2.00 (0.50 to 4.50)"


def test_cost_of_a_process_that_fails_is_an_error(tmp_path: Path) -> None:
    process_cost = cost([sys.executable, "-c", "pass"], tmp_path, os.environ)
    assert process_cost.wall > 0
    assert process_cost.peak > 1_000_000
    with pytest.raises(subprocess.CalledProcessError):
        cost([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, os.environ)
