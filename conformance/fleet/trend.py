"""The trend of a fleet over time, computed from its history."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.results.history import Episode, History, Observation, by_connection, episodes, flapping, median
from conformance.verification.verdict import VerdictStatus

SAME_RUN = timedelta(hours=1)
"""Within which the shares of one run begin: the jobs of a CI matrix start when there is a machine for them."""


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run over the fleet, and how many connections had which verdict."""

    started: datetime
    counts: Mapping[VerdictStatus, int]


@dataclass(frozen=True, slots=True)
class OpenCause:
    """A cause that is still there: how many connections have it, and since when (the earliest)."""

    cause: str
    connections: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ResolvedCause:
    """A cause that was resolved: how many times, and its median duration."""

    cause: str
    times: int
    median: timedelta


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs in their order; open causes, most connections first; flapping connections, most changes first; resolved
    causes, slowest first.
    """

    nights: tuple[RunPoint, ...]
    open: tuple[OpenCause, ...]
    flapping: Mapping[str, int]
    resolved: tuple[ResolvedCause, ...]


def trend(history: History, since: datetime | None = None) -> Trend:
    """Return the trend since a moment. Episodes that began earlier count from their beginning."""
    observations = history.observations(since)
    begun_earlier = {name for name, seen in by_connection(observations).items() if seen[0].causes} if since else set()
    earlier = [one for one in history.observations(connections=begun_earlier) if since and one.started < since]
    found = [one for one in episodes([*earlier, *observations]) if not (one.ended and since and one.ended < since)]
    return Trend(nights(observations), open_causes(found), flapping(observations), resolved_causes(found))


def nights(observations: Iterable[Observation]) -> tuple[RunPoint, ...]:
    """Return observations grouped by run. Runs with the same start and no common connection are shards of one run."""
    by_start: dict[datetime, list[Observation]] = defaultdict(list)
    for one in observations:
        by_start[one.started].append(one)
    runs: list[list[Observation]] = []
    names: set[str] = set()
    for started, seen in sorted(by_start.items()):
        new = {one.connection for one in seen}
        if runs and started - runs[-1][0].started <= SAME_RUN and not new & names:
            runs[-1] += seen
            names |= new
        else:
            runs.append(list(seen))
            names = new
    return tuple(RunPoint(run[0].started, Counter(one.status for one in run)) for run in runs)


def open_causes(found: Iterable[Episode]) -> tuple[OpenCause, ...]:
    """Return the episodes that have not ended, grouped by cause."""
    lasting = _by_cause(one for one in found if one.ended is None)
    causes = [
        OpenCause(cause, len({one.connection for one in group}), min(one.first_seen for one in group))
        for cause, group in lasting.items()
    ]
    return tuple(sorted(causes, key=lambda one: (-one.connections, one.since, one.cause)))


def resolved_causes(found: Iterable[Episode]) -> tuple[ResolvedCause, ...]:
    """Return the episodes that ended, grouped by cause."""
    times = {
        cause: [took for one in group if (took := one.time_to_fix) is not None]
        for cause, group in _by_cause(one for one in found if one.ended).items()
    }
    causes = [ResolvedCause(cause, len(took), middle) for cause, took in times.items() if (middle := median(took))]
    return tuple(sorted(causes, key=lambda one: (-one.median, one.cause)))


def _by_cause(found: Iterable[Episode]) -> dict[str, list[Episode]]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    for one in found:
        groups[one.cause].append(one)
    return groups
