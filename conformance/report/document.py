"""The report of a run, built from the parts of its connections and the facts of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from conformance.findings import UNPUBLISHED, Docs
from conformance.findings.redact import printable, redact
from conformance.report.comparison import PastRun, compare, run_of
from conformance.report.model import SCHEMA, SUITE, ConnectionPart, Document, RunPart
from conformance.report.parts import COMMAND, connection_part, stale_parts
from conformance.verification.baseline import Stale
from conformance.verification.result import Report
from conformance.verification.verdict import ExitCode, exit_code


def document(
    reports: Sequence[Report],
    selection: str = "all",
    command: str = COMMAND,
    stale: Sequence[Stale] = (),
    docs: Docs = UNPUBLISHED,
) -> Document:
    """Return the report of a run over one or more connections.

    ``command`` is the command that started the run, without a selection; ``docs`` builds the links to the
    documentation.
    """
    parts = [connection_part(report, command, docs, alone=len(reports) == 1) for report in reports]
    return build_document(
        parts,
        codes=[part.verdict.exit_code for part in parts],
        started=min((report.started for report in reports), default=datetime.now(UTC)),
        duration=max((report.duration for report in reports), default=0.0),
        source=reports[0].source if reports else "none",
        selection=selection,
        requests=sum(report.gathered.requests for report in reports),
        command=command,
        stale=stale,
    )


def build_document(
    parts: Iterable[ConnectionPart],
    *,
    codes: Iterable[int],
    started: datetime,
    duration: float,
    source: str,
    selection: str,
    requests: int,
    command: str,
    stale: Sequence[Stale],
    unfinished: int = 0,
    failed_tests: int = 0,
) -> Document:
    """Return a report with these parts; ``codes`` are the exit codes of the connections."""
    run = RunPart(
        started=started,
        duration_s=round(duration, 3),
        source=source,
        selection=selection,
        requests=requests,
        exit_code=int(ExitCode.NONCONFORMANT if failed_tests else exit_code(codes, stale, unfinished=unfinished)),
        command=printable(redact(command)),
        unfinished=unfinished,
        failed_tests=failed_tests or msgspec.UNSET,
    )
    return Document(schema=SCHEMA, suite=SUITE, run=run, connections=tuple(parts), stale=stale_parts(stale))


def with_comparison(document: Document, previous: PastRun | None) -> Document:
    """Return the report with the changes since a previous run; unchanged if ``previous`` is None."""
    if previous is None:
        return document
    return msgspec.structs.replace(document, comparison=compare(previous, run_of(document)))
