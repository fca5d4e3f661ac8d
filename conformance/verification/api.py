"""Verify connections without pytest: one, or many concurrently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any, ParamSpec, TypedDict, TypeVar, Unpack

from conformance.connection import Connection
from conformance.probing.transport import Patience
from conformance.sources.base import Source
from conformance.sources.resolve import source as resolve
from conformance.verification import pipeline
from conformance.verification.baseline import Baseline
from conformance.verification.concurrency import account_key, run_concurrently
from conformance.verification.result import Report

P = ParamSpec("P")
R = TypeVar("R")
JOBS = 32
"""Connections that are verified at the same time."""


async def verify_async(
    connection: Connection,
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    patience: Patience | None = None,
    wait: float = 0.0,
    strict: bool = False,
    strict_retirements: bool = False,
    baseline: Baseline = (),
) -> Report:
    """Verify a connection and return its report. ``checks`` are ids, all by default.

    ``wait`` is the number of seconds to wait for a role or a consent granted minutes ago; ``strict`` counts warnings as
    failures, ``strict_retirements`` those of announced retirements; findings of the ``baseline`` do not count. Raises
    :class:`~conformance.sources.base.SourceError` for an unknown source, ``KeyError`` for an unknown id, and
    :class:`~conformance.probing.shortage.Shortage` if this machine lacks open files or another resource; every answer
    of the services becomes a part of the report.

        report = await verify_async(connection, source="fake:no-azure-role")
        print(report.verdict.summary)
    """
    return await pipeline.run(
        connection,
        resolve(source),
        pipeline.select_checks(checks),
        policy=pipeline.Policy(strict, baseline, strict_retirements=strict_retirements),
        patience=patience,
        wait=wait,
    )


def _run(work: Coroutine[Any, Any, R]) -> R:
    """Run ``work`` in a new event loop and return its result.

    The task itself returns None: ``asyncio.run`` would format its whole result, in ``signal.getsignal``.
    """
    results: list[R] = []

    async def run() -> None:
        results.append(await work)

    asyncio.run(run())
    return results[0]


def synchronous(function: Callable[P, Coroutine[Any, Any, R]], doc: str) -> Callable[P, R]:
    """Return a function with the same arguments and errors that waits for the result; ``doc`` is its docstring.

    It runs a new event loop, in a thread if another loop is already running.
    """

    @wraps(function)
    def wait(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return _run(function(*args, **kwargs))
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(lambda: _run(function(*args, **kwargs))).result()

    wait.__name__ = wait.__qualname__ = function.__name__.removesuffix("_async")
    wait.__doc__ = doc
    return wait


verify = synchronous(
    verify_async,
    """Verify a connection and return its report, from synchronous code or within a running event loop (in a thread).

    Arguments, result and errors are those of :func:`verify_async`.

        report = verify(load("conn.toml")[0], source="fake:no-azure-role")
        print(report.verdict.summary)
    """,
)


class Options(TypedDict, total=False):
    """Arguments of :func:`verify_async` that :func:`verify_all` passes on."""

    patience: Patience | None
    wait: float
    strict: bool
    strict_retirements: bool
    baseline: Baseline


async def verify_all(
    connections: Iterable[Connection],
    *,
    source: str | Source = "live",
    checks: Iterable[str] | None = None,
    jobs: int = JOBS,
    **options: Unpack[Options],
) -> AsyncIterator[Report]:
    """Verify many connections, ``jobs`` at a time, and yield each report as soon as it is ready, in no particular
    order.

    Only a few connections of the same app in the same tenant run at the same time. Arguments and errors are those of
    :func:`verify_async`.

        async for report in verify_all(load("connections/")):
            print(report.verdict.summary)
    """
    ids = [check.id for check in pipeline.select_checks(checks)]
    where = resolve(source)

    async def verify_one(connection: Connection) -> Report:
        return await verify_async(connection, source=where, checks=ids, **options)

    async for report in run_concurrently(verify_one, connections, jobs, account_key):
        yield report
