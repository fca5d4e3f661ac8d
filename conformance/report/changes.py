"""The changes since a previous run as lines, each a label and a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC

from conformance.report.comparison import ChangePart, ChangesPart, ComparisonPart, ShapePart
from conformance.report.model import Document
from conformance.report.wording import ranges

MAX_LINES = 8
"""The maximum number of lines for one kind of change; the text after them says how many more there are."""

Line = tuple[str, str]


def changes(comparison: ComparisonPart, connection: str) -> Iterator[Line]:
    """Yield the lines for one connection; only one if nothing changed."""
    previous = comparison.previous
    since = f"{previous.started.astimezone(UTC):%Y-%m-%d %H:%M} UTC (suite {previous.suite.version})"
    changed = comparison.connections.get(connection)
    if changed is None:
        yield "since", f"{since}: this connection is new"
    elif not changed:
        yield "since", f"{since}: nothing changed"
    else:
        yield "since", f"{since}: changed"
        yield from _all(changed)


def changed(document: Document, connection: str) -> Iterator[Line]:
    """Yield the lines for one connection, each with its label; none without a comparison or a change."""
    comparison = document.comparison
    if comparison and comparison.connections.get(connection):
        label = ""
        for name, text in changes(comparison, connection):
            label = name or label
            yield label, text


def _all(changed: ChangesPart) -> Iterator[Line]:
    yield from _owned("failing", changed.newly_failing, lambda part: part.cause or part.outcome)
    yield from _owned(
        "passing", changed.newly_passing, lambda part: f"{part.outcome}, was {part.was_cause or part.was}"
    )
    yield from _some("changed", _alike(changed.changed_causes))
    if changed.new_checks:
        yield "new", ranges(changed.new_checks)
    if changed.lost_checks:
        yield "lost", ranges(changed.lost_checks)
    yield from _some("shapes", [f"{shape.endpoint}: {_fields(shape)}" for shape in changed.shapes])


def _owned(label: str, parts: Sequence[ChangePart], how: Callable[[ChangePart], str]) -> Iterator[Line]:
    """Yield the checks that own their cause, each with the number of checks that it blocks."""
    own = [part for part in parts if part.blocked_by is None]
    lines = []
    for root in own:
        others = sum(other.blocked_by == root.check for other in parts)
        lines.append(f"{root.check}: {how(root)}" + (f", and {others} checks with it" if others else ""))
    roots = {part.check for part in own}
    blocked = [part.check for part in parts if part.blocked_by and part.blocked_by not in roots]
    yield from _some(label, lines + ([ranges(blocked)] if blocked else []))


def _alike(changed_parts: Sequence[ChangePart]) -> list[str]:
    """Return one text for each group of checks that changed in the same way."""
    ways: dict[str, list[str]] = {}
    for part in changed_parts:
        ways.setdefault(_way(part), []).append(part.check)
    return [f"{ranges(checks)}: {way}" for way, checks in ways.items()]


def _way(part: ChangePart) -> str:
    was, now = ((part.was, part.was_cause), (part.outcome, part.cause))
    if part.was == part.outcome:
        return f"{part.was_cause or 'no cause'} before, {part.cause or 'no cause'} now"
    return " before, ".join(f"{outcome} ({cause})" if cause else outcome for outcome, cause in (was, now)) + " now"


def _fields(shape: ShapePart) -> str:
    lines = [f"{field} came" for field in shape.came] + [f"{field} went" for field in shape.went]
    lines += [f"{member.field} is {member.type}, was {member.was}" for member in shape.retyped]
    more = shape.more + len(lines) - MAX_LINES
    return "; ".join(lines[:MAX_LINES]) + (f"; {more} more" if more > 0 else "")


def _some(label: str, texts: Sequence[str]) -> Iterator[Line]:
    for number, text in enumerate(texts[:MAX_LINES]):
        yield "" if number else label, text
    if len(texts) > MAX_LINES:
        yield "", f"{len(texts) - MAX_LINES} more in the report"
