"""The whole job without pytest: verify a connection, get a report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.checks.judge import judge, probes_of
from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, catalogue
from conformance.connection import Connection
from conformance.probing.engine import Engine, Gathered
from conformance.probing.transport import Patience
from conformance.sources import Source
from conformance.sources import source as named
from conformance.verdict import Verdict, verdict


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

    @property
    def ok(self) -> bool:
        return self.verdict.status == "conformant"

    def json(self) -> bytes:
        """The report as ``sentinel-conformance/report/1``."""
        from conformance.report.json import encode

        return encode([self])


def selected(ids: Iterable[str] | None = None, *, negative: bool = False) -> list[Check]:
    """The checks of these ids (all by default); the negative control only when asked for."""
    checks = catalogue()
    if ids is None:
        return [check for check in checks.values() if negative or "negative" not in check.marks]
    return [checks[id] for id in ids]


async def gather(
    connection: Connection,
    source: Source,
    checks: Sequence[Check],
    *,
    patience: Patience | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Connection, Gathered, float]:
    """The evidence that these checks need; with the connection as the source has it, and the seconds it took."""
    async with source.open(connection) as channel:
        engine = Engine(
            channel.connection,
            channel.transport,
            clock=channel.clock,
            patience=patience,
            negative=any("negative" in check.marks for check in checks),
            progress=progress,
        )
        began = asyncio.get_running_loop().time()
        gathered = await engine.gather(probes_of(checks))
        return channel.connection, gathered, asyncio.get_running_loop().time() - began


async def verify_async(
    connection: Connection,
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
) -> Report:
    """Verifies a connection: gathers the evidence, judges the checks. ``checks`` are ids, all by default.

    Raises :class:`~conformance.sources.SourceError` for an unknown source and ``KeyError`` for an unknown id; whatever
    the services do ends in the report.
    """
    chosen = selected(checks)
    where = named(source)
    started = datetime.now(UTC)
    connection, gathered, duration = await gather(connection, where, chosen, patience=patience)
    outcomes = tuple(judge(check, connection, gathered.evidence) for check in chosen)
    return Report(connection, where.name, started, duration, gathered, outcomes, verdict(outcomes))


def verify(
    connection: Connection,
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
) -> Report:
    """:func:`verify_async`, from synchronous code or from within a running event loop (then in a thread)."""

    def run() -> Report:
        return asyncio.run(verify_async(connection, source=source, checks=checks, patience=patience))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()
