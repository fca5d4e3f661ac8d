"""A trend at the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.report.fleet.trend import RunPoint, Trend
from conformance.report.wording import SIGNS
from conformance.verification.verdict import VerdictStatus

STACK: Mapping[VerdictStatus, tuple[str, str]] = {
    "nonconformant": ("█", "#"),
    "incomplete": ("▒", "?"),
    "partial": ("▒", "o"),
    "conformant": ("░", "."),
}
"""The parts of a bar with their signs in Unicode and in ASCII. Broken connections are the first part, so that their
lengths can be compared.
"""
Stack = Mapping[VerdictStatus, tuple[str, str]]
WIDTH, BESIDE = 36, 40
"""The maximum width of a bar, and the space for the text beside it; in characters."""
MAX_ROWS = 12
"""The maximum number of rows in a list; the others are counted."""


def stack_of(nights: Sequence[RunPoint]) -> Stack:
    """Return the parts of a bar that these runs need; ``partial`` only if some connection has that verdict."""
    partial = any(night.counts.get("partial") for night in nights)
    return {status: signs for status, signs in STACK.items() if partial or status != "partial"}


def draw(trend: Trend, out: Console) -> None:
    """Print runs as bars, then open causes, flapping connections and resolved causes."""
    plain = not (out.encoding or "").lower().startswith("utf")
    if not trend.nights:
        out.print("No run is in this history, or none since then.")
        return
    stack = stack_of(trend.nights)
    legend = ((f"  {signs[plain]} {status}", SIGNS[status].color) for status, signs in stack.items())
    out.print(Text.assemble((runs(len(trend.nights)), "bold"), *legend))
    out.print(_bars(trend.nights, stack, plain, max(10, min(WIDTH, out.width - BESIDE))))
    sections = (
        (
            "open causes",
            [
                (open_cause.cause, connections(open_cause.connections), f"since {open_cause.since:%Y-%m-%d}")
                for open_cause in trend.open
            ],
        ),
        ("flapping", [(name, f"{times} changes of verdict", "") for name, times in trend.flapping.items()]),
        (
            "fixed",
            [
                (resolved_cause.cause, f"{resolved_cause.times} times", f"median {span(resolved_cause.median)}")
                for resolved_cause in trend.resolved
            ],
        ),
    )
    for title, rows in sections:
        out.print()
        out.print(Text(title if rows else f"{title}: none", "bold"))
        if rows:
            out.print(_rows(rows, plain))


def _bars(nights: Sequence[RunPoint], stack: Stack, plain: bool, width: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    for signs in stack.values():
        table.add_column(signs[plain], justify="right", no_wrap=True)
    for night in nights:
        bar = Text()
        for status, length in lengths(night.counts, width).items():
            bar.append(STACK[status][plain] * length, SIGNS[status].color)
        counts = (str(night.counts.get(status, 0)) for status in stack)
        table.add_row(f"{night.started:%Y-%m-%d %H:%M}", bar, *counts)
    return table


def _rows(rows: Sequence[tuple[str, str, str]], plain: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for name, amount, when in rows[:MAX_ROWS]:
        table.add_row(Text(f"  {name.encode('ascii', 'replace').decode() if plain else name}"), amount, when)
    if len(rows) > MAX_ROWS:
        table.add_row(f"  and {len(rows) - MAX_ROWS} more", "", "")
    return table


def lengths(counts: Mapping[VerdictStatus, int], width: int) -> dict[VerdictStatus, int]:
    """Return the length of each part of a bar in characters: proportional, at least 1 for a count above 0."""
    total = sum(counts.values())
    widths = {status: max(1, round(width * count / total)) for status in STACK if (count := counts.get(status, 0))}
    if widths:
        widths[max(widths, key=lambda status: widths[status])] += width - sum(widths.values())
    return widths


def runs(count: int) -> str:
    """Return the number with its noun: ``1 run``, ``2 runs``."""
    return f"{count} run{'' if count == 1 else 's'}"


def connections(count: int) -> str:
    """Return the number with its noun: ``1 connection``, ``2 connections``."""
    return f"{count} connection{'' if count == 1 else 's'}"


def span(time: timedelta) -> str:
    """Return a duration as text, in hours up to two days and in days above: ``5 h``, ``3 days``."""
    hours = round(time.total_seconds() / 3600)
    if hours < 48:
        return f"{max(hours, 1)} h"
    return f"{round(hours / 24)} days"
