"""The report as data: schema ``sentinel-conformance/report/1``. Every other form is made from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

from conformance._version import CHECKS_VERSION, __version__
from conformance.checks.outcome import Accepted, Outcome, Status
from conformance.checks.registry import get_check
from conformance.findings import UNPUBLISHED, Docs, Finding
from conformance.findings.command import Step
from conformance.findings.redact import excerpt, printable, redact
from conformance.probing.engine import Gathered
from conformance.probing.evidence import Answer, Exchange, Refusal
from conformance.probing.shapes import shapes
from conformance.report.comparison import ComparisonPart, PastRun, compare, run_of
from conformance.verification.baseline import Stale
from conformance.verification.pipeline import TRANSIENT
from conformance.verification.result import Report
from conformance.verification.verdict import ExitCode, RootCause, VerdictStatus, exit_code

SCHEMA: Literal["sentinel-conformance/report/1"] = "sentinel-conformance/report/1"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report."""


class StepPart(Part, frozen=True, kw_only=True):
    """A command, the forms of it that other shells need, who may run it, and the command that takes it back."""

    command: str
    """For bash, zsh, Azure Cloud Shell, and every shell that ``shells`` does not name."""
    shells: dict[str, str]
    """By ``powershell``, ``cmd`` or ``macos``."""
    role: str | None
    undo: str | None


class FixPart(Part, frozen=True, kw_only=True):
    """What to do: a sentence, commands to paste, the portal path where that is the better way."""

    text: str
    commands: tuple[str, ...]
    """Those of ``steps`` alone."""
    portal: str | None
    values: dict[str, str]
    """What the text, the commands and the path were filled in with, by placeholder."""
    steps: tuple[StepPart, ...] = ()


class AcceptedPart(Part, frozen=True, kw_only=True):
    """Why somebody lives with a finding, and the last day on which they do."""

    reason: str
    expires: date


class FindingPart(Part, frozen=True, kw_only=True):
    """What a cause means here, how sure that is, and who mends it how."""

    cause: str
    certainty: Literal["certain", "likely"]
    also: tuple[str, ...]
    """Other causes that the same answers can have."""
    owner: str
    explanation: str
    fix: FixPart
    docs: str
    """Where the page of the cause is."""


class RootCausePart(FindingPart, frozen=True, kw_only=True):
    """A finding that makes the verdict: the check that owns it, and the checks that it blocks."""

    check: str
    blocks: tuple[str, ...]
    evidence: EvidencePart | None
    """The answer that it was read from; None where nothing was sent."""
    again: str
    """The command that looks at this alone again."""
    accepted: AcceptedPart | None


class EvidencePart(Part, frozen=True, kw_only=True):
    """The answer that proves an outcome."""

    status: int | None
    code: str | None
    request_id: str | None
    url: str
    attempts: int
    date: datetime | None
    """The service's clock."""


class CheckPart(Part, frozen=True, kw_only=True):
    id: str
    area: str
    title: str
    level: Literal["must", "should"]
    outcome: Status
    cause: str | None
    blocked_by: str | None
    reason: str | None
    duration_s: float | None
    """Of the exchange behind it, with retries; None where nothing was sent."""
    probes: tuple[str, ...]
    evidence: EvidencePart | None
    finding: FindingPart | None
    """Of a check that failed, warns or is inconclusive itself."""
    accepted: AcceptedPart | None
    """Of a known finding, and what it blocks: the outcome stays, and does not count."""
    docs: str | None = None
    """Where its page is; None of a check that is somebody's own."""


class RequestPart(Part, frozen=True, kw_only=True):
    """One exchange with a service, as it went. Seconds are those since the first request of the connection."""

    probe: str
    operation: str
    method: str
    url: str
    status: int | None
    request_id: str | None
    attempts: int
    started_s: float
    duration_s: float
    answer: str | None
    """The beginning of a refusal's body, redacted; None where the answer was as documented."""


class CoveragePart(Part, frozen=True, kw_only=True):
    """How many checks ran, of those that a whole verification runs."""

    ran: int
    total: int


class VerdictPart(Part, frozen=True, kw_only=True):
    status: VerdictStatus
    exit_code: int
    counts: dict[str, int]
    summary: str
    coverage: CoveragePart | msgspec.UnsetType = msgspec.UNSET
    """Where only a part of the checks ran."""


class TargetPart(Part, frozen=True, kw_only=True):
    cloud: str
    tenant_id: str
    client_id: str
    subscription_id: str
    resource_group: str
    workspace: str


