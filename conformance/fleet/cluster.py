"""A Dask cluster that verifies connections: batches go out, results come back as they are ready."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import CancelledError
from typing import Any

import distributed
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker
from tornado.iostream import StreamClosedError

from conformance._version import __version__
from conformance.fleet.batches import Batches
from conformance.fleet.task import ConnectionRef, Failure, FleetError, FleetLost, Result, VerifySpec, verify
from conformance.redaction import clean
from conformance.verification.verdict import ExitCode

CONNECT = 10.0
"""Seconds for the scheduler to answer."""
WORKERS = 60.0
"""Seconds to wait for a worker, at the start and when none is left."""
POLL_INTERVAL = 1.0
"""Seconds between two counts of the workers."""
CUT = (CommClosedError, StreamClosedError, ConnectionError)
"""Errors of Dask, its transport and the system if the connection to the scheduler ends in the middle of a message."""


class Cluster:
    """The cluster of the scheduler at an address. Entering it with ``async with`` raises :class:`FleetError`."""

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self._running: dict[asyncio.Future[Result], list[ConnectionRef]] = {}
        self._client: Any = None

    async def __aenter__(self) -> Cluster:
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # errors are reported here, once
        try:
            self._client = distributed.Client(  # type: ignore[no-untyped-call]
                self._scheduler, asynchronous=True, timeout=CONNECT, set_as_default=False
            )
            await self._client
            await self._client.wait_for_workers(1, timeout=WORKERS)
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            connected = self._client is not None and self._client.status == "running"
            await self.__aexit__()
            what = "has no workers" if connected else f"no Dask scheduler answers: {_line(error)}"
            raise FleetError(f"{self._scheduler}: {what}") from None
        self._last_contact = time.monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        for future in self._running:
            future.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._client is not None:
            await self._client.close(timeout=CONNECT)

    async def results(self, places: Iterable[ConnectionRef], spec: VerifySpec) -> AsyncGenerator[Result]:
        """Verify the connections at these places; yield results in any order. Each connection is in exactly one result.

        Another worker repeats the batches of a lost worker. Raises :class:`FleetLost`.
        """
        waiting, suspects = Batches(places), deque[ConnectionRef]()
        while waiting or suspects or self._running:
            slots = await self._slots()
            while (waiting or suspects) and len(self._running) < slots:
                self._submit([suspects.popleft()] if suspects else waiting.take(slots), spec)
            finished_futures, _ = await asyncio.wait(
                self._running, timeout=POLL_INTERVAL, return_when=asyncio.FIRST_COMPLETED
            )
            worker_lost = False
            for future in finished_futures:
                batch = self._running.pop(future)
                try:
                    result = future.result()
                except CancelledError:
                    worker_lost = True  # reported once the finished results are taken
                    continue
                except KilledWorker:
                    if len(batch) > 1:  # one of them kills workers: batches of a single connection show which
                        suspects.extend(batch)
                        continue
                    result = _failed(batch, "every worker that tried it died")
                except Exception as error:  # an error of Dask: a task itself never raises
                    root = _root(error)
                    if isinstance(root, CUT):  # a lost scheduler too, noticed in the middle of a message
                        worker_lost = True
                        continue
                    result = _failed(batch, *_reason(root))
                else:
                    waiting.record(len(batch), result.seconds)
                yield result
            if worker_lost:
                raise FleetLost(f"{self._scheduler}: the scheduler is gone")

    def _submit(self, batch: list[ConnectionRef], spec: VerifySpec) -> None:
        # A unique key: the same batch may be requested again tomorrow.
        future = self._client.submit(verify, batch, spec, key=f"verify-{uuid.uuid4().hex}", pure=False)
        self._running[asyncio.ensure_future(future.result())] = batch

    async def _slots(self) -> int:
        """Return the maximum number of batches under way: one per thread, and one more per worker."""
        try:
            threads: dict[str, int] = await asyncio.wait_for(self._client.nthreads(), CONNECT)
        except (OSError, RuntimeError, TypeError, CancelledError) as error:
            raise FleetLost(f"{self._scheduler}: the scheduler is gone ({_line(error)})") from None
        if threads:
            self._last_contact = time.monotonic()
        elif time.monotonic() - self._last_contact > WORKERS:
            raise FleetLost(f"{self._scheduler}: no worker is left")
        return max(1, sum(threads.values()) + len(threads))


def _failed(batch: list[ConnectionRef], text: str, code: ExitCode = ExitCode.INCOMPLETE) -> Result:
    return Result(failures=tuple(Failure(place.name, text, code) for place in batch))


def _root(error: BaseException) -> BaseException:
    """Return the last error of a chain of causes."""
    while error.__cause__:
        error = error.__cause__
    return error


def _reason(error: BaseException) -> tuple[str, ExitCode]:
    """Return a sentence about an error of Dask, and the exit code that belongs to it."""
    if isinstance(error, ImportError):
        needed = f"scheduler and workers need sentinel-conformance {__version__}"
        return f"the cluster: {_line(error)}; {needed}", ExitCode.USAGE
    return f"the cluster: {_line(error)}", ExitCode.INCOMPLETE


def _line(error: BaseException) -> str:
    """Return the type of an error and the first line of its message."""
    return clean(f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": "))
