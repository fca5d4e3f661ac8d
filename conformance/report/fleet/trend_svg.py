"""A trend as a self-contained SVG: readable in light and dark, with a description for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10
from xml.etree import ElementTree

from conformance.report.fleet.trend import RunPoint, Trend
from conformance.report.fleet.trend_terminal import MAX_ROWS, STACK, Stack, connections, runs, span, stack_of
from conformance.verification.verdict import VerdictStatus

STYLE = """
.trend { --paper: #fff; --ink: #1b1d20; --soft: #565c63; --line: #dfe0da;
      --good: #8fcfaa; --bad: #b3261e; --open: #0b6285; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  .trend { --paper: #121316; --ink: #e9eaec; --soft: #a6adb5; --line: #30343a; --good: #2c6b4a; --bad: #ff8a80;
        --open: #66c4e8; } }
.trend .paper { fill: var(--paper); } .trend text { fill: var(--ink); } .trend .soft { fill: var(--soft); }
.trend .head { font-weight: 600; } .trend .title { font-size: 17px; font-weight: 600; }
.trend .end { text-anchor: end; } .trend .middle { text-anchor: middle; } .trend .line { stroke: var(--line); }
.trend .conformant { fill: var(--good); } .trend .nonconformant, .trend .bar { fill: var(--bad); }
.trend .incomplete, .trend .partial { fill: var(--open); }
"""
WIDE, LEFT, RIGHT = 800, 56, 24
TOP, HIGH = 104, 200
ROW, LABEL = 24, 76
LONGEST = 44
"""The maximum length of a name in characters."""


class Picture:
    """A drawing that grows downwards. Without ``style`` it is for a page that contains ``STYLE``."""

    def __init__(self, title: str, description: str, *, style: bool = True) -> None:
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "trend",
                "role": "img",
                "aria-labelledby": "trend-title trend-description",
            },
        )
        self._add(self._root, "title", {"id": "trend-title"}, title)
        self._add(self._root, "desc", {"id": "trend-description"}, description)
        if style:
            self._add(self._root, "style", {}, STYLE)
        self._paper = self._add(self._root, "rect", {"class": "paper", "width": WIDE})

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        """Add a text at a position in pixels; ``kind`` is its CSS class."""
        self._add(self._root, "text", {"x": x, "y": y, "class": kind}, words)

    def rectangle(self, x: float, y: float, width: float, height: float, kind: str, tip: str = "") -> None:
        """Add a rectangle, in pixels; ``tip`` is its tooltip."""
        element = self._add(self._root, "rect", {"x": x, "y": y, "width": width, "height": height, "class": kind})
        if tip:
            self._add(element, "title", {}, tip)

    def line(self, y: float) -> None:
        """Add a line over the whole width."""
        self._add(self._root, "line", {"x1": LEFT, "x2": WIDE - RIGHT, "y1": y, "y2": y, "class": "line"})

    def svg(self, height: int) -> str:
        """Return the whole SVG document, ``height`` pixels high."""
        self._paper.set("height", str(height))
        self._root.set("viewBox", f"0 0 {WIDE} {height}")
        ElementTree.indent(self._root, " ")
        return ElementTree.tostring(self._root, encoding="unicode") + "\n"

    def _add(
        self, parent: ElementTree.Element, tag: str, attributes: dict[str, str | float], words: str = ""
    ) -> ElementTree.Element:
        texts = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in attributes.items()}
        element = ElementTree.SubElement(parent, tag, {name: value for name, value in texts.items() if value})
        element.text = words or None
        return element


def chart(nights: Sequence[RunPoint]) -> str:
    """Return the columns of the runs as an SVG for a page that contains ``STYLE``; at least one run is required."""
    return _chart(nights, style=False).svg(TOP + HIGH + 40)


def _chart(nights: Sequence[RunPoint], *, style: bool) -> Picture:
    first, last = nights[0], nights[-1]
    description = ", ".join(f"{last.counts.get(status, 0)} {status}" for status in stack_of(nights))
    words = f"{runs(len(nights))}, from {day(first)} to {day(last)}; the last one: {description}"
    chart = Picture("Verdicts per run", words, style=style)
    chart.text(LEFT, 32, "Verdicts per run", "title")
    chart.text(LEFT, 54, words, "soft")
    _legend(chart, stack_of(nights))
    _columns(chart, nights)
    return chart


def picture(trend: Trend) -> str:
    """Return the SVG of a trend, which must have at least one run."""
    chart = _chart(trend.nights, style=True)
    y = TOP + HIGH + 64
    most = max((open_cause.connections for open_cause in trend.open), default=1)
    y = _list(
        chart,
        y,
        "Open causes",
        [
            (open_cause.cause, connections(open_cause.connections), f"since {open_cause.since:%Y-%m-%d}")
            for open_cause in trend.open
        ],
        [open_cause.connections / most for open_cause in trend.open],
    )
    y = _list(
        chart, y, "Flapping", [(name, f"{times} changes of verdict", "") for name, times in trend.flapping.items()]
    )
    y = _list(
        chart,
        y,
        "Fixed",
        [
            (resolved_cause.cause, f"{resolved_cause.times} times", f"median {span(resolved_cause.median)}")
            for resolved_cause in trend.resolved
        ],
    )
    return chart.svg(y)


def _legend(chart: Picture, stack: Stack) -> None:
    for number, status in enumerate(stack):
        x = LEFT + 130 * number
        chart.rectangle(x, 70, 12, 12, status)
        chart.text(x + 18, 81, status, "soft")


def _columns(chart: Picture, nights: Sequence[RunPoint]) -> None:
    """Draw stacked columns on a scale that starts at 0, with broken connections at the bottom."""
    most = max(sum(night.counts.values()) for night in nights)
    step = nice(most)
    top = step * ceil(most / step)
    for value in range(0, top + 1, step):
        y = TOP + HIGH * (1 - value / top)
        chart.line(y)
        chart.text(LEFT - 8, y + 4, str(value), "soft end")
    pitch = min((WIDE - LEFT - RIGHT) / len(nights), float(LABEL))
    labels = ceil(LABEL / pitch)
    for number, night in enumerate(nights):
        x, y = LEFT + number * pitch, float(TOP + HIGH)
        for status, count in _stack(night):
            height = HIGH * count / top
            y -= height
            chart.rectangle(x + pitch * 0.1, y, pitch * 0.8, height, status, f"{day(night)}: {count} {status}")
        if number % labels == 0:
            chart.text(x + pitch / 2, TOP + HIGH + 20, day(night), "soft middle")


def _stack(night: RunPoint) -> list[tuple[VerdictStatus, int]]:
    return [(status, count) for status in STACK if (count := night.counts.get(status, 0))]


def _list(chart: Picture, y: int, title: str, rows: Sequence[tuple[str, str, str]], bars: Sequence[float] = ()) -> int:
    """Draw a list below a heading; return the y coordinate (pixels) below it."""
    chart.text(LEFT, y, title if rows else f"{title}: none", "head")
    for number, (name, amount, when) in enumerate(rows[:MAX_ROWS]):
        y += ROW
        chart.text(LEFT, y, name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")
        chart.text(500, y, amount, "end")
        chart.text(512, y, when, "soft")
        if bars:
            chart.rectangle(640, y - 10, max(2.0, (WIDE - RIGHT - 640) * bars[number]), 12, "bar")
    if len(rows) > MAX_ROWS:
        y += ROW
        chart.text(LEFT, y, f"and {len(rows) - MAX_ROWS} more", "soft")
    return y + 2 * ROW


def nice(most: int) -> int:
    """Return a distance between the lines of a scale that gives about four lines: 1, 2 or 5 times a power of ten."""
    rough = max(most, 1) / 4
    power = int(10 ** int(log10(max(rough, 1))))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def day(night: RunPoint) -> str:
    """Return the date of a run, as YYYY-MM-DD."""
    return f"{night.started:%Y-%m-%d}"
