"""From a connection to its report: gather, judge, strict mode, baseline, verdict. All ways to run use these steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol, get_args

from conformance.apis.endpoint import Audience
from conformance.checks.judge import Judge, probes_of
from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, catalogue
from conformance.connection import Connection
from conformance.probing.clock import Clock
from conformance.probing.engine import Engine
from conformance.probing.evidence import Gathered
from conformance.probing.shortage import Shortage
from conformance.probing.transport import SOCKETS, Patience
from conformance.redaction import clean_logs
from conformance.sources.base import Source
from conformance.sources.permits import socket_permits
from conformance.verification.baseline import Baseline, BaselineUse, JudgedCheck, accept
from conformance.verification.result import Report
from conformance.verification.verdict import verdict, warnings_as_failures
from conformance.verification.watch_event import WatchEvent

TRANSIENT = frozenset({"rbac_propagating", "app_role_stale_token"})
"""Causes that go away by themselves within minutes."""
PAUSES: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait for resources of this machine before a connection is started again."""


class Recheck(Protocol):
    """The rule of rechecks: the checks to ask again, the interval, and the total time."""

    @property
    def seconds(self) -> float:
        """Return the maximum seconds, counted from the first evidence."""

    @property
    def interval(self) -> float:
        """Return the seconds between two rechecks."""

    def pending(self, checks: Sequence[Check], examination: Examination, now: datetime) -> list[Check]:
        """Return the checks to ask again; an empty list ends the rechecks."""

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait this long before the next recheck."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The rechecks of causes that disappear without a fix."""

    seconds: float = 0.0
    interval: float = 30.0

    def pending(self, checks: Sequence[Check], examination: Examination, now: datetime) -> list[Check]:
        """Return the checks whose cause disappears within minutes without a fix."""
        return [check for check in checks if examination.judge.outcome(check).cause in TRANSIENT]

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Wait for this many seconds of the clock before the next recheck."""
        await clock.sleep(seconds)


FIRST_PROBES = ("discovery", *(f"token_{audience}" for audience in get_args(Audience)))
"""Probes that nearly every check needs: they are asked before the checks are known."""
Selection = Callable[[], Awaitable[Sequence[Check]]]
"""Waits until the checks of a connection are known, and returns them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How outcomes count in a run: ``strict`` makes warnings failures, the ``baseline`` accepts known findings."""

    strict: bool = False
    baseline: Baseline = ()
    strict_retirements: bool = False
    """True if an announced retirement is a failure too."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    """The day on which the expiry of acceptances is judged (UTC)."""

    def apply(self, outcomes: Iterable[Outcome], connection: str) -> list[Outcome]:
        """Return the outcomes of the connection of this name after strict mode and baseline, in the same order."""
        outcome_list = list(outcomes)
        if self.strict or self.strict_retirements:
            outcome_list = warnings_as_failures(outcome_list, announced=self.strict_retirements, others=self.strict)
        return accept(outcome_list, connection, self.baseline, self.today)


@dataclass(frozen=True, slots=True)
class Examination:
    """The evidence gathered for one connection, ready to be judged."""

    connection: Connection
    """As used by the source, which may replace values of the file."""
    gathered: Gathered
    duration: float
    """Seconds, on the monotonic clock."""
    events: tuple[WatchEvent, ...] = ()
    """Events while the connection was watched."""
    judge: Judge = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "judge", Judge(self.connection, self.gathered.evidence))

    def outcomes(self, checks: Iterable[Check]) -> list[Outcome]:
        """Return the outcomes of these checks, before a policy applies."""
        return [self.judge.outcome(check) for check in checks]

    def report(self, outcomes: Sequence[Outcome], source: str, started: datetime, policy: Policy) -> Report:
        """Return the report of outcomes to which the policy was applied; ``source`` is the name of the source."""
        recorded = source.startswith("cassette")
        whole = {check.id for check in select_checks() if not (recorded and check.reads_text)}
        not_run = whole - {outcome.check for outcome in outcomes}
        use = BaselineUse(policy.baseline)
        use.add(self.connection.name, [*map(JudgedCheck.of, outcomes)])
        outdated = use.stale(policy.today)
        return Report(
            self.connection,
            source,
            started,
            self.duration,
            self.gathered,
            tuple(outcomes),
            verdict(outcomes, not_run=len(not_run)),
            outdated,
            self.events,
        )


def select_checks(ids: Iterable[str] | None = None, *, negative: bool = False) -> list[Check]:
    """Return the checks of these ids, all by default; the negative control only if ``negative`` or named.

    Raises ``KeyError`` for an unknown id.
    """
    checks = catalogue()
    if ids is None:
        return [check for check in checks.values() if negative or "negative" not in check.marks]
    return [checks[id] for id in ids]


async def gather(
    connection: Connection,
    source: Source,
    checks: Sequence[Check] | Selection,
    *,
    patience: Patience | None = None,
    recheck: Recheck = Wait(),
    progress: Callable[[int, int], None] | None = None,
) -> Examination:
    """Gather the evidence that these checks need, through one channel of the source.

    Comparisons that may differ because a busy tenant changed between two answers are repeated before they count. While
    the checks are not known yet, only the discovery document and tokens are requested.

    Checks that ``recheck`` names are asked again, each time with new tokens. ``progress`` is called with the number of
    probes known and the number under way. All answers and refusals of the services become evidence. If this machine
    lacks resources, such as open files, the connection is started again a little later, with fewer others at the same
    time; raises :class:`~conformance.probing.shortage.Shortage` if that does not help.
    """
    with clean_logs():
        for pause in PAUSES:
            try:
                return await _gather(connection, source, checks, patience=patience, recheck=recheck, progress=progress)
            except Shortage:
                socket_permits().shrink(SOCKETS)
                await asyncio.sleep(pause)
        return await _gather(connection, source, checks, patience=patience, recheck=recheck, progress=progress)


async def _gather(
    connection: Connection,
    source: Source,
    checks: Sequence[Check] | Selection,
    *,
    patience: Patience | None,
    recheck: Recheck,
    progress: Callable[[int, int], None] | None,
) -> Examination:
    async with source.open(connection) as channel:
        start, began = channel.clock.monotonic(), asyncio.get_running_loop().time()
        selected: Sequence[Check] = () if callable(checks) else checks

        def engine(checks: Sequence[Check]) -> Engine:
            return Engine(
                channel.connection,
                channel.transport,
                clock=channel.clock,
                pace=channel.pace,
                start=start,
                patience=patience,
                negative=any("negative" in check.marks for check in checks),
                progress=progress,
                sockets=channel.sockets,
            )

        async def ask(checks: Sequence[Check]) -> Gathered:
            return await engine(checks).gather(probes_of(checks))

        async def select() -> list[str]:
            nonlocal selected, began
            assert callable(checks)
            selected, began = await checks(), asyncio.get_running_loop().time()
            return probes_of(selected)

        def elapsed() -> float:
            return asyncio.get_running_loop().time() - began

        gathered = await (engine(()).gather(select(), FIRST_PROBES) if callable(checks) else ask(checks))
        examination = Examination(channel.connection, gathered, elapsed())
        if doubtful := unsteady(selected, examination):
            examination = Examination(channel.connection, examination.gathered.update(await ask(doubtful)), elapsed())
        ends = channel.clock.monotonic() + recheck.seconds
        while pending := recheck.pending(selected, examination, channel.clock.now()):
            remaining = ends - channel.clock.monotonic()
            if remaining <= 0:
                break
            await recheck.pause(channel.clock, min(recheck.interval, remaining))
            examination = Examination(channel.connection, examination.gathered.update(await ask(pending)), elapsed())
        return examination


def unsteady(checks: Sequence[Check], examination: Examination) -> list[Check]:
    """Return the checks that compare answers which a busy tenant may change, and that found a difference."""
    return [
        check for check in checks if check.moving and examination.judge.outcome(check).status in ("failed", "warning")
    ]


async def run(
    connection: Connection,
    source: Source,
    checks: Sequence[Check],
    *,
    policy: Policy,
    patience: Patience | None = None,
    wait: float = 0.0,
) -> Report:
    """Return the report of one connection, from gathering to the verdict."""
    started = datetime.now(UTC)
    examination = await gather(connection, source, checks, patience=patience, recheck=Wait(wait))
    outcomes = policy.apply(examination.outcomes(checks), examination.connection.name)
    return examination.report(outcomes, source.name, started, policy)
