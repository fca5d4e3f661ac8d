"""The overview of a fleet in Markdown, for the summary of a CI job and for tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.report.fleet.overview import Overview, SharedCause, counted, folded
from conformance.report.markdown import code, link, plain, table
from conformance.report.model import EndPart
from conformance.report.provenance import provenance
from conformance.report.wording import OWNERS, SIGNS, capital, request_summary

MAX_ROWS = 50
"""The maximum number of connections in trouble that are listed; the others are counted and are in ``index.html``."""


def summary(fleet: Overview) -> bytes:
    """Return the Markdown text: the verdict and the next action, the causes, the changes, and the connections in
    trouble.
    """
    origin = provenance(fleet.head)
    lines = [f"**{plain(origin.sentence)}.**", ""] if origin else []
    lines += [f"## {SIGNS[fleet.status].sign} {plain(fleet.sentence)}", "", plain(fleet.action)]
    if fleet.head.stale:
        lines += ["", *(f"- {SIGNS['failed'].sign} {plain(acceptance.message)}" for acceptance in fleet.head.stale)]
    broken = [cause for cause in fleet.causes if cause.weight != "warning"]
    noted = [cause for cause in fleet.causes if cause.weight == "warning"]
    for title, causes in (("What to fix", broken), ("Warnings", noted)):
        lines += _causes(title, causes)
    lines += _ends(fleet.ends)
    lines += ["", *(f"- **{capital(label)}**: {plain(text)}" for label, text in notification_text(fleet))]
    lines += _trouble(fleet)
    run = fleet.head.run
    facts = f"{request_summary(run)}, source {run.source}, exit code {run.exit_code}"
    lines += ["", f"<sub>{plain(f'sentinel-conformance {fleet.head.suite.version}: {facts}')}</sub>"]
    return ("\n".join(lines) + "\n").encode()


def notification_text(fleet: Overview) -> Iterator[tuple[str, str]]:
    """Yield a label and a sentence for each kind of change, for the slowest connections and for the throttled ones."""
    if changes := fleet.changes:
        yield "since", f"{changes.since:%Y-%m-%d %H:%M} UTC: {counted(changes.same)} as before"
        lists: tuple[tuple[str, Sequence[str]], ...] = (
            ("failing", [_with(name, causes) for name, causes in changes.failing.items()]),
            ("fixed", changes.fixed),
            ("changed", [_with(name, causes) for name, causes in changes.changed.items()]),
            ("new", changes.new),
            ("lost", changes.lost),
        )
        yield from ((label, f"{counted(len(names))}: {folded(names)}") for label, names in lists if names)
    yield "slowest", ", ".join(f"{row.name} {row.seconds:.1f} s" for row in fleet.slowest)
    if throttled := fleet.throttled:
        times = folded([f"{row.name} {row.throttled} times" for row in throttled])
        yield "limits", f"{counted(len(throttled))} throttled: {times}"


def _with(name: str, causes: Sequence[str]) -> str:
    return f"{name} ({', '.join(causes)})" if causes else name


def _causes(title: str, causes: Sequence[SharedCause]) -> Iterator[str]:
    if causes:
        yield from ("", f"### {title}", "")
        rows = [
            [
                link(code(cause.cause), cause.docs),
                str(len(cause.names)),
                plain(folded(cause.names)),
                plain(OWNERS[cause.owner]),
            ]
            for cause in causes
        ]
        yield from table(["cause", "connections", "which", "who fixes it"], rows)


def _ends(ends: Sequence[EndPart]) -> Iterator[str]:
    if ends:
        yield from ("", "### Not ready for announced ends", "")
        rows = [
            [
                link(plain(f"{end.ends}"), end.source),
                plain(end.countdown),
                plain(end.what),
                plain(f"{len(end.connections)}: {folded(end.connections)}"),
                plain(end.left),
            ]
            for end in ends
        ]
        yield from table(["ends on", "that is", "what ends", "connections", "left to do"], rows)


def _trouble(fleet: Overview) -> Iterator[str]:
    if rows := fleet.trouble:
        yield from ("", f"<details><summary>{counted(len(rows))} in trouble</summary>", "")
        trouble_rows = [
            [plain(row.name), f"{SIGNS[row.status].sign} {row.status}", ", ".join(map(code, row.causes)) or "–"]
            for row in rows[:MAX_ROWS]
        ]
        yield from (*table(["connection", "verdict", "root causes"], trouble_rows), "")
        if len(rows) > MAX_ROWS:
            yield from (f"{len(rows) - MAX_ROWS} more are in index.html.", "")
        yield "</details>"
