"""The report at the terminal: the verdict and the next action, the proof, then a summary of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console

from conformance.checks.registry import AREAS, Check
from conformance.findings import CAUSES
from conformance.report.changes import changes
from conformance.report.model import CheckPart, ConnectionPart, Document, FindingPart, RootCausePart
from conformance.report.provenance import provenance
from conformance.report.terminal_fix import fix, others
from conformance.report.terminal_layout import Line, continued, height, row, show
from conformance.report.wording import (
    LEVELS,
    OWNERS,
    SIGNS,
    areas_of,
    capital,
    certainty,
    counted,
    first_sentence,
    headline,
    next_action,
    plural,
    proof_of,
    ranges,
    request_summary,
    worst,
)
from conformance.verification.verdict import TROUBLE

FOLDED = 3
"""The maximum number of connections in trouble with more than one line each."""


class Terminal:
    """Printer of a report. ``verbose`` 1 adds every check with its time, 2 also the evidence."""

    def __init__(self, console: Console, verbose: int = 0) -> None:
        self._console, self._verbose = console, verbose

    def show(self, document: Document) -> None:
        """Print the whole report: one screen for one root cause, at most one more screen for each further cause."""
        wrong = sum(
            max(1, len(connection.root_causes))
            for connection in document.connections
            if connection.verdict.status in TROUBLE
        )
        room = None if self._verbose else height(self._console) * max(1, wrong)
        show(self._console, list(self.lines(document)), room)

    def headline(self, part: ConnectionPart) -> None:
        """Print the verdict on a connection as a sentence."""
        show(self._console, [Line(part.verdict.summary, sign=SIGNS[part.verdict.status], name=part.name)])

    def explain(self, finding: FindingPart, code: str | None) -> None:
        """Print the meaning of one error and its fix. ``code`` is the error code, if known."""
        sign = SIGNS["inconclusive" if finding.cause == "unknown" else "failed"]
        lines = [
            Line("", sign=sign, name=code or finding.cause),
            row("cause", f"{finding.cause}: {CAUSES[finding.cause].means}"),
            row("why", finding.explanation),
            row("sure", certainty(finding)),
            *others(finding),
            *fix(finding, full=True),
            row("docs", finding.docs),
        ]
        show(self._console, lines)

    def check(self, check: Check, docs: str) -> None:
        """Print the description of one check; ``docs`` is the address of its page."""
        lines = [
            Line(check.title, name=check.id, sign=SIGNS["not_applicable"]),
            row("area", f"{AREAS.get(check.area, check.area)} ({LEVELS[check.level]})"),
            row("judged", " ".join(check.description.replace("``", "").split())),
            row("asks", ", ".join(dict.fromkeys(check.needs.values())) or "nothing"),
            row("reports", ", ".join(dict.fromkeys(name.partition(":")[0] for name in check.owns)) or check.cause),
            row("alone", f"pytest --sentinel-config=FILE -k {check.id}"),
            row("docs", docs),
        ]
        show(self._console, lines)

    def lines(self, document: Document) -> Iterator[Line]:
        """Yield the lines of the report of one or several connections."""
        if origin := provenance(document):
            yield Line(f"{origin.sentence}.", style="yellow")
        status, sentence = headline(document)
        only = single_cause(document)
        action = "" if only else f" {next_action(document)}"
        yield Line(f"{sentence}.{action}", sign=SIGNS[status], style="bold")
        if only:
            yield from fix(only, full=self._verbose > 0)
        many = len(document.connections) > 1
        if not many or self._verbose:
            for connection in document.connections:
                yield from self._connection(connection, document, many=many)
        else:
            yield from self._folded(document.connections)
        yield Line("", rank=1)
        yield from self._end(document)

    def _connection(self, part: ConnectionPart, document: Document, *, many: bool) -> Iterator[Line]:
        if many:
            yield Line("")
            yield Line(part.verdict.summary, sign=SIGNS[part.verdict.status], name=part.name)
        for cause in part.root_causes:
            yield from self._root_cause(cause, part, only=not many and len(part.root_causes) == 1)
        yield from accepted(part)
        yield from self._areas(part)
        yield from self._notes(part)
        yield from since(document, part)

    def _folded(self, connections: Sequence[ConnectionPart]) -> Iterator[Line]:
        """Yield the lines of several connections: those in trouble with their causes, the others by name."""
        trouble = [connection for connection in connections if connection.verdict.status in TROUBLE]
        for check in trouble if len(trouble) <= FOLDED else ():
            yield Line("", rank=1)
            yield Line(check.verdict.summary, sign=SIGNS[check.verdict.status], name=check.name)
            for cause in check.root_causes:
                yield from self._root_cause(cause, check, only=False)
        if len(trouble) > FOLDED:
            yield from by_cause(trouble)
        if in_part := [connection for connection in connections if connection.verdict.status == "partial"]:
            yield Line("", rank=1)
            for check in in_part:
                yield Line(check.verdict.summary, sign=SIGNS["partial"], name=check.name)
        if working := [connection.name for connection in connections if connection.verdict.status == "conformant"]:
            yield Line("", rank=1)
            yield Line(", ".join(working), sign=SIGNS["conformant"], name=f"{len(working)} work")

    # The sections of one connection, in their order on the screen

    def _root_cause(self, cause: RootCausePart, part: ConnectionPart, *, only: bool) -> Iterator[Line]:
        check = next((check for check in part.checks if check.id == cause.check), None)
        outcome = check.outcome if check and check.outcome != "blocked" else "failed"
        yield Line("", rank=1)
        yield Line(check.title if check else CAUSES[cause.cause].means, sign=SIGNS[outcome], name=cause.check)
        if not only:
            yield from fix(cause, full=self._verbose > 0)
        yield row("cause", f"{cause.cause}: {cause.explanation}")
        if proof := proof_of(cause.evidence):
            yield row("proof", ", ".join(proof))
        yield row("again", cause.again, wrap=continued)
        yield row("sure", certainty(cause), rank=3, brief=certainty(cause, 2) if cause.also else None)
        if self._verbose:
            yield from others(cause)
        if self._verbose or "://" in cause.docs:
            yield row("docs", cause.docs, rank=3)
        if cause.blocks:
            names = ranges(cause.blocks) if self._verbose else ", ".join(areas_of(cause.blocks, part))
            yield row("blocks", f"{plural(len(cause.blocks), 'check')}: {names}", style="magenta")

    def _notes(self, part: ConnectionPart) -> Iterator[Line]:
        """Yield the warnings and internal errors; checks with the same text share a line."""
        noted: dict[tuple[str, str], list[CheckPart]] = {}
        for check in part.checks:
            if check.outcome in ("warning", "error"):
                noted.setdefault((check.outcome, check.reason or check.title), []).append(check)
        for number, ((outcome, text), (check, *others_alike)) in enumerate(noted.items()):
            yield Line("", rank=6 if number else 4)
            needed = 4 if part.root_causes else 0
            also = f" Also {ranges([other.id for other in others_alike])}." if others_alike else ""
            yield Line(text + also, sign=SIGNS[outcome], name=check.id, rank=needed)
            if check.finding and self._verbose:
                yield from fix(check.finding, full=True)
            elif check.finding:
                yield row("fix", f"{capital(OWNERS[check.finding.owner])}: {check.finding.fix.text}", rank=6)

    def _areas(self, part: ConnectionPart) -> Iterator[Line]:
        """Yield a line for each area; on a small screen, areas without problems share one."""
        yield Line("", rank=5)
        by_area = {area: list(checks) for area, checks in groupby(part.checks, key=lambda check: check.area)}
        counts = {area: Counter[str](check.outcome for check in checks) for area, checks in by_area.items()}
        area_names = [area for area in by_area if self._verbose or {*counts[area]} != {"not_configured"}]
        widest = max((len(AREAS.get(area, area)) for area in area_names), default=0)
        fine = [area for area in area_names if worst(counts[area]) in ("passed", "not_applicable", "not_configured")]
        for area in area_names:
            line = f"{AREAS.get(area, area).ljust(widest)}  {counted(counts[area])}"
            brief = (
                f"nothing wrong in {len(fine)} areas: {', '.join(fine)}"
                if not part.root_causes and area in fine[:1]
                else None
            )
            yield Line(line, sign=SIGNS[worst(counts[area])], rank=5, brief=brief)
            if self._verbose:
                for check in by_area[area]:
                    yield from self._check(check, part)

    def _check(self, check: CheckPart, part: ConnectionPart) -> Iterator[Line]:
        text = check.title
        if check.outcome == "blocked":
            text += f" (blocked by {check.blocked_by})"
        elif check.outcome != "passed" and check.reason:
            text += f": {check.reason}"
        if check.duration_s is not None:
            text += f" ({check.duration_s:.2f} s)"
        yield Line(text, sign=SIGNS[check.outcome], name=check.id, indent=2)
        if self._verbose > 1:
            for request in part.requests:
                if request.probe in check.probes:
                    facts = [f"{request.status or 'no answer'}", f"{request.duration_s:.2f} s"]
                    facts += [f"request {request.request_id}"] if request.request_id else []
                    facts += [f"{request.attempts} attempts"] if request.attempts > 1 else []
                    text = f"{request.probe}: {', '.join(facts)}; {request.method} {request.url}"
                    yield Line(text, style="dim", indent=4)
                    if request.answer:
                        yield Line(request.answer, style="dim", indent=4)

    def _end(self, document: Document) -> Iterator[Line]:
        for stale in document.stale:
            yield Line(stale.message, sign=SIGNS["failed"], name="baseline")
        run, counts = document.run, Counter[str]()
        for connection in document.connections:
            counts.update(connection.verdict.counts)
        more = "" if self._verbose else " (-v shows each check)"
        others = run.failed_tests or 0
        tests = f"{others} {'test that is' if others == 1 else 'tests that are'} no check failed; " if others else ""
        full, brief = (
            f"exit code {run.exit_code}: {tests}{text}; {request_summary(run)}"
            for text in (
                counted(counts),
                counted({name: counts[name] for name in ("failed", "blocked", "passed")}),
            )
        )
        yield Line(full + more, style="dim", rank=3, brief=brief)


def accepted(part: ConnectionPart) -> Iterator[Line]:
    """Yield a line for each accepted root cause."""
    for cause in part.accepted:
        assert cause.accepted is not None
        text = f"{cause.cause}, accepted until {cause.accepted.expires}: {cause.accepted.reason}"
        yield Line(text, sign=SIGNS["warning"], name=cause.check)


def since(document: Document, part: ConnectionPart) -> Iterator[Line]:
    """Yield the changes of a connection since the previous run; nothing without a comparison."""
    if document.comparison:
        yield Line("")
        for label, text in changes(document.comparison, part.name):
            yield row(label, text, indent=0)


def by_cause(connections: Sequence[ConnectionPart]) -> Iterator[Line]:
    """Yield the causes of many connections in trouble: each cause once, with its connections."""
    causes: dict[str, tuple[RootCausePart, list[ConnectionPart]]] = {}
    for connection in connections:
        for cause in connection.root_causes:
            causes.setdefault(cause.cause, (cause, []))[1].append(connection)
        if not connection.root_causes:
            yield Line(connection.verdict.summary, sign=SIGNS[connection.verdict.status], name=connection.name)
    for first, hit in causes.values():
        yield Line("", rank=1)
        yield Line(
            f"on {', '.join(affected.name for affected in hit)}",
            sign=SIGNS[hit[0].verdict.status],
            name=first.cause,
        )
        yield row("means", f"{CAUSES[first.cause].means}")
        yield row("fix", f"{capital(OWNERS[first.owner])}: {first_sentence(first.fix.text)}.")
    yield Line("", rank=1)
    yield Line("-k NAME shows one connection in full.", style="dim")


def single_cause(document: Document) -> RootCausePart | None:
    """Return the root cause if the run has one connection with exactly one; its fix follows the verdict directly."""
    causes = [cause for connection in document.connections for cause in connection.root_causes]
    return causes[0] if len(document.connections) == 1 and len(causes) == 1 else None
