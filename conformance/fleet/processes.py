"""Worker processes on this machine: each verifies one tenant after another, and sends each result when it is ready."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from math import ceil
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import TYPE_CHECKING

from conformance.fleet.process_worker import Next, Ready, Stopped, work
from conformance.fleet.task import ConnectionRef, Failure, FleetError, FleetLost, Result, VerifySpec
from conformance.probing.shortage import shortage
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

MIN_CONNECTIONS = 32
"""Minimum connections for which starting a process (about 0.5 s) is worthwhile."""
SHARED_DEATHS = 2
"""After this many deaths of worker processes that verified it beside others, a connection gets its own process."""
MAX_DEATHS = SHARED_DEATHS + 1
"""After this many deaths, a connection is considered their reason, and is left out."""
Unit = tuple[ConnectionRef, ...]
"""The connections of one tenant: one process verifies them, so that they wait for the tenant's rate limits together."""


def process_count(places: Sequence[ConnectionRef], requested: int | None) -> int:
    """Return the number of processes for these connections: ``requested``, by default one per core if there are enough
    connections; never more than there are tenants.
    """
    tenants = len({_unit_key(place) for place in places})
    return max(1, min(tenants, requested or min(cores(), len(places) // MIN_CONNECTIONS)))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def units(places: Iterable[ConnectionRef]) -> list[Unit]:
    """Return the places by tenant, in input order."""
    places_of_file: dict[str, list[ConnectionRef]] = {}
    for place in places:
        places_of_file.setdefault(_unit_key(place), []).append(place)
    return [tuple(unit) for unit in places_of_file.values()]


def _unit_key(place: ConnectionRef) -> str:
    return place.tenant or f"{place.file}\n{place.name}"


@dataclass(eq=False)
class Worker:
    """A process, the pipe to it, and its unfinished connections."""

    process: SpawnProcess
    pipe: Pipe
    under_way: dict[str, ConnectionRef] = field(default_factory=dict)


class Processes:
    """An engine of ``count`` worker processes; entered with ``async with``.

    On entering, they read all files, with the secrets. This raises :class:`FleetError` for unusable files, and
    :class:`FleetLost` if no process can be started. No secret is sent to a process or from it.
    """

    def __init__(self, places: Iterable[ConnectionRef], count: int) -> None:
        self._files, self._count = sorted({place.file for place in places}), count
        self._ready: list[Worker] = []
        self._running: set[Worker] = set()
        self._threads = ThreadPoolExecutor(count, "sentinel-worker")
        self._units: deque[Unit] = deque()
        self._suspects: deque[ConnectionRef] = deque()
        self._deaths = Counter[ConnectionRef]()
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()

    async def __aenter__(self) -> Processes:
        try:
            shares = [self._files[number :: self._count] for number in range(self._count)]
            problems = await asyncio.gather(*(self._start(share) for share in shares))
        except BaseException:
            await self.__aexit__()
            raise
        if lines := dict.fromkeys(line for text in problems for line in text.splitlines()):
            await self.__aexit__()
            raise FleetError("\n".join(lines))
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in [*self._running]:
            self._end(worker)
        self._threads.shutdown(cancel_futures=True)

    async def results(self, places: Iterable[ConnectionRef], spec: VerifySpec) -> AsyncGenerator[Result]:
        """Yield each connection's result as soon as it is finished. Another process verifies the connections of a dead
        process.

        Raises :class:`FleetLost` if this machine lacks resources.
        """
        waiting = list(places)
        self._units.extend(units(waiting))
        each = replace(spec, jobs=min(spec.jobs, ceil(len(waiting) / self._count)))
        task = asyncio.create_task(self._verify_all(each))
        try:
            while (result := await self._results.get()) is not None:
                yield result
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _verify_all(self, spec: VerifySpec) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._verify_units(spec))
        except* FleetLost as several:
            raise several.exceptions[0] from None
        finally:
            self._results.put_nowait(None)

    async def _verify_units(self, spec: VerifySpec) -> None:
        """Let a process verify until no connection is left; start another process if it dies."""
        while self._units or self._suspects:
            if not self._ready:
                await self._start(())
            worker = self._ready.pop()
            own = not self._units  # a connection that killed processes gets a separate process
            try:
                await self._send(worker, spec)
                await self._serve(worker, own=own)
            except (EOFError, OSError):
                self._worker_died(worker)
            finally:
                self._end(worker)

    async def _serve(self, worker: Worker, *, own: bool) -> None:
        """Give a worker the connections that it requests, and collect its results. Raises ``EOFError`` or ``OSError``
        if it dies.
        """
        while True:
            message = await self._receive(worker)
            if isinstance(message, Next):
                unit = self._next(worker, own=own)
                worker.under_way |= {place.name: place for place in unit}
                await self._send(worker, unit)
            elif isinstance(message, Result):
                for name in message.names:
                    worker.under_way.pop(name, None)
                self._results.put_nowait(message)
            elif isinstance(message, Stopped):
                if message.worker_died:
                    raise FleetLost(message.text)
                failures = [Failure(name, message.text, ExitCode.INCOMPLETE) for name in worker.under_way]
                self._results.put_nowait(Result(failures=tuple(failures)))
                return

    def _next(self, worker: Worker, *, own: bool) -> Unit:
        """Return the next connections for a worker; an empty unit ends it."""
        if not own:
            return self._units.popleft() if self._units else ()
        alone = self._suspects and not worker.under_way
        return (self._suspects.popleft(),) if alone else ()

    def _worker_died(self, worker: Worker) -> None:
        """Let other workers verify the unfinished connections of a dead worker, except a connection that killed several
        workers.
        """
        unfinished = [*worker.under_way.values()]
        if not unfinished:
            return
        worker.process.join()
        code = worker.process.exitcode or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        self._deaths.update(unfinished)
        if self._deaths[unfinished[0]] == MAX_DEATHS:
            text = f"every worker process that tried it died: the last one {how}"
            self._results.put_nowait(Result(failures=(Failure(unfinished[0].name, text, ExitCode.INCOMPLETE),)))
            return
        connections = "its connection" if len(unfinished) == 1 else f"its {len(unfinished)} connections"
        note = f"a worker process {how}; another one verified {connections} again"
        self._results.put_nowait(Result(notes=(note,)))
        self._suspects.extend(place for place in unfinished if self._deaths[place] == SHARED_DEATHS)
        self._units.extendleft(units(place for place in unfinished if self._deaths[place] < SHARED_DEATHS)[::-1])

    async def _start(self, files: Sequence[str]) -> str:
        """Start a worker, which reads these files; return their errors as text. Raises :class:`FleetLost`."""
        try:
            worker = self._spawn(files)
            ready = await self._receive(worker)
        except (EOFError, OSError) as error:
            shortage_error = shortage(error)
            raise FleetLost(str(shortage_error or "a worker process ended before it could verify anything")) from None
        assert isinstance(ready, Ready)
        self._ready.append(worker)
        return ready.problems

    def _spawn(self, files: Sequence[str]) -> Worker:
        context = get_context("spawn")
        pipe, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, files, self._count), name="sentinel-worker", daemon=True)
        masked = hasattr(signal, "pthread_sigmask")
        try:
            if masked:  # only this process handles Ctrl-C, and ends the workers: they start with the signal blocked
                before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process.start()
            finally:
                if masked:
                    signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:
            pipe.close()
            raise
        finally:
            theirs.close()
        worker = Worker(process, pipe)
        self._running.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        if worker in self._running:
            self._running.remove(worker)
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()

    async def _receive(self, worker: Worker) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._threads, worker.pipe.recv)

    async def _send(self, worker: Worker, message: object) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, worker.pipe.send, message)
