"""Plan of a run over a fleet: the connections, the checks, and the results of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from conformance.checks.registry import AREAS, catalogue
from conformance.connection import load_files
from conformance.fleet.task import ConnectionRef, FleetError, VerifySpec
from conformance.report.entry import fingerprint
from conformance.results.journal import Journal
from conformance.run_options import RunOptions
from conformance.verification.pipeline import select_checks


@dataclass(frozen=True, slots=True)
class Plan:
    """The connections to verify, and the options."""

    names: frozenset[str]
    """Fingerprints of all connections of this share, by name."""
    waiting: tuple[ConnectionRef, ...]
    """The connections without a verdict."""
    spec: VerifySpec
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Fingerprints of all connections, by name, if a run is resumed: earlier results with the same fingerprint
    count.
    """


def plan(
    files: Sequence[str], options: RunOptions, *, checks: str | None = None, resumed: Journal | None = None
) -> Plan:
    """Return the plan of a run over these files, globs and folders. No secret is read.

    ``checks`` are ids and areas, separated by commas, all by default; ``resumed`` is the journal of an earlier run.
    Raises :class:`~conformance.errors.UsageError`.
    """
    ids, selection = choice(checks)
    by_file = load_files(files, credentials=False)
    # Absolute paths: workers run elsewhere, and have the files under the same path.
    selected = {
        ConnectionRef(str(file.absolute()), connection.name, connection.tenant_id.lower()): connection
        for file, connections in by_file.items()
        for connection in options.shard.of(connections)
    }
    source = options.source.name
    fingerprints = {connection.name: fingerprint(connection, source, selection) for connection in selected.values()}
    finished = resumed.finished(fingerprints) if resumed else {}
    spec = VerifySpec(
        source,
        ids,
        selection,
        started=min(finished.values(), default=datetime.now(UTC)),
        deadline=options.patience.deadline,
        jobs=options.jobs,
        wait=options.wait,
        strict=options.strict,
        strict_retirements=options.strict_retirements,
        baseline=options.baseline(),
        docs=options.docs,
    )
    waiting = tuple(ref for ref in selected if ref.name not in finished)
    return Plan(frozenset(fingerprints), waiting, spec, fingerprints if resumed else {})


def choice(text: str | None) -> tuple[tuple[str, ...], str]:
    """Return the ids of the checks of these ids and areas (separated by commas), and the name of the selection for
    reports. Raises :class:`FleetError` for a word that is neither an id nor an area.
    """
    if text is None:
        return tuple(check.id for check in select_checks()), "all"
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in AREAS and word not in catalogue():
            raise FleetError(f"--checks: {word!r} is no check and no area; pytest --sentinel-list shows all")
    ordinary = {check.id for check in select_checks()}  # as in pytest: the negative control only if requested
    ids = tuple(
        check.id
        for check in catalogue().values()
        if check.id in words or (check.area in words and check.id in ordinary)
    )
    return ids, f"--checks {','.join(words)}"