class ConnectionPart(Part, frozen=True, kw_only=True):
    name: str
    target: TargetPart
    verdict: VerdictPart
    root_causes: tuple[RootCausePart, ...]
    accepted: tuple[RootCausePart, ...]
    """Root causes that a baseline accepts: they do not count, and nobody has to mend them now."""
    checks: tuple[CheckPart, ...]
    requests: tuple[RequestPart, ...]
    """In the order in which they were sent."""
    shapes: dict[str, tuple[str, ...]]
    """The fields of all answers with their types, by operation."""


class SuitePart(Part, frozen=True, kw_only=True):
    version: str
    checks: str


SUITE = SuitePart(version=__version__, checks=CHECKS_VERSION)


class RunPart(Part, frozen=True, kw_only=True):
    started: datetime
    duration_s: float
    source: str
    selection: str
    requests: int
    exit_code: int
    command: str
    """What verifies the same connections again, all of them."""
    unfinished: int = 0
    """Connections without a verdict: the run was cut off."""
    failed_tests: int | msgspec.UnsetType = msgspec.UNSET
    """Tests that are no checks, ran beside them in the same session, and failed."""


class StalePart(Part, frozen=True, kw_only=True):
    """An acceptance of the baseline that has to go, which makes the run fail."""

    check: str
    connection: str | None
    cause: str | None
    reason: str
    expires: date
    why: Literal["passing", "expired"]
    message: str


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole report of a run."""

    schema: Literal["sentinel-conformance/report/1"]
    suite: SuitePart
    run: RunPart
    connections: tuple[ConnectionPart, ...]
    stale: tuple[StalePart, ...]
    comparison: ComparisonPart | msgspec.UnsetType = msgspec.UNSET
    """With a previous run, where one was given."""


TEXT, ANSWER = 2000, 600
"""Characters of any one text in a report, and of a refusal's body."""
NAMEABLE = re.compile(r"[\w.-]+")
"""Names of connections that pytest's ``-k`` takes as they are."""
COMMAND = "pytest --sentinel-config=FILE"
"""What verifies a connection, where a run was not started so itself."""


def _text(text: str, length: int = TEXT) -> str:
    """What a service or a file says, as a report may show it."""
    return excerpt(text, length)


