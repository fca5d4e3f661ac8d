"""The verdict at the terminal: first the answer, then what proves it, then the rest folded small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import IO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.checks.outcome import Status
from conformance.checks.registry import AREAS
from conformance.findings import CAUSES
from conformance.report.model import CheckPart, ConnectionPart, Document, RootCausePart
from conformance.report.words import OWNERS

MARKS: Mapping[str, tuple[str, str, str]] = {
    "passed": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "failed": ("✗", "x", "red"),
    "blocked": ("⊘", "/", "magenta"),
    "inconclusive": ("?", "?", "cyan"),
    "error": ("✗", "E", "red"),
    "not_applicable": ("–", "-", "dim"),
    "not_configured": ("–", "-", "dim"),
    "conformant": ("✓", "+", "green"),
    "nonconformant": ("✗", "x", "red"),
    "incomplete": ("?", "?", "cyan"),
}
"""Outcome or verdict: its sign, its sign in ASCII, its colour. Colour is never the only sign."""

WORDS = {"not_applicable": "not applicable", "not_configured": "not configured"}
ORDER: tuple[Status, ...] = (
    "failed",
    "error",
    "inconclusive",
    "blocked",
    "warning",
    "passed",
    "not_applicable",
    "not_configured",
)
WIDEST = 100
TRAILING = re.compile(r" +(\x1b\[0m)?\n")


def console(file: IO[str] | None = None, *, width: int | None = None, color: bool | None = None) -> Console:
    """A console for the report: as wide as the terminal, 100 columns at most. NO_COLOR is honoured."""
    made = Console(
        file=file,
        highlight=False,
        soft_wrap=False,
        no_color=None if color is None else not color,
        force_terminal=color or None,
        emoji=False,
        markup=False,
    )
    made.width = min(width or made.width, WIDEST)
    return made


class Terminal:
    """Prints a report. ``verbose`` 1 shows every check with its time, 2 also the evidence."""

    def __init__(self, console: Console, verbose: int = 0) -> None:
        self._console, self._verbose = console, verbose
        self._ascii = not (console.encoding or "").lower().startswith("utf")

    def show(self, document: Document) -> None:
        """The whole report."""
        for one in document.connections:
            self._connection(one, document, many=len(document.connections) > 1)

    def _connection(self, one: ConnectionPart, document: Document, *, many: bool) -> None:
        self._print(self._headline(one))
        for cause in one.root_causes:
            self._print("", self._root_cause(cause, one))
        self._notes(one)
        if not many or self._verbose:
            self._print("")
            self._areas(one)
        self._print("", self._verdict(one, document))

    # The parts, top to bottom

    def _headline(self, one: ConnectionPart) -> RenderableType:
        line = Text.assemble(self._mark(one.verdict.status), " ", (one.name, "bold"), "  ", one.verdict.summary)
        return line

    def _root_cause(self, cause: RootCausePart, one: ConnectionPart) -> RenderableType:
        check = next((check for check in one.checks if check.id == cause.check), None)
        proof = cause.evidence
        rows: list[tuple[str, RenderableType]] = [("cause", Text(f"{cause.cause}: {CAUSES[cause.cause].means}"))]
        rows.append(("why", Text(cause.explanation)))
        if proof is not None:
            shown = [str(proof.status or "no answer"), proof.code, proof.request_id and f"request {proof.request_id}"]
            rows.append(("proof", Text(" · ".join(part for part in shown if part))))
        rows.append(("sure", Text(self._certainty(cause))))
        rows.append(("fix", Text(f"{OWNERS[cause.owner]}: {cause.fix.text}")))
        rows += [("", Text(command, style="bold", overflow="fold")) for command in cause.fix.commands]
        if cause.fix.portal:
            rows.append(("portal", Text(cause.fix.portal)))
        rows.append(("again", Text(f"the same command with -k {cause.check}")))
        if cause.blocks:
            rows.append(("blocks", Text(f"{len(cause.blocks)} checks: {ranges(cause.blocks)}", style="magenta")))
        title = check.title if check else ""
        outcome = check.outcome if check and check.outcome != "blocked" else "failed"
        head = Text.assemble(self._mark(outcome), " ", (cause.check, "bold"), "  ", title)
        return Group(head, Padding(self._grid(rows), (0, 0, 0, 2)))

    def _notes(self, one: ConnectionPart) -> None:
        notes = [check for check in one.checks if check.outcome in ("warning", "error")]
        if notes:
            self._print("")
        for check in notes:
            head = Text.assemble(self._mark(check.outcome), " ", (check.id, "bold"), "  ", check.title)
            rows: list[tuple[str, RenderableType]] = [("note", Text(check.reason or ""))]
            if check.finding:
                rows.append(("fix", Text(f"{OWNERS[check.finding.owner]}: {check.finding.fix.text}")))
                if self._verbose:
                    rows += [("", Text(c, style="bold", overflow="fold")) for c in check.finding.fix.commands]
            self._print(head, Padding(self._grid(rows), (0, 0, 0, 2)))

    def _areas(self, one: ConnectionPart) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=1)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        for area, found in groupby(one.checks, key=lambda check: check.area):
            checks = list(found)
            counts = Counter(check.outcome for check in checks)
            worst = next(outcome for outcome in ORDER if counts[outcome])
            worst = "passed" if worst.startswith("not_") and counts["passed"] else worst
            told = ", ".join(f"{counts[outcome]} {WORDS.get(outcome, outcome)}" for outcome in ORDER if counts[outcome])
            grid.add_row(self._mark(worst), Text(AREAS.get(area, area)), Text(told, style="dim"))
            if self._verbose:
                self._print(grid)
                for check in checks:
                    self._print(Padding(self._check(check), (0, 0, 0, 2)))
                grid = Table.grid(padding=(0, 1))
                grid.add_column(width=1)
                grid.add_column(no_wrap=True)
                grid.add_column(ratio=1)
        if not self._verbose:
            self._print(grid)

    def _check(self, check: CheckPart) -> RenderableType:
        took = "" if check.duration_s is None else f"{check.duration_s:.2f} s"
        line = Text.assemble(self._mark(check.outcome), " ", (check.id, "bold"), "  ", check.title)
        if check.outcome == "blocked":
            line.append(f" (blocked by {check.blocked_by})", style="magenta")
        elif check.outcome != "passed" and check.reason:
            line.append(f": {check.reason}", style="dim")
        line.append(f"  {took}", style="dim")
        if self._verbose < 2 or check.evidence is None:
            return line
        proof = check.evidence
        told = f"{proof.status} {proof.url} (request {proof.request_id}, {proof.attempts} attempts)"
        return Group(line, Padding(Text(told, style="dim", overflow="fold"), (0, 0, 0, 4)))

    def _verdict(self, one: ConnectionPart, document: Document) -> RenderableType:
        run = document.run
        told = f"{one.verdict.status}, exit code {one.verdict.exit_code}; {run.requests} requests in {run.duration_s:.1f} s"
        rows: list[tuple[str, RenderableType]] = [
            ("verdict", Text(told, style=f"bold {MARKS[one.verdict.status][2]}")),
            ("next", Text(next_action(one))),
        ]
        return self._grid(rows)

    # Small things

    def _certainty(self, cause: RootCausePart) -> str:
        if cause.certainty == "certain":
            return "certain"
        others = f"; it could also be {', '.join(cause.also)}" if cause.also else ""
        return f"likely{others}"

    def _grid(self, rows: Iterable[tuple[str, RenderableType]]) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True, width=7)
        grid.add_column(ratio=1, overflow="fold")
        for name, value in rows:
            grid.add_row(name, value)
        return grid

    def _mark(self, outcome: str) -> Text:
        sign, plain, style = MARKS[outcome]
        return Text(plain if self._ascii else sign, style=style)

    def _print(self, *lines: RenderableType) -> None:
        for line in lines:
            with self._console.capture() as captured:
                self._console.print(line)
            self._console.file.write(TRAILING.sub(r"\1\n", captured.get()))


def next_action(one: ConnectionPart) -> str:
    """The one thing to do now, and who does it."""
    if one.root_causes:
        first = one.root_causes[0]
        return f"{OWNERS[first.owner]}: {first.fix.text}"
    if one.verdict.status == "conformant":
        return "nothing has to be mended"
    return "see above for what could not be established"


def ranges(ids: Sequence[str]) -> str:
    """Check ids with neighbours folded: ``LA-001, LA-010..013``."""
    told: list[str] = []
    for prefix, group in groupby(ids, key=lambda id: id.rpartition("-")[0]):
        numbers = [int(id.rpartition("-")[2]) for id in group]
        start = previous = numbers[0]
        for number in [*numbers[1:], -1]:
            if number == previous + 1:
                previous = number
                continue
            told.append(f"{prefix}-{start:03}" + (f"..{previous:03}" if previous > start else ""))
            start = previous = number
    return ", ".join(told)
