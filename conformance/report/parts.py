"""The parts of the report for a finished verification: redacted, shortened, with links and commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import msgspec

from conformance.checks.outcome import Accepted, Outcome
from conformance.checks.registry import get_check
from conformance.findings import UNPUBLISHED, Docs, Finding
from conformance.findings.command import Step
from conformance.findings.redact import excerpt, printable, redact
from conformance.probing.evidence import Answer, Exchange, Gathered, Refusal
from conformance.probing.shapes import shapes
from conformance.report.model import (
    AcceptedPart,
    CheckPart,
    ConnectionPart,
    CoveragePart,
    EvidencePart,
    FindingPart,
    FixPart,
    RequestPart,
    RootCausePart,
    StalePart,
    StepPart,
    TargetPart,
    VerdictPart,
    WatchEventPart,
)
from conformance.verification.baseline import Stale
from conformance.verification.pipeline import TRANSIENT
from conformance.verification.result import Report
from conformance.verification.verdict import RootCause
from conformance.verification.watch_event import WatchEvent

TEXT, ANSWER = 2000, 600
"""The maximum length of a text in the report, and of a refusal's body; in characters."""
NAMEABLE = re.compile(r"[\w.-]+")
"""Names of connections that can be used in pytest's ``-k`` unchanged."""
COMMAND = "pytest --sentinel-config=FILE"
"""The command for runs that were not started from a command line."""


def _text(text: str, length: int = TEXT) -> str:
    """Return a text of a service or a file, redacted and shortened."""
    return excerpt(text, length)


Masking = Callable[..., str]
"""The type of :func:`_text`, or of a cached version for one report."""


def connection_part(
    report: Report, command: str = COMMAND, docs: Docs = UNPUBLISHED, *, alone: bool = True
) -> ConnectionPart:
    """Return the part of the report for one connection; ``alone`` if the run has no other connection."""
    command, once = printable(redact(command)), cache(_text)  # most checks share a few exchanges
    connection, verdict = report.connection, report.verdict
    prefix = "" if alone or not NAMEABLE.fullmatch(connection.name) else f"{connection.name}-"

    def root_causes(causes: Sequence[RootCause]) -> tuple[RootCausePart, ...]:
        return tuple(
            _root_cause(cause, again(command, f"{prefix}{cause.root.check}", cause.root.finding.cause), docs)
            for cause in causes
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
            profile=_text(connection.profile.name),
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
        checks=tuple(_check(outcome, docs, once) for outcome in report.outcomes),
        requests=_requests(report.gathered, once),
        shapes=shapes(report.gathered.evidence),
        events=tuple(_event(event) for event in report.events) or msgspec.UNSET,
    )


def _event(event: WatchEvent) -> WatchEventPart:
    finding = event.root.finding
    return WatchEventPart(
        at=event.at,
        kind=event.kind,
        check=event.root.check,
        cause=finding.cause,
        owner=finding.owner,
        explanation=_text(finding.explanation),
    )


def again(command: str, check: str, cause: str) -> str:
    """Return the command that repeats one check; for a transient cause it also waits."""
    wait = " --sentinel-wait=10m" if cause in TRANSIENT and "--sentinel-wait" not in command else ""
    return f"{command}{wait} -k {check}"


def finding_part(finding: Finding, docs: Docs = UNPUBLISHED) -> FindingPart:
    """Return the part of the report for a finding, redacted."""
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
            steps=tuple(_step(step) for step in finding.fix.steps),
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
    """Return the parts of the report for stale acceptances."""
    return tuple(_stale(acceptance) for acceptance in stale)


def _stale(stale: Stale) -> StalePart:
    acceptance = stale.acceptance
    return StalePart(
        check=acceptance.check,
        connection=acceptance.connection,
        cause=acceptance.cause,
        reason=acceptance.reason,
        expires=acceptance.expires,
        why=stale.why,
        message=stale.message,
    )


def _check(outcome: Outcome, docs: Docs, masking: Masking) -> CheckPart:
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
        evidence=None
        if exchange is None
        else _evidence(exchange, outcome.root.finding.code if outcome.root else None, masking),
        finding=finding_part(outcome.root.finding, docs) if own and outcome.root else None,
        accepted=_accepted(outcome.accepted),
        docs=docs.check(check.id) if check.shipped else None,
    )


def _evidence(exchange: Exchange, code: str | None, masking: Masking = _text) -> EvidencePart:
    return EvidencePart(
        status=exchange.status,
        code=code and masking(code, 80),
        request_id=exchange.request_id and masking(exchange.request_id, 80),
        url=masking(exchange.url),
        attempts=exchange.attempts,
        date=exchange.date,
    )


def _requests(gathered: Gathered, masking: Masking) -> tuple[RequestPart, ...]:
    parts = []
    for name, came in gathered.evidence.items():
        if isinstance(came, Answer | Refusal) and (exchange := came.exchange):
            body_text = came.body.decode("utf-8", "replace") if isinstance(came, Refusal) else ""
            part = RequestPart(
                probe=name,
                operation=exchange.endpoint,
                method=exchange.method,
                url=masking(exchange.url),
                status=exchange.status,
                request_id=exchange.request_id and masking(exchange.request_id, 80),
                attempts=exchange.attempts,
                started_s=round(exchange.started, 4),
                duration_s=round(exchange.elapsed, 4),
                answer=(body_text and _text(body_text, ANSWER)) or None,
            )
            parts.append(part)
    return tuple(sorted(parts, key=lambda part: (part.started_s, part.probe)))
