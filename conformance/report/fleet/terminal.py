"""The overview of a fleet at the terminal, on one screen: the verdict, the causes with their connections, the facts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from conformance.report.fleet.overview import Overview, SharedCause, counted
from conformance.report.fleet.summary import notification_text
from conformance.report.provenance import provenance
from conformance.report.terminal_layout import Line, height, show
from conformance.report.wording import SIGNS, request_summary
from conformance.report.wording import counted as checks_counted

MAX_ROWS = 8
"""The maximum number of causes listed of each kind; the others are counted. On a small screen, warnings are left out
first.
"""
CAUSE, NOTE, FACT, FIX, GAP = 0, 4, 3, 5, 6
"""The ranks of lines: on a small screen, the highest are left out first."""


def draw(fleet: Overview, console: Console, *, full: bool = False) -> None:
    """Print the overview; ``full`` lists every cause, and every connection that does not work."""
    show(console, list(_lines(fleet, full=full)), None if full else height(console))


def _lines(fleet: Overview, *, full: bool) -> Iterator[Line]:
    if origin := provenance(fleet.head):
        yield Line(f"{origin.sentence}.", style="yellow")
    yield Line(f"{fleet.sentence}. {fleet.action}", sign=SIGNS[fleet.status], style="bold")
    if full:
        yield from (Line(row.summary, sign=SIGNS[row.status], name=row.name) for row in fleet.trouble)
    for rank, weights in ((CAUSE, ("failed", "inconclusive")), (NOTE, ("warning",))):
        causes = [cause for cause in fleet.causes if cause.weight in weights]
        if causes:
            yield Line("", rank=GAP)
        for cause_part in causes if full else causes[:MAX_ROWS]:
            yield from _cause(cause_part, rank)
        if hidden := 0 if full else len(causes[MAX_ROWS:]):
            yield Line(f"and {hidden} more (-v shows all)", indent=2, style="dim", rank=rank)
    yield Line("", rank=GAP)
    yield from (
        Line(text, label=label, rank=FACT if label == "slowest" else 0) for label, text in notification_text(fleet)
    )
    yield from (
        Line(
            f"{end.what}, {end.countdown}: {counted(len(end.connections))} not ready",
            label="ends",
            rank=FACT,
        )
        for end in fleet.ends
    )
    yield from (Line(acceptance.message, sign=SIGNS["failed"], name="baseline") for acceptance in fleet.head.stale)
    run = fleet.head.run
    facts = f"{checks_counted(fleet.checks)}; {request_summary(run)}"
    yield Line(f"exit code {run.exit_code}: {facts}", style="dim", rank=FACT)


def _cause(cause: SharedCause, rank: int) -> Iterator[Line]:
    name, _, rest = cause.sentence.partition(": ")
    yield Line(rest, sign=SIGNS[cause.weight], name=name, rank=rank)
    yield Line(cause.action(), label="fix", indent=2, rank=FIX)
