"""The report as data: schema ``sentinel-conformance/report/1``. Every other form is made from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from conformance import CHECKS_VERSION, __version__
from conformance.checks.outcome import Outcome, Status
from conformance.checks.registry import catalogue
from conformance.findings import Finding
from conformance.findings.redact import excerpt, redact
from conformance.probing.engine import Gathered
from conformance.probing.evidence import Answer, Exchange, Refusal
from conformance.verdict import RootCause, VerdictStatus
from conformance.verification import Report

SCHEMA: Literal["sentinel-conformance/report/1"] = "sentinel-conformance/report/1"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report."""


class FixPart(Part, frozen=True, kw_only=True):
    """What to do: a sentence, commands to paste, the portal path where that is the better way."""

    text: str
    commands: tuple[str, ...]
    portal: str | None


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


class RootCausePart(FindingPart, frozen=True, kw_only=True):
    """A finding that makes the verdict: the check that owns it, and the checks that it blocks."""

    check: str
    blocks: tuple[str, ...]
    evidence: EvidencePart | None
    """The answer that it was read from; None where nothing was sent."""
    again: str
    """The command that looks at this alone again."""


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


class VerdictPart(Part, frozen=True, kw_only=True):
    status: VerdictStatus
    exit_code: int
    counts: dict[str, int]
    summary: str


class TargetPart(Part, frozen=True, kw_only=True):
    cloud: str
    tenant_id: str
    workspace: str


class ConnectionPart(Part, frozen=True, kw_only=True):
    name: str
    target: TargetPart
    verdict: VerdictPart
    root_causes: tuple[RootCausePart, ...]
    checks: tuple[CheckPart, ...]
    requests: tuple[RequestPart, ...]
    """In the order in which they were sent."""


class SuitePart(Part, frozen=True, kw_only=True):
    version: str
    checks: str


class RunPart(Part, frozen=True, kw_only=True):
    started: datetime
    duration_s: float
    source: str
    selection: str
    requests: int
    command: str
    """What verifies the same connections again, all of them."""


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole report of a run."""

    schema: Literal["sentinel-conformance/report/1"]
    suite: SuitePart
    run: RunPart
    connections: tuple[ConnectionPart, ...]


ANSWER = 600
"""Characters of a refusal's body in a report."""
NAMEABLE = re.compile(r"[\w.-]+")
"""Names of connections that pytest's ``-k`` takes as they are."""
COMMAND = "pytest --sentinel-config=FILE"
"""What verifies a connection, where a run was not started so itself."""


def document(reports: Sequence[Report], selection: str = "all", command: str = COMMAND) -> Document:
    """The report of a run over one or more connections; ``command`` is what started it, without a selection."""
    return Document(
        schema=SCHEMA,
        suite=SuitePart(version=__version__, checks=CHECKS_VERSION),
        run=RunPart(
            started=min((one.started for one in reports), default=datetime.now(UTC)),
            duration_s=round(max((one.duration for one in reports), default=0.0), 3),
            source=reports[0].source if reports else "none",
            selection=selection,
            requests=sum(one.gathered.requests for one in reports),
            command=redact(command),
        ),
        connections=tuple(_connection(one, redact(command), alone=len(reports) == 1) for one in reports),
    )


def _connection(report: Report, command: str, *, alone: bool) -> ConnectionPart:
    connection, verdict = report.connection, report.verdict
    narrowed = alone or not NAMEABLE.fullmatch(connection.name)
    return ConnectionPart(
        name=connection.name,
        target=TargetPart(
            cloud=connection.cloud.name, tenant_id=connection.tenant_id, workspace=connection.workspace_name
        ),
        verdict=VerdictPart(
            status=verdict.status,
            exit_code=int(verdict.exit_code),
            counts=dict(sorted(verdict.counts.items())),
            summary=verdict.summary,
        ),
        root_causes=tuple(
            _root_cause(
                cause, f"{command} -k {cause.root.check if narrowed else f'{connection.name}-{cause.root.check}'}"
            )
            for cause in verdict.root_causes
        ),
        checks=tuple(_check(outcome) for outcome in report.outcomes),
        requests=_requests(report.gathered),
    )


def finding_part(finding: Finding) -> FindingPart:
    """A finding as the report has it, redacted."""
    return FindingPart(
        cause=finding.cause,
        certainty=finding.certainty,
        also=finding.also,
        owner=finding.owner,
        explanation=redact(finding.explanation),
        fix=FixPart(text=finding.fix.text, commands=finding.fix.commands, portal=finding.fix.portal),
        docs=finding.docs,
    )


def _root_cause(cause: RootCause, again: str) -> RootCausePart:
    return RootCausePart(
        **msgspec.structs.asdict(finding_part(cause.root.finding)),
        check=cause.root.check,
        blocks=cause.blocks,
        evidence=None if cause.root.exchange is None else _evidence(cause.root.exchange, cause.root.finding.code),
        again=again,
    )


def _check(outcome: Outcome) -> CheckPart:
    check = catalogue()[outcome.check]
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
        reason=None if outcome.reason is None else redact(outcome.reason),
        duration_s=None if exchange is None else round(exchange.elapsed, 3),
        probes=outcome.probes,
        evidence=None if exchange is None else _evidence(exchange, outcome.root.finding.code if outcome.root else None),
        finding=finding_part(outcome.root.finding) if own and outcome.root else None,
    )


def _evidence(exchange: Exchange, code: str | None) -> EvidencePart:
    return EvidencePart(
        status=exchange.status,
        code=code,
        request_id=exchange.request_id,
        url=redact(exchange.url),
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
                url=redact(exchange.url),
                status=exchange.status,
                request_id=exchange.request_id,
                attempts=exchange.attempts,
                started_s=round(exchange.started, 4),
                duration_s=round(exchange.elapsed, 4),
                answer=excerpt(said, ANSWER) or None,
            )
            found.append(part)
    return tuple(sorted(found, key=lambda part: (part.started_s, part.probe)))
