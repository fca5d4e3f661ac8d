"""The tally of a fleet: one pass over its entries, from which the overview is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from conformance.files.slugs import slugs
from conformance.findings import CAUSES, finding
from conformance.findings.redact import printable
from conformance.report.comparison import (
    FAILING,
    ChangesPart,
    ComparisonPart,
    PastConnection,
    PastRun,
    PreviousPart,
    changes,
    past_of,
)
from conformance.report.entry import Entry
from conformance.report.fleet.overview import WEIGHTS, Changes, Overview, Row, SharedCause, Weight
from conformance.report.fleet.past import Past, Since
from conformance.report.model import COMMAND, ConnectionPart, FindingPart, build_document
from conformance.verification.baseline import Stale
from conformance.verification.verdict import STATUSES, TROUBLE


def overview(
    entries: Iterable[Entry],
    duration: float,
    selection: str,
    command: str = COMMAND,
    stale: Sequence[Stale] = (),
    previous: PastRun | None = None,
    unfinished: int = 0,
    failed_tests: int = 0,
    past: Callable[[Collection[str]], Past] | None = None,
) -> Overview:
    """The overview of a run that took ``duration`` seconds, over these entries (at least one), one at a time.

    ``past`` returns what earlier runs found on connections, given their names; without it, a ``previous`` run tells
    which causes it had found already.
    """
    tally = Aggregate(previous.connections if previous else {})
    for entry in entries:
        tally.add(entry)
    assert tally.started is not None
    head = build_document(
        (),
        codes={STATUSES[row.status] for row in tally.rows},
        started=tally.started,
        duration=duration,
        source=tally.source,
        selection=selection,
        requests=tally.requests,
        command=command,
        stale=stale,
        unfinished=unfinished,
        failed_tests=failed_tests,
    )
    comparison = None if previous is None else tally.comparison(previous)
    if past:
        earlier = past([row.name for row in tally.rows if row.status in TROUBLE])
    else:
        earlier = Past(tally.known(previous)) if previous else Past()
    return Overview(
        head=msgspec.structs.replace(head, comparison=comparison or msgspec.UNSET),
        rows=_with_pages(tally.rows),
        causes=tuple(sorted(tally.causes(), key=lambda one: (WEIGHTS.index(one.weight), -len(one.names)))),
        changes=None if comparison is None else _changes(comparison, {row.name: row for row in tally.rows}),
        checks=tally.checks,
        past=earlier,
    )


MAX_CASES = 200
"""Connections of a cause whose own findings, with their commands, are on the page of its owner."""


@dataclass
class _Found:
    """Where a cause was found; ``alike`` while all have the fix of the first."""

    first: FindingPart
    alike: bool = True
    names: dict[str, None] = field(default_factory=dict)
    cases: dict[str, FindingPart] = field(default_factory=dict)

    def add(self, name: str, one: FindingPart) -> None:
        self.alike &= one.fix.text == self.first.fix.text
        self.names[name] = None
        if len(self.cases) < MAX_CASES:
            self.cases.setdefault(name, one)


@dataclass
class Aggregate:
    """What is kept of the entries that have gone by; ``before`` are those of a previous run."""

    before: Mapping[str, PastConnection]
    source: str = "none"
    started: datetime | None = None
    requests: int = 0
    rows: list[Row] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    changes: dict[str, ChangesPart] = field(default_factory=dict)
    found: dict[tuple[str, Weight], _Found] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        part = entry.part
        self.source = entry.source
        self.started = min(self.started or entry.started, entry.started)
        self.requests += entry.requests
        self.checks.update(part.verdict.counts)
        causes = tuple(dict.fromkeys(one.cause for one in part.root_causes))
        verdict = part.verdict
        owner_of = {one.cause: one.owner for one in part.root_causes}
        owners = tuple(owner_of[cause] for cause in causes)
        row = Row(
            part.name,
            verdict.status,
            verdict.summary,
            causes,
            entry.duration_s,
            entry.throttled,
            page=None,
            owners=owners,
            whole=not verdict.coverage,
        )
        self.rows.append(row)
        for weight, one in findings(part):
            self.found.setdefault((one.cause, weight), _Found(one)).add(part.name, one)
        if was := self.before.get(part.name):
            self.changes[part.name] = changes(was, past_of(part))

    def causes(self) -> Iterator[SharedCause]:
        for (cause, weight), found in self.found.items():
            first = found.first
            fix = first.fix.text if found.alike else printable(finding(cause).fix.text)
            yield SharedCause(cause, weight, first.owner, fix, first.docs, tuple(found.names), found.cases)

    def known(self, previous: PastRun) -> dict[tuple[str, str], Since]:
        """Since when each root cause of now is there, as far as a previous run and this one tell."""
        since = {}
        for row in self.rows:
            was = self.before.get(row.name) if row.causes else None
            had = {check.cause for check in was.checks if check.outcome in FAILING} if was else set()
            for cause in row.causes if was else ():
                earlier = cause in had
                since[row.name, cause] = Since(
                    previous.started if earlier else self.started or previous.started, earlier
                )
        return since

    def comparison(self, previous: PastRun) -> ComparisonPart:
        now = {row.name for row in self.rows}
        return ComparisonPart(
            previous=PreviousPart(started=previous.started, suite=previous.suite),
            connections=self.changes,
            new_connections=tuple(row.name for row in self.rows if row.name not in self.before),
            lost_connections=previous.lost(now),
        )


def findings(part: ConnectionPart) -> Iterator[tuple[Weight, FindingPart]]:
    """What was found on a connection, with its weight; what is accepted is left out."""
    for cause in part.root_causes:
        yield "failed" if CAUSES[cause.cause].conclusive else "inconclusive", cause
    for check in part.checks:
        if check.outcome == "warning" and check.finding and not check.accepted:
            yield "warning", check.finding


def _with_pages(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with the folders of those in trouble."""
    folders = iter(slugs(row.name for row in rows if row.status in TROUBLE))
    return tuple(replace(row, page=next(folders)) if row.status in TROUBLE else row for row in rows)


def _changes(comparison: ComparisonPart, rows: Mapping[str, Row]) -> Changes:
    differing = {name: part for name, part in comparison.connections.items() if part}
    failing = [name for name, part in differing.items() if part.newly_failing and not rows[name].works]
    mended = [name for name, part in differing.items() if part.newly_passing and rows[name].works]
    told = {*failing, *mended}
    return Changes(
        since=comparison.previous.started,
        failing={name: rows[name].causes for name in failing},
        mended=tuple(mended),
        changed={name: rows[name].causes for name in differing if name not in told},
        new=comparison.new_connections,
        lost=comparison.lost_connections,
        same=len(comparison.connections) - len(differing),
    )
