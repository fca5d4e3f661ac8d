"""The verdict at the terminal: first the answer, then what proves it, then the rest folded small."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import IO

from rich.console import Console
from rich.text import Text

from conformance.checks.outcome import Status
from conformance.checks.registry import AREAS
from conformance.findings import CAUSES
from conformance.report.model import CheckPart, ConnectionPart, Document, FindingPart, RootCausePart
from conformance.report.words import OWNERS

Mark = tuple[str, str, str]

MARKS: Mapping[str, Mark] = {
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
LABEL = 9
ASCII = {ord("·"): "-", ord("…"): "...", ord("–"): "-", ord("’"): "'"}


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

    def headline(self, one: ConnectionPart) -> None:
        """The verdict on a connection, in a sentence."""
        self._line(MARKS[one.verdict.status], one.name, one.verdict.summary)

    def explain(self, finding: FindingPart, code: str | None) -> None:
        """What one error means."""
        self._line(MARKS["inconclusive" if finding.cause == "unknown" else "failed"], code or finding.cause, "")
        self._row("cause", f"{finding.cause}: {CAUSES[finding.cause].means}")
        self._row("why", finding.explanation)
        self._row("sure", certainty(finding))
        self._others(finding)
        self._fix(finding)
        self._row("docs", finding.docs)

    def _connection(self, one: ConnectionPart, document: Document, *, many: bool) -> None:
        self.headline(one)
        for cause in one.root_causes:
            self._root_cause(cause, one)
        self._notes(one)
        if not many or self._verbose:
            self._areas(one)
        self._verdict(one, document)

    # The parts, top to bottom

    def _root_cause(self, cause: RootCausePart, one: ConnectionPart) -> None:
        check = next((check for check in one.checks if check.id == cause.check), None)
        outcome = check.outcome if check and check.outcome != "blocked" else "failed"
        self._out("")
        self._line(MARKS[outcome], cause.check, check.title if check else CAUSES[cause.cause].means)
        self._row("cause", f"{cause.cause}: {CAUSES[cause.cause].means}")
        self._row("why", cause.explanation)
        if proof := cause.evidence:
            shown = [str(proof.status or "no answer"), proof.code, proof.request_id and f"request {proof.request_id}"]
            self._row("proof", " · ".join(part for part in shown if part))
        self._row("sure", certainty(cause))
        if self._verbose:
            self._others(cause)
        self._fix(cause)
        self._row("again", f"the same command with -k {cause.check}")
        if cause.blocks:
            self._row("blocks", f"{len(cause.blocks)} checks: {ranges(cause.blocks)}", "magenta")

    def _others(self, finding: FindingPart) -> None:
        """How to find out which of several causes it is."""
        for name in (finding.cause, *finding.also) if finding.also else ():
            if tell := CAUSES[name].tell:
                self._row("", f"{name}: {tell}", "dim")

    def _fix(self, finding: FindingPart) -> None:
        self._row("fix", f"{OWNERS[finding.owner]}: {finding.fix.text}")
        for command in finding.fix.commands:
            self._row("", command, "bold", wrap=continued)
        if finding.fix.portal:
            self._row("portal", finding.fix.portal)

    def _notes(self, one: ConnectionPart) -> None:
        for check in one.checks:
            if check.outcome not in ("warning", "error"):
                continue
            self._out("")
            self._line(MARKS[check.outcome], check.id, check.title)
            self._row("note", check.reason or "")
            if check.finding and self._verbose:
                self._fix(check.finding)
            elif check.finding:
                self._row("fix", f"{OWNERS[check.finding.owner]}: {check.finding.fix.text}")

    def _areas(self, one: ConnectionPart) -> None:
        self._out("")
        widest = max((len(AREAS.get(check.area, check.area)) for check in one.checks), default=0)
        for area, found in groupby(one.checks, key=lambda check: check.area):
            checks = list(found)
            counts = Counter(check.outcome for check in checks)
            worst = next(outcome for outcome in ORDER if counts[outcome])
            worst = "passed" if worst.startswith("not_") and counts["passed"] else worst
            told = ", ".join(f"{counts[outcome]} {WORDS.get(outcome, outcome)}" for outcome in ORDER if counts[outcome])
            title, beside = AREAS.get(area, area), self._console.width - widest - 4
            if beside >= len(told):
                self._out(Text.assemble(self._mark(MARKS[worst]), " ", title.ljust(widest), "  ", (told, "dim")))
            else:
                self._out(Text.assemble(self._mark(MARKS[worst]), " ", title), Text(f"    {told}", "dim"))
            if self._verbose:
                for check in checks:
                    self._check(check)

    def _check(self, check: CheckPart) -> None:
        told = check.title
        if check.outcome == "blocked":
            told += f" (blocked by {check.blocked_by})"
        elif check.outcome != "passed" and check.reason:
            told += f": {check.reason}"
        if check.duration_s is not None:
            told += f"  {check.duration_s:.2f} s"
        self._line(MARKS[check.outcome], check.id, told, indent=2)
        if self._verbose > 1 and (proof := check.evidence):
            attempts = f", {proof.attempts} attempts" if proof.attempts > 1 else ""
            self._row("", f"{proof.status} {proof.url} (request {proof.request_id}{attempts})", "dim")

    def _verdict(self, one: ConnectionPart, document: Document) -> None:
        run, verdict = document.run, one.verdict
        requests = f"{run.requests} requests in {run.duration_s:.1f} s"
        style = f"bold {MARKS[verdict.status][2]}"
        self._out("")
        self._row("verdict", f"{verdict.status}, exit code {verdict.exit_code}; {requests}", style, indent=0)
        self._row("next", next_action(one), indent=0)

    # Small things

    def _line(self, mark: Mark, name: str, text: str, indent: int = 0) -> None:
        """A sign, a name in bold, and a text that hangs below its own beginning."""
        hang = indent + 2
        lines = wrapped(f"{name}  {text}".rstrip(), self._console.width - hang)
        first = Text.assemble(" " * indent, self._mark(mark), " ", (name, "bold"), lines[0][len(name) :])
        self._out(first, *(" " * hang + line for line in lines[1:]))

    def _row(
        self,
        label: str,
        text: str,
        style: str = "",
        *,
        indent: int = 2,
        wrap: Callable[[str, int], list[str]] | None = None,
    ) -> None:
        """A label, and its text beside it."""
        margin = indent + LABEL
        for number, line in enumerate((wrap or wrapped)(text, self._console.width - margin)):
            left = (label if number == 0 else "").ljust(LABEL)
            self._out(Text.assemble(" " * indent, (left, "dim"), (line, style)))

    def _mark(self, mark: Mark) -> Text:
        sign, plain, style = mark
        return Text(plain if self._ascii else sign, style=style)

    def _out(self, *lines: str | Text) -> None:
        for line in lines:
            text = line if isinstance(line, Text) else Text(line)
            text.rstrip()
            if self._ascii:
                text.plain = text.plain.translate(ASCII).encode("ascii", "replace").decode()
            self._console.print(text, soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a width; a word that is longer, such as a URL, stays whole so that it can be copied."""
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]


def continued(command: str, width: int) -> list[str]:
    """A command over several lines, each but the last ending in a backslash: it can be pasted as it stands."""
    words = [shlex.quote(word) for word in shlex.split(command)]
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > width:
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def certainty(finding: FindingPart) -> str:
    """How sure a finding is, and what else it could be."""
    if finding.certainty == "certain":
        return "certain"
    return "likely" + (f"; it could also be {', '.join(finding.also)}" if finding.also else "")


def next_action(one: ConnectionPart) -> str:
    """The one thing to do now, and who does it."""
    if one.root_causes:
        first = one.root_causes[0]
        return f"{OWNERS[first.owner]}: {first.fix.text.partition('. ')[0].rstrip('.')}"
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
