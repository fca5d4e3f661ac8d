"""Processes measured in turns (A B A B ...): each round gives a ratio, and noise of the machine affects both alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """Elapsed seconds, processor seconds (including the process's children), and peak memory in bytes."""

    wall: float
    cpu: float
    peak: int = 0


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, with the smallest and the largest."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> Ratio:
        """Return the ratio of two sequences of figures, one figure for each round in each."""
        ratios = [cost / other for cost, other in zip(above, below, strict=True)]
        return cls(median(ratios), min(ratios), max(ratios))

    @classmethod
    def of_costs(cls, above: Sequence[Cost], below: Sequence[Cost]) -> Ratio:
        """Return the ratio of processor times, which hardly depend on the other load of the machine."""
        return cls.of([cost.cpu for cost in above], [cost.cpu for cost in below])

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def cost(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a process in a folder and return its cost. Raises ``CalledProcessError`` if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        list(map(str, command)), cwd=folder, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(map(str, command)))
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def in_turns(times: int, *runs: Callable[[], Cost]) -> list[list[Cost]]:
    """Run each once without measuring (it may write bytecode), then all in turns; return the costs of each, by
    round.
    """
    for run in runs:
        run()
    rounds = [[run() for run in runs] for _ in range(times)]
    return [list(costs) for costs in zip(*rounds, strict=True)]
