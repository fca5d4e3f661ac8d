"""What a run over a fleet is to do: the connections, the checks, and what an earlier run has done already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conformance.checks.registry import AREAS, catalogue
from conformance.connection import load_files
from conformance.deadline import DEADLINE
from conformance.findings import UNPUBLISHED, Docs
from conformance.fleet.task import ConnectionRef, FleetError, VerifySpec
from conformance.results.journal import Journal, fingerprint
from conformance.results.shard import Shard
from conformance.sources.live import source
from conformance.verification.api import select_checks
from conformance.verification.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be verified and how."""

    names: frozenset[str]
    """Of all connections of this share."""
    places: tuple[ConnectionRef, ...]
    """Of those that have no verdict yet."""
    order: VerifySpec
    prints: Mapping[str, str] = field(default_factory=dict)
    """Of all connections, by name, where a run goes on: what an earlier one finished counts if it is of these."""


def plan(
    connections: Sequence[str],
    *,
    checks: str | None = None,
    shard: str = "1/1",
    source_name: str = "live",
    deadline: float = DEADLINE,
    jobs: int = 32,
    wait: float = 0.0,
    strict: bool = False,
    baseline: Baseline = (),
    docs: Docs = UNPUBLISHED,
    resumed: Journal | None = None,
) -> Plan:
    """The plan of a run over these files, globs and folders. No secret is read.

    Raises :class:`FleetError`, and what ``load``, ``Shard.parse`` and ``source`` raise.
    """
    if jobs < 1:
        raise FleetError("--jobs: at least 1 connection at a time")
    ids, selection = choice(checks)
    where, share = source(source_name), Shard.parse(shard)
    files = load_files(connections, credentials=False)
    # Absolute: workers run elsewhere, and have the files under the same path.
    chosen = {
        ConnectionRef(str(file.absolute()), one.name): one for file, found in files.items() for one in share.of(found)
    }
    prints = {one.name: fingerprint(one, where.name, selection) for one in chosen.values()}
    done = resumed.finished(prints) if resumed else {}
    started = min(done.values(), default=datetime.now(UTC))
    return Plan(
        frozenset(prints),
        tuple(place for place in chosen if place.name not in done),
        VerifySpec(where.name, ids, selection, started, deadline, jobs, wait, strict, baseline, docs),
        prints if resumed else {},
    )


def choice(text: str | None) -> tuple[tuple[str, ...], str]:
    """The checks of these ids and areas, with commas between; and what a report calls the choice."""
    if text is None:
        return tuple(check.id for check in select_checks()), "all"
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in AREAS and word not in catalogue():
            raise FleetError(f"--checks: {word!r} is no check and no area; pytest --sentinel-list shows all")
    ordinary = {check.id for check in select_checks()}  # as in pytest: the negative control only if it is asked for
    ids = tuple(
        check.id
        for check in catalogue().values()
        if check.id in words or (check.area in words and check.id in ordinary)
    )
    return ids, f"--checks {','.join(words)}"
