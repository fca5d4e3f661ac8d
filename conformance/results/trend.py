"""The trend of a fleet over time, computed from its history."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from itertools import islice

from conformance.report.fleet.past import Past, Since
from conformance.report.fleet.trend import OpenCause, ResolvedCause, RunPoint, Trend
from conformance.results.history import Episode, History, Observation, by_connection, episodes, flapping, median
from conformance.verification.verdict import VerdictStatus

SAME_RUN = timedelta(hours=1)
"""The maximum time between the starts of one run's shards: the jobs of a CI matrix start when a machine is free."""
MAX_POINTS = 90
"""The maximum number of runs in the chart of a page; the last runs are shown."""
BATCH = 1000
"""The number of connections whose observations are read at once."""


def trend(history: History, since: datetime | None = None) -> Trend:
    """Return the trend since a moment. Causes that were open at that moment count from their first day."""
    observations = history.observations(since)
    begun_earlier = (
        {name for name, of_connection in by_connection(observations).items() if of_connection[0].causes}
        if since
        else set()
    )
    earlier = [
        observation
        for observation in history.observations(connections=begun_earlier)
        if since and observation.started < since
    ]
    episodes_found = [
        episode
        for episode in episodes([*earlier, *observations])
        if not (episode.ended and since and episode.ended < since)
    ]
    return Trend(
        nights(observations), open_causes(episodes_found), flapping(observations), resolved_causes(episodes_found)
    )


def nights(observations: Iterable[Observation]) -> tuple[RunPoint, ...]:
    """Return observations grouped by run. Runs with the same start and no common connection are shards of one run."""
    by_start: dict[datetime, list[Observation]] = defaultdict(list)
    for observation in observations:
        by_start[observation.started].append(observation)
    runs: list[list[Observation]] = []
    names: set[str] = set()
    for started, of_night in sorted(by_start.items()):
        new = {observation.connection for observation in of_night}
        if runs and started - runs[-1][0].started <= SAME_RUN and not new & names:
            runs[-1] += of_night
            names |= new
        else:
            runs.append(list(of_night))
            names = new
    return tuple(RunPoint(run[0].started, Counter(observation.status for observation in run)) for run in runs)


def open_causes(episodes: Iterable[Episode]) -> tuple[OpenCause, ...]:
    """Return the episodes that have not ended, grouped by cause."""
    lasting = _by_cause(episode for episode in episodes if episode.ended is None)
    causes = [
        OpenCause(cause, len({episode.connection for episode in group}), min(episode.first_seen for episode in group))
        for cause, group in lasting.items()
    ]
    return tuple(sorted(causes, key=lambda cause: (-cause.connections, cause.since, cause.cause)))


def resolved_causes(episodes: Iterable[Episode]) -> tuple[ResolvedCause, ...]:
    """Return the episodes that ended, grouped by cause."""
    times = {
        cause: [took for episode in group if (took := episode.time_to_fix) is not None]
        for cause, group in _by_cause(episode for episode in episodes if episode.ended).items()
    }
    causes = [ResolvedCause(cause, len(took), middle) for cause, took in times.items() if (middle := median(took))]
    return tuple(sorted(causes, key=lambda cause: (-cause.median, cause.cause)))


def _by_cause(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        groups[episode.cause].append(episode)
    return groups


def past(history: History, names: Collection[str]) -> Past:
    """Return the past for a page: the last runs, and the time since which each cause of these connections lasts.

    Observations are read for 1,000 connections at a time. Raises ``sqlite3.Error``.
    """
    since: dict[tuple[str, str], Since] = {}
    waiting = iter(names)
    while batch := list(islice(waiting, BATCH)):
        looks = history.observations(connections=batch)
        first = {name: of_connection[0].started for name, of_connection in by_connection(looks).items()}
        for episode in episodes(looks):
            key = episode.connection, episode.cause
            if episode.ended is None and (key not in since or episode.first_seen < since[key].moment):
                since[key] = Since(episode.first_seen, earlier=episode.first_seen == first[episode.connection])
    return Past(since, run_points(history))


def run_points(history: History) -> tuple[RunPoint, ...]:
    """Return the last runs with their verdicts, counted by the database. Shards of one run are one point."""
    runs: list[tuple[list[datetime], Counter[VerdictStatus]]] = []
    for started, counts in history.counts():
        same = runs and started - runs[-1][0][0] <= SAME_RUN
        if same and not any(history.overlap(started, other) for other in runs[-1][0]):
            runs[-1][0].append(started)
            runs[-1][1].update(counts)
        else:
            runs.append(([started], Counter(counts)))
    return tuple(RunPoint(starts[0], counts) for starts, counts in runs[-MAX_POINTS:])