def document(
    reports: Sequence[Report],
    selection: str = "all",
    command: str = COMMAND,
    stale: Sequence[Stale] = (),
    docs: Docs = UNPUBLISHED,
) -> Document:
    """The report of a run over one or more connections.

    ``command`` is what started it, without a selection; ``docs`` is where its links lead.
    """
    parts = [connection_part(one, command, docs, alone=len(reports) == 1) for one in reports]
    return build_document(
        parts,
        codes=[one.verdict.exit_code for one in parts],
        started=min((one.started for one in reports), default=datetime.now(UTC)),
        duration=max((one.duration for one in reports), default=0.0),
        source=reports[0].source if reports else "none",
        selection=selection,
        requests=sum(one.gathered.requests for one in reports),
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
    """A report with these parts, of a run over connections that end with these exit ``codes``."""
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


def connection_part(
    report: Report, command: str = COMMAND, docs: Docs = UNPUBLISHED, *, alone: bool = True
) -> ConnectionPart:
    """What a report says of its connection, which is ``alone`` in its run or not."""
    command = printable(redact(command))
    connection, verdict = report.connection, report.verdict
    named = "" if alone or not NAMEABLE.fullmatch(connection.name) else f"{connection.name}-"

    def root_causes(found: Sequence[RootCause]) -> tuple[RootCausePart, ...]:
        return tuple(
            _root_cause(cause, again(command, f"{named}{cause.root.check}", cause.root.finding.cause), docs)
            for cause in found
        )

    return ConnectionPart(
        name=_text(connection.name),
        target=TargetPart(
            cloud=connection.cloud.name,
            tenant_id=_text(connection.tenant_id),
            client_id=_text(connection.client_id),
            subscription_id=_text(connection.subscription_id),
            resource_group=_text(connection.resource_group),
            workspace=_text(connection.workspace_name),
        ),
        verdict=VerdictPart(
            status=verdict.status,
            exit_code=int(verdict.exit_code),
            counts=dict(sorted(verdict.counts.items())),
            summary=verdict.summary,
            coverage=CoveragePart(ran=verdict.coverage.ran, total=verdict.coverage.total)
            if verdict.coverage
            else msgspec.UNSET,
        ),
        root_causes=root_causes(verdict.root_causes),
        accepted=root_causes(verdict.accepted),
        checks=tuple(_check(outcome, docs) for outcome in report.outcomes),
        requests=_requests(report.gathered),
        shapes=shapes(report.gathered.evidence),
    )


def again(command: str, check: str, cause: str) -> str:
    """Return the command that looks at one check again; it waits for a cause that goes away by itself."""
    wait = " --sentinel-wait=10m" if cause in TRANSIENT and "--sentinel-wait" not in command else ""
    return f"{command}{wait} -k {check}"


def with_comparison(document: Document, previous: PastRun | None) -> Document:
    """The report with what changed since a previous run, if there is one."""
    if previous is None:
        return document
    return msgspec.structs.replace(document, comparison=compare(previous, run_of(document)))


def finding_part(finding: Finding, docs: Docs = UNPUBLISHED) -> FindingPart:
    """A finding as the report has it, redacted."""
    return FindingPart(
        cause=finding.cause,
        certainty=finding.certainty,
        also=finding.also,
        owner=finding.owner,
        explanation=_text(finding.explanation),
        fix=FixPart(
            text=printable(finding.fix.text),
            commands=tuple(printable(command) for command in finding.fix.commands),
            portal=finding.fix.portal and printable(finding.fix.portal),
            values={name: printable(value) for name, value in finding.fix.values.items()},
            steps=tuple(_step(one) for one in finding.fix.steps),
        ),
        docs=docs.cause(finding.cause),
    )


def _step(step: Step) -> StepPart:
    return StepPart(
        command=printable(step.command),
        shells={name: printable(text) for name, text in step.shells.items()},
        role=step.role,
        undo=step.undo and printable(step.undo),
    )


def _root_cause(cause: RootCause, again: str, docs: Docs) -> RootCausePart:
    return RootCausePart(
        **msgspec.structs.asdict(finding_part(cause.root.finding, docs)),
        check=cause.root.check,
        blocks=cause.blocks,
        evidence=None if cause.root.exchange is None else _evidence(cause.root.exchange, cause.root.finding.code),
        again=again,
        accepted=_accepted(cause.accepted),
    )


def _accepted(accepted: Accepted | None) -> AcceptedPart | None:
    return None if accepted is None else AcceptedPart(reason=accepted.reason, expires=accepted.expires)


def stale_parts(stale: Iterable[Stale]) -> tuple[StalePart, ...]:
    """Stale acceptances as the report has them."""
    return tuple(_stale(one) for one in stale)


def _stale(stale: Stale) -> StalePart:
    one = stale.acceptance
    return StalePart(
        check=one.check,
        connection=one.connection,
        cause=one.cause,
        reason=one.reason,
        expires=one.expires,
        why=stale.why,
        message=stale.message,
    )


def _check(outcome: Outcome, docs: Docs) -> CheckPart:
    check = get_check(outcome.check)
    own = outcome.root is not None and outcome.root.check == outcome.check
    exchange = (outcome.root.exchange if outcome.root else None) or outcome.exchange
    return CheckPart(
        id=check.id,
        area=check.area,
        title=check.title,
        level=check.level,
        outcome=outcome.status,
        cause=outcome.cause,
        blocked_by=outcome.blocked_by,
        reason=None if outcome.reason is None else _text(outcome.reason),
        duration_s=None if exchange is None else round(exchange.elapsed, 3),
        probes=outcome.probes,
        evidence=None if exchange is None else _evidence(exchange, outcome.root.finding.code if outcome.root else None),
        finding=finding_part(outcome.root.finding, docs) if own and outcome.root else None,
        accepted=_accepted(outcome.accepted),
        docs=docs.check(check.id) if check.shipped else None,
    )


def _evidence(exchange: Exchange, code: str | None) -> EvidencePart:
    return EvidencePart(
        status=exchange.status,
        code=code and _text(code, 80),
        request_id=exchange.request_id and _text(exchange.request_id, 80),
        url=_text(exchange.url),
        attempts=exchange.attempts,
        date=exchange.date,
    )


def _requests(gathered: Gathered) -> tuple[RequestPart, ...]:
    found = []
    for name, came in gathered.evidence.items():
        if isinstance(came, Answer | Refusal) and (exchange := came.exchange):
            said = came.body.decode("utf-8", "replace") if isinstance(came, Refusal) else ""
            part = RequestPart(
                probe=name,
                operation=exchange.endpoint,
                method=exchange.method,
                url=_text(exchange.url),
                status=exchange.status,
                request_id=exchange.request_id and _text(exchange.request_id, 80),
                attempts=exchange.attempts,
                started_s=round(exchange.started, 4),
                duration_s=round(exchange.elapsed, 4),
                answer=_text(said, ANSWER) or None,
            )
            found.append(part)
    return tuple(sorted(found, key=lambda part: (part.started_s, part.probe)))
