"""The report as data: schema ``sentinel-conformance/report/1``. Every other form is made from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from conformance import CHECKS_VERSION, __version__
from conformance.checks.outcome import Outcome, Status
from conformance.checks.registry import catalogue
from conformance.findings import Finding
from conformance.findings.redact import redact
from conformance.probing.evidence import Exchange
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


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole report of a run."""

    schema: Literal["sentinel-conformance/report/1"]
    suite: SuitePart
    run: RunPart
    connections: tuple[ConnectionPart, ...]


def document(reports: Sequence[Report], selection: str = "all") -> Document:
    """The report of a run over one or more connections."""
    return Document(
        schema=SCHEMA,
        suite=SUITE,
        run=RunPart(
            started=min((one.started for one in reports), default=datetime.now(UTC)),
            duration_s=round(max((one.duration for one in reports), default=0.0), 3),
            source=reports[0].source if reports else "none",
            selection=selection,
            requests=sum(one.gathered.requests for one in reports),
        ),
        connections=tuple(connection_part(one) for one in reports),
    )


def connection_part(report: Report) -> ConnectionPart:
    """What a report says of its connection."""
    connection, verdict = report.connection, report.verdict
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
        root_causes=tuple(_root_cause(cause) for cause in verdict.root_causes),
        checks=tuple(_check(outcome) for outcome in report.outcomes),
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


def _root_cause(cause: RootCause) -> RootCausePart:
    return RootCausePart(
        **msgspec.structs.asdict(finding_part(cause.root.finding)),
        check=cause.root.check,
        blocks=cause.blocks,
        evidence=None if cause.root.exchange is None else _evidence(cause.root.exchange, cause.root.finding.code),
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
