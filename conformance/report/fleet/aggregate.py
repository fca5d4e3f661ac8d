"""The data for the overview of a fleet, collected from each connection when it is finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

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
from conformance.report.document import build_document
from conformance.report.entry import Entry
from conformance.report.fleet.ends import EndsFound
from conformance.report.fleet.overview import WEIGHTS, Changes, Overview, Row, SharedCause, Weight
from conformance.report.fleet.past import Past, Since
from conformance.report.model import ConnectionPart, FindingPart
from conformance.report.parts import COMMAND
from conformance.verification.baseline import Stale
from conformance.verification.verdict import STATUSES, TROUBLE

MAX_CASES = 200
"""The maximum number of connections per cause whose findings, with commands, are on the owner's page."""


@dataclass
class _CauseCount:
    """The connections with a cause; ``same_fix`` if all of them have the fix of the first."""

    first: FindingPart
    place: tuple[Any, int]
    """The position of ``first``: the sort key of its connection, and its index among the findings of that
    connection.
    """
    same_fix: bool = True
    names: dict[str, None] = field(default_factory=dict)
    cases: dict[str, FindingPart] = field(default_factory=dict)

    def add(self, name: str, place: tuple[Any, int], part: FindingPart) -> None:
        self.same_fix &= part.fix.text == self.first.fix.text
        self.names[name] = None
        if place < self.place:
            self.first, self.place = part, place
        if len(self.cases) < MAX_CASES:
            self.cases.setdefault(name, part)


