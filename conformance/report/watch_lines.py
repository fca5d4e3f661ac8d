"""The lines that a watch prints: one for each event, followed by the fix if a cause was found."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.parts import finding_part
from conformance.report.terminal_fix import fix
from conformance.report.terminal_layout import Line
from conformance.report.wording import OWNERS, SIGNS, capital
from conformance.verification.watch_event import WatchEvent


def event_lines(event: WatchEvent, connection: str = "") -> Iterator[Line]:
    """Yield the lines of an event, with the name of its ``connection`` if given. Times are local."""
    finding = finding_part(event.root.finding)
    at = f"{event.at.astimezone():%H:%M:%S}"
    name = " ".join(word for word in (at, connection, event.kind) if word)
    if event.kind == "fixed":
        text = f"{capital(OWNERS[finding.owner])}: {finding.cause} ({event.root.check}) is fixed"
        yield Line(text, sign=SIGNS["passed"], name=name)
        return
    sign = SIGNS["failed" if event.root.conclusive else "inconclusive"]
    yield Line(f"{finding.cause} ({event.root.check}): {capital(finding.explanation)}", sign=sign, name=name)
    yield from fix(finding)
