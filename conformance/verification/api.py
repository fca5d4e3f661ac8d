"""The whole job without pytest: verify a connection, get a report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from conformance.checks.judge import judge, probes_of
from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, catalogue
from conformance.connection import Connection
from conformance.probing.engine import Engine, Gathered
from conformance.probing.transport import Patience
from conformance.redaction import clean_logs
from conformance.sources.live import Source
from conformance.sources.live import source as named
from conformance.verification.baseline import Baseline, Stale, accept, stale
from conformance.verification.concurrency import GroupLimiter, group, no_group
from conformance.verification.verdict import Verdict, verdict, warnings_as_failures

T = TypeVar("T")
R = TypeVar("R")

JOBS = 32
"""Connections that are verified at the same time."""


@dataclass(frozen=True)
class Report:
    """What a run found out about one connection."""

    connection: Connection
    source: str
    started: datetime
    duration: float
    """Seconds, on the monotonic clock."""
    gathered: Gathered
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    stale: tuple[Stale, ...] = ()
    """Acceptances of the baseline that have to go."""

    @property
    def ok(self) -> bool:
        return self.verdict.status == "conformant" and not self.stale

    def json(self) -> bytes:
        """The report as ``sentinel-conformance/report/1``."""
        from conformance.report.json import encode
        from conformance.report.model import document

        return encode(document([self], stale=self.stale))


def select_checks(ids: Iterable[str] | None = None, *, negative: bool = False) -> list[Check]:
    """The checks of these ids (all by default); the negative control only when asked for."""
    checks = catalogue()
    if ids is None:
        return [check for check in checks.values() if negative or "negative" not in check.marks]
    return [checks[id] for id in ids]


TRANSIENT = frozenset({"rbac_propagating", "app_role_stale_token"})
"""Causes that go away by themselves within minutes."""
RECHECK_INTERVAL = 30.0
"""Seconds between two looks while waiting for that."""


async def gather(
    connection: Connection,
    source: Source,
    checks: Sequence[Check],
    *,
    patience: Patience | None = None,
    wait: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Connection, Gathered, float]:
    """The evidence that these checks need; with the connection as the source has it, and the seconds it took.

    For up to ``wait`` seconds, what is only a matter of time is asked again, each time with fresh tokens.
    """
    with clean_logs():
        return await _gather(connection, source, checks, patience, wait, progress)


async def _gather(
    connection: Connection,
    source: Source,
    checks: Sequence[Check],
    patience: Patience | None,
    wait: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[Connection, Gathered, float]:
    async with source.open(connection) as channel:
        start = channel.clock.monotonic()

        async def ask(asked: Sequence[Check]) -> Gathered:
            engine = Engine(
                channel.connection,
                channel.transport,
                clock=channel.clock,
                pace=channel.pace,
                start=start,
                patience=patience,
                negative=any("negative" in check.marks for check in asked),
                progress=progress,
            )
            return await engine.gather(probes_of(asked))

        began = asyncio.get_running_loop().time()
        gathered = await ask(checks)
        ends = channel.clock.monotonic() + wait
        while channel.clock.monotonic() < ends and (
            pending := transient_failures(checks, channel.connection, gathered)
        ):
            await channel.clock.sleep(min(RECHECK_INTERVAL, ends - channel.clock.monotonic()))
            gathered = gathered.updated(await ask(pending))
        return channel.connection, gathered, asyncio.get_running_loop().time() - began


def transient_failures(checks: Sequence[Check], connection: Connection, gathered: Gathered) -> list[Check]:
    """The checks whose trouble is only a matter of time."""
    return [check for check in checks if judge(check, connection, gathered.evidence).cause in TRANSIENT]


async def run_concurrently(
    work: Callable[[T], Awaitable[R]], things: Iterable[T], jobs: int, group: Callable[[T], Hashable] = no_group
) -> AsyncGenerator[R]:
    """Works on all things, ``jobs`` at a time, and gives each result as soon as it is there.

    Of a ``group`` only as many are at work as :mod:`~conformance.verification.concurrency` lets in. What ``work`` raises is raised
    here, and ends the rest.
    """
    waiting = GroupLimiter(things, group)
    running: dict[asyncio.Task[R], T] = {}

    async def one(thing: T) -> R:
        return await work(thing)

    def fill() -> None:
        while len(running) < jobs and (thing := waiting.next()) is not None:
            running[asyncio.create_task(one(thing))] = thing

    try:
        fill()
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                waiting.done(running.pop(task))
            fill()
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def verify_async(
    connection: Connection,
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
    wait: float = 0.0,
    strict: bool = False,
    baseline: Baseline = (),
) -> Report:
    """Verifies a connection: gathers the evidence, judges the checks. ``checks`` are ids, all by default.

    ``wait`` is how many seconds to wait for what is only a matter of time: a role or a consent of minutes ago;
    ``strict`` takes warnings for failures; ``baseline`` are known findings that do not count.
    Raises :class:`~conformance.sources.live.SourceError` for an unknown source and ``KeyError`` for an unknown id; whatever
    the services do ends in the report.
    """
    chosen = select_checks(checks)
    where = named(source)
    started = datetime.now(UTC)
    connection, gathered, duration = await gather(connection, where, chosen, patience=patience, wait=wait)
    judged = [judge(check, connection, gathered.evidence) for check in chosen]
    counted = warnings_as_failures(judged) if strict else judged
    outcomes = tuple(accept(counted, connection.name, baseline, started.date()))
    gone = stale([(connection.name, outcomes)], baseline, started.date())
    return Report(connection, where.name, started, duration, gathered, outcomes, verdict(outcomes), gone)


def verify(
    connection: Connection,
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
    wait: float = 0.0,
    strict: bool = False,
    baseline: Baseline = (),
) -> Report:
    """:func:`verify_async`, from synchronous code or from within a running event loop (then in a thread)."""

    def run() -> Report:
        return asyncio.run(
            verify_async(
                connection,
                source=source,
                checks=checks,
                patience=patience,
                wait=wait,
                strict=strict,
                baseline=baseline,
            )
        )

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


async def verify_all(
    connections: Iterable[Connection],
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
    wait: float = 0.0,
    strict: bool = False,
    baseline: Baseline = (),
    jobs: int = JOBS,
) -> AsyncIterator[Report]:
    """Verifies many connections, ``jobs`` at a time, and gives each report as soon as it is there, in no order.

    Of one app in one tenant, only few are at work at the same time. Raises as :func:`verify_async` does.
    """
    chosen = [check.id for check in select_checks(checks)]
    where = named(source)

    async def one(connection: Connection) -> Report:
        return await verify_async(
            connection, source=where, checks=chosen, patience=patience, wait=wait, strict=strict, baseline=baseline
        )

    async for report in run_concurrently(one, connections, jobs, group):
        yield report