@dataclass
class Aggregate:
    """The data for the overview of a fleet; connections are added one at a time when they are finished.

    ``order`` returns the sort key for a connection's name; ``before`` are the connections of a previous run by name.
    """

    order: Callable[[str], Any]
    before: Mapping[str, PastConnection] = field(default_factory=dict)
    source: str = "none"
    started: datetime | None = None
    requests: int = 0
    rows: dict[str, Row] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    changes: dict[str, ChangesPart] = field(default_factory=dict)
    counts: dict[tuple[str, Weight], _CauseCount] = field(default_factory=dict)
    ends: EndsFound = field(default_factory=EndsFound)

    def add(self, entry: Entry) -> None:
        """Add a finished connection."""
        part = entry.part
        self.source = entry.source
        self.started = min(self.started or entry.started, entry.started)
        self.requests += entry.requests
        self.checks.update(part.verdict.counts)
        verdict = part.verdict
        owner_of = {cause.cause: cause.owner for cause in part.root_causes}
        self.rows[entry.name] = Row(
            part.name,
            verdict.status,
            verdict.summary,
            tuple(owner_of),
            entry.duration_s,
            entry.throttled,
            page=None,
            owners=tuple(owner_of.values()),
            whole=not verdict.coverage,
        )
        self.ends.add(entry.name, part.checks)
        for number, (weight, finding_part) in enumerate(findings(part)):
            place = (self.order(entry.name), number)
            count = self.counts.setdefault((finding_part.cause, weight), _CauseCount(finding_part, place))
            count.add(entry.name, place, finding_part)
        if past := self.before.get(part.name):
            self.changes[part.name] = changes(past, past_of(part))

    def overview(
        self,
        duration: float,
        selection: str,
        command: str = COMMAND,
        stale: Sequence[Stale] = (),
        previous: PastRun | None = None,
        unfinished: int = 0,
        failed_tests: int = 0,
        past: Callable[[Collection[str]], Past] | None = None,
    ) -> Overview:
        """Return the overview of a run that took ``duration`` seconds; at least one connection must have been added.

        ``past`` returns the findings of earlier runs for the names of connections. Without it, the ages of the causes
        come from the ``previous`` run.
        """
        assert self.started is not None
        rows = [self.rows[name] for name in self._sorted(self.rows)]
        head = build_document(
            (),
            codes={STATUSES[row.status] for row in rows},
            started=self.started,
            duration=duration,
            source=self.source,
            selection=selection,
            requests=self.requests,
            command=command,
            stale=stale,
            unfinished=unfinished,
            failed_tests=failed_tests,
        )
        comparison = None if previous is None else self._comparison(previous, rows)
        if past:
            earlier = past([row.name for row in rows if row.status in TROUBLE])
        else:
            earlier = Past(self._since_previous(previous)) if previous else Past()
        ends = tuple(self.ends.parts(self.started.date(), self.order, lambda name: self.rows[name].name))
        return Overview(
            head=msgspec.structs.replace(
                head, comparison=comparison or msgspec.UNSET, announced_ends=ends or msgspec.UNSET
            ),
            rows=_with_pages(rows),
            causes=tuple(self._causes()),
            changes=None if comparison is None else _changes(comparison, {row.name: row for row in rows}),
            checks=dict(self.checks),
            past=earlier,
        )

    def _sorted(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self.order)

    def _causes(self) -> Iterator[SharedCause]:
        """Yield the causes, the worst first; causes of equal weight by number of connections, most first."""
        by_rank = sorted(
            self.counts.items(),
            key=lambda item: (WEIGHTS.index(item[0][1]), -len(item[1].names), item[1].place),
        )
        for (cause, weight), count in by_rank:
            first = count.first
            fix = first.fix.text if count.same_fix else printable(finding(cause).fix.text)
            names = tuple(self.rows[name].name for name in self._sorted(count.names))
            cases = {self.rows[name].name: count.cases[name] for name in self._sorted(count.cases)}
            yield SharedCause(cause, weight, first.owner, fix, first.docs, names, cases)

    def _since_previous(self, previous: PastRun) -> dict[tuple[str, str], Since]:
        """Return the first time of each current root cause, as far as this run and a previous one show it."""
        since = {}
        for row in self.rows.values():
            past = self.before.get(row.name) if row.causes else None
            had = {check.cause for check in past.checks if check.outcome in FAILING} if past else set()
            for cause in row.causes if past else ():
                earlier = cause in had
                since[row.name, cause] = Since(
                    previous.started if earlier else self.started or previous.started, earlier
                )
        return since

    def _comparison(self, previous: PastRun, rows: Sequence[Row]) -> ComparisonPart:
        names = [row.name for row in rows]
        return ComparisonPart(
            previous=PreviousPart(started=previous.started, suite=previous.suite),
            connections={name: self.changes[name] for name in names if name in self.changes},
            new_connections=tuple(name for name in names if name not in self.before),
            lost_connections=previous.missing_from(set(names)),
        )


def findings(part: ConnectionPart) -> Iterator[tuple[Weight, FindingPart]]:
    """Yield the findings of a connection, each with its weight. Accepted findings are left out."""
    for cause in part.root_causes:
        yield "failed" if CAUSES[cause.cause].conclusive else "inconclusive", cause
    for check in part.checks:
        if check.outcome == "warning" and check.finding and not check.accepted:
            yield "warning", check.finding


def _with_pages(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows; those of connections in trouble get the name of their folder."""
    folders = iter(slugs(row.name for row in rows if row.status in TROUBLE))
    return tuple(replace(row, page=next(folders)) if row.status in TROUBLE else row for row in rows)


def _changes(comparison: ComparisonPart, rows: Mapping[str, Row]) -> Changes:
    differing = {name: part for name, part in comparison.connections.items() if part}
    failing = [name for name, part in differing.items() if part.newly_failing and not rows[name].works]
    fixed = [name for name, part in differing.items() if part.newly_passing and rows[name].works]
    listed = {*failing, *fixed}
    return Changes(
        since=comparison.previous.started,
        failing={name: rows[name].causes for name in failing},
        fixed=tuple(fixed),
        changed={name: rows[name].causes for name in differing if name not in listed},
        new=comparison.new_connections,
        lost=comparison.lost_connections,
        same=len(comparison.connections) - len(differing),
    )
