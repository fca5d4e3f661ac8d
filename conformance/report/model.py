"""The report as data, schema ``sentinel-conformance/report/1``. All other forms are made from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from conformance._version import CHECKS_VERSION, __version__
from conformance.checks.outcome import Status
from conformance.connection.profile import DEFAULT
from conformance.report.comparison import ComparisonPart
from conformance.verification.verdict import VerdictStatus

SCHEMA: Literal["sentinel-conformance/report/1"] = "sentinel-conformance/report/1"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report."""


class StepPart(Part, frozen=True, kw_only=True):
    """A command, its forms for other shells, the role it requires, and the command that reverts it."""

    command: str
    """For bash, zsh, Azure Cloud Shell, and every shell without an entry in ``shells``."""
    shells: dict[str, str]
    """Other forms of the command by ``powershell``, ``cmd`` or ``macos``."""
    role: str | None
    undo: str | None


class FixPart(Part, frozen=True, kw_only=True):
    """A fix: a text, commands to paste, and the portal path if the portal is a better way."""

    text: str
    commands: tuple[str, ...]
    """The commands of ``steps`` alone."""
    portal: str | None
    values: dict[str, str]
    """The values in the text, the commands and the path, by placeholder."""
    steps: tuple[StepPart, ...] = ()


class AcceptedPart(Part, frozen=True, kw_only=True):
    """Reason and expiry date of an accepted finding."""

    reason: str
    expires: date


class FindingPart(Part, frozen=True, kw_only=True):
    """A cause on this connection: its explanation, its certainty, its owner, and the fix."""

    cause: str
    certainty: Literal["certain", "likely"]
    also: tuple[str, ...]
    """Other causes that can lead to the same answers."""
    owner: str
    explanation: str
    fix: FixPart
    docs: str
    """The address of the cause's page."""


class RootCausePart(FindingPart, frozen=True, kw_only=True):
    """A finding that determines the verdict, with the check that owns it and the checks that it blocks."""

    check: str
    blocks: tuple[str, ...]
    evidence: EvidencePart | None
    """The answer that shows the finding; None if no request was sent."""
    again: str
    """The command that repeats this check alone."""
    accepted: AcceptedPart | None


class EvidencePart(Part, frozen=True, kw_only=True):
    """The answer that proves an outcome."""

    status: int | None
    code: str | None
    request_id: str | None
    url: str
    attempts: int
    date: datetime | None
    """The time of the answer, by the service's clock."""


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
    """The duration of its exchange in seconds, with retries; None if no request was sent."""
    probes: tuple[str, ...]
    evidence: EvidencePart | None
    finding: FindingPart | None
    """The check's own finding, if it failed, warns or is inconclusive."""
    accepted: AcceptedPart | None
    """Set for an accepted finding and for the checks that it blocks: the outcome stays, but does not count."""
    docs: str | None = None
    """The address of its page; None for a check that the user wrote."""


class RequestPart(Part, frozen=True, kw_only=True):
    """One exchange with a service. ``started_s`` counts seconds from the first request of the connection."""

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
    """The beginning of a refusal's body, redacted; None if the answer was as documented."""


class CoveragePart(Part, frozen=True, kw_only=True):
    """The number of checks that ran, and the number of checks in a full verification."""

    ran: int
    total: int


class VerdictPart(Part, frozen=True, kw_only=True):
    status: VerdictStatus
    exit_code: int
    counts: dict[str, int]
    summary: str
    coverage: CoveragePart | msgspec.UnsetType = msgspec.UNSET
    """Set only if some of the checks did not run."""


class TargetPart(Part, frozen=True, kw_only=True):
    cloud: str
    tenant_id: str
    client_id: str
    subscription_id: str
    resource_group: str
    workspace: str
    profile: str = DEFAULT
    """The purpose of the connection."""


class WatchEventPart(Part, frozen=True, kw_only=True):
    """A root cause that was found or fixed while the connection was watched."""

    at: datetime
    kind: Literal["found", "fixed"]
    check: str
    cause: str
    owner: str
    """The owner of the fix."""
    explanation: str


class ConnectionPart(Part, frozen=True, kw_only=True):
    name: str
    target: TargetPart
    verdict: VerdictPart
    root_causes: tuple[RootCausePart, ...]
    accepted: tuple[RootCausePart, ...]
    """Root causes that a baseline accepts: they do not count and need no fix now."""
    checks: tuple[CheckPart, ...]
    requests: tuple[RequestPart, ...]
    """The requests in the order of sending."""
    shapes: dict[str, tuple[str, ...]]
    """The fields of all answers with their types, by operation."""
    events: tuple[WatchEventPart, ...] | msgspec.UnsetType = msgspec.UNSET
    """The events of a watch, oldest first."""


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
    """The command that verifies all of the connections again."""
    unfinished: int = 0
    """The number of connections without a verdict, because the run was interrupted."""
    failed_tests: int | msgspec.UnsetType = msgspec.UNSET
    """The number of failed tests in the same session that are not checks."""
    watching: bool | msgspec.UnsetType = msgspec.UNSET
    """True while broken checks are repeated: this report will be replaced."""


class StalePart(Part, frozen=True, kw_only=True):
    """An acceptance that has to be removed from the baseline; it makes the run fail."""

    check: str
    connection: str | None
    cause: str | None
    reason: str
    expires: date
    why: Literal["passing", "expired"]
    message: str


class EndPart(Part, frozen=True, kw_only=True):
    """An announced end, with the connections of a fleet that are not ready for it."""

    id: str
    what: str
    ends: date
    days_left: int
    """Days from the day of the run; negative after the end."""
    countdown: str
    """``days_left`` in words: ``in 123 days``."""
    left: str
    """The remaining work."""
    guide: str
    """The steps of the onboarding guide that change by then; empty if none do."""
    source: str
    connections: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole report of a run."""

    schema: Literal["sentinel-conformance/report/1"]
    suite: SuitePart
    run: RunPart
    connections: tuple[ConnectionPart, ...]
    stale: tuple[StalePart, ...]
    comparison: ComparisonPart | msgspec.UnsetType = msgspec.UNSET
    """The changes since a previous run, if one was given."""
    announced_ends: tuple[EndPart, ...] | msgspec.UnsetType = msgspec.UNSET
    """Only for a fleet: the announced ends that at least one connection is not ready for, the earliest first."""
