"""A whole fleet in one view: what is wrong how often, what has changed, who was slow. Made in one pass over entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec

from conformance.baseline import Stale
from conformance.findings import CAUSES, finding
from conformance.findings.redact import printable, redact
from conformance.journal import Entry
from conformance.report.comparison import (
    ChangesPart,
    ComparisonPart,
    PastConnection,
    PastRun,
    PreviousPart,
    changes,
)
from conformance.report.model import (
    COMMAND,
    SCHEMA,
    SUITE,
    ConnectionPart,
    Document,
    FindingPart,
    RunPart,
    stale_parts,
)
from conformance.report.names import stems
from conformance.report.words import OWNERS, capital, first_sentence
from conformance.verdict import STATUSES, VerdictStatus, exit_code

Weight = Literal["failed", "inconclusive", "warning"]
WEIGHTS: tuple[Weight, ...] = ("failed", "inconclusive", "warning")
"""How a cause counts, the worst first; each is named as the outcome that it makes."""
MOST = 5
"""Connections that are told as the slowest, and as the most throttled."""
NAMES = 3
"""Names in a sentence; what is left is counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One connection, without its evidence."""

    name: str
    status: VerdictStatus
    summary: str
    causes: tuple[str, ...]
    seconds: float
    throttled: int
    page: str | None
    """The folder of its own pages, as its name; None of a connection that works."""

    @property
    def works(self) -> bool:
        return self.status == "conformant"


@dataclass(frozen=True, slots=True)
class Common:
    """One cause wherever it was found with this weight.

    The owner is that of the first connection. So is the fix if all have the same; else it has no values of any.
    """

    cause: str
    weight: Weight
    owner: str
    fix: str
    docs: str
    names: tuple[str, ...]

    @property
    def means(self) -> str:
        return CAUSES[self.cause].means

    @property
    def sentence(self) -> str:
        """``secret_expiring: 11 connections (contoso, fabrikam, adatum and 8 others)``."""
        return f"{self.cause}: {counted(len(self.names))} ({folded(self.names)})"

    def action(self, where: str = "") -> str:
        """Who mends it (``where``), and how that begins."""
        return f"{capital(OWNERS[self.owner])}{where and f' ({where})'}: {first_sentence(self.fix)}."


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as it was in the previous run, by connection; ``failing`` and ``changed`` with the causes of now."""

    since: datetime
    failing: Mapping[str, tuple[str, ...]]
    """Some check fails that did not, and the connection does not work."""
    mended: tuple[str, ...]
    """Works, and did not in full."""
    changed: Mapping[str, tuple[str, ...]]
    """Otherwise not the same."""
    new: tuple[str, ...]
    lost: tuple[str, ...]
    same: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole fleet. ``head`` is the report of its run, as it stands around the connections."""

    head: Document
    rows: tuple[Row, ...]
    causes: tuple[Common, ...]
    changes: Changes | None
    failed: int
    """Checks that failed or ended in an error and are not accepted, over all connections."""
    checks: Mapping[str, int]
    """How many checks ended how, over all connections."""

    @property
    def verdicts(self) -> Counter[VerdictStatus]:
        return Counter(row.status for row in self.rows)

    @property
    def status(self) -> VerdictStatus:
        """The worst verdict."""
        found = self.verdicts
        order: tuple[VerdictStatus, ...] = ("nonconformant", "incomplete")
        return next((one for one in order if found[one]), "conformant")

    @property
    def sentence(self) -> str:
        working = self.verdicts["conformant"]
        return f"{'All' if working == len(self.rows) else f'{working} of'} {len(self.rows)} connections work"

    @property
    def action(self) -> str:
        """The one thing to do now that mends most, as a sentence."""
        if self.status != "conformant":
            first = next((one for one in self.causes if one.weight != "warning"), None)
            return first.action(counted(len(first.names))) if first else "See what could not be established."
        if self.head.stale:
            return f"The baseline has to be brought up to date: {first_sentence(self.head.stale[0].message)}."
        return "Nothing has to be mended."

    @property
    def trouble(self) -> list[Row]:
        return [row for row in self.rows if not row.works]

    @property
    def slowest(self) -> list[Row]:
        return sorted(self.rows, key=lambda row: -row.seconds)[:MOST]

    @property
    def throttled(self) -> list[Row]:
        """Those that services asked to slow down, most often first."""
        return sorted((row for row in self.rows if row.throttled), key=lambda row: -row.throttled)


def overview(
    entries: Iterable[Entry],
    duration: float,
    selection: str,
    command: str = COMMAND,
    stale: Sequence[Stale] = (),
    previous: PastRun | None = None,
) -> Overview:
    """The overview of a run that took ``duration`` seconds, over these entries (at least one), one at a time."""
    seen = _Seen({one.name: one for one in previous.connections} if previous else {})
    for entry in entries:
        seen.add(entry)
    assert seen.started is not None
    run = RunPart(
        started=seen.started,
        duration_s=round(duration, 3),
        source=seen.source,
        selection=selection,
        requests=seen.requests,
        exit_code=int(exit_code({STATUSES[row.status] for row in seen.rows}, stale)),
        command=printable(redact(command)),
    )
    comparison = None if previous is None else seen.comparison(previous)
    return Overview(
        head=Document(
            schema=SCHEMA,
            suite=SUITE,
            run=run,
            connections=(),
            stale=stale_parts(stale),
            comparison=comparison or msgspec.UNSET,
        ),
        rows=_with_pages(seen.rows),
        causes=tuple(sorted(seen.causes(), key=lambda one: (WEIGHTS.index(one.weight), -len(one.names)))),
        changes=None if comparison is None else _changes(comparison, {row.name: row for row in seen.rows}),
        failed=seen.failed,
        checks=seen.checks,
    )


@dataclass
class _Found:
    """Where a cause was found; ``alike`` while all have the fix of the first."""

    first: FindingPart
    alike: bool = True
    names: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, one: FindingPart) -> None:
        self.alike &= one.fix.text == self.first.fix.text
        self.names[name] = None


@dataclass
class _Seen:
    """What is kept of the entries that have gone by; ``before`` are those of a previous run."""

    before: Mapping[str, PastConnection]
    source: str = "none"
    started: datetime | None = None
    requests: int = 0
    failed: int = 0
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
        self.failed += sum(one.outcome in ("failed", "error") and one.accepted is None for one in part.checks)
        causes = tuple(dict.fromkeys(one.cause for one in part.root_causes))
        verdict = part.verdict
        row = Row(part.name, verdict.status, verdict.summary, causes, entry.duration_s, entry.throttled, None)
        self.rows.append(row)
        for weight, one in findings(part):
            self.found.setdefault((one.cause, weight), _Found(one)).add(part.name, one)
        if was := self.before.get(part.name):
            self.changes[part.name] = changes(was, msgspec.convert(part, PastConnection, from_attributes=True))

    def causes(self) -> Iterator[Common]:
        for (cause, weight), found in self.found.items():
            first = found.first
            fix = first.fix.text if found.alike else printable(finding(cause).fix.text)
            yield Common(cause, weight, first.owner, fix, first.docs, tuple(found.names))

    def comparison(self, previous: PastRun) -> ComparisonPart:
        now = {row.name for row in self.rows}
        return ComparisonPart(
            previous=PreviousPart(started=previous.started, suite=previous.suite),
            connections=self.changes,
            new_connections=tuple(row.name for row in self.rows if row.name not in self.before),
            lost_connections=tuple(name for name in self.before if name not in now),
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
    folders = iter(stems(row.name for row in rows if not row.works))
    return tuple(row if row.works else replace(row, page=next(folders)) for row in rows)


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


def counted(number: int) -> str:
    """``1 connection``, ``11 connections``."""
    return f"{number} connection{'' if number == 1 else 's'}"


def folded(names: Sequence[str], most: int = NAMES) -> str:
    """The first of several names, and how many others there are."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} others"
