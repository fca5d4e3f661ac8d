"""A run over a fleet without pytest, in processes of this machine or on a cluster. Each result is written at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from typing import IO, Protocol

from conformance.connection import Connection, load
from conformance.fleet.plan import Plan
from conformance.fleet.processes import Processes, process_count
from conformance.fleet.task import ConnectionRef, Failure, FleetError, FleetLost, Result, VerifySpec, verify_each
from conformance.outputs.summary import Tally
from conformance.probing.shortage import Shortage
from conformance.report.entry import Entry
from conformance.report.progress import fleet_progress
from conformance.results.store import RunStore
from conformance.verification.verdict import STATUSES, ExitCode, VerdictStatus, exit_code


class Engine(Protocol):
    """Verifies connections, given the places of their files."""

    def results(self, places: Iterable[ConnectionRef], spec: VerifySpec) -> AsyncGenerator[Result]:
        """Yield the results of the connections as they are finished, in any order."""


class Here:
    """This process as an engine. Entering it reads the files with their secrets; raises ``ConnectionFileError``."""

    def __init__(self, places: Iterable[ConnectionRef]) -> None:
        self._files = sorted({place.file for place in places})

    async def __aenter__(self) -> Here:
        self._connections: dict[str, Connection] = {connection.name: connection for connection in load(self._files)}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._connections.clear()

    async def results(self, places: Iterable[ConnectionRef], spec: VerifySpec) -> AsyncGenerator[Result]:
        """Yield each connection's result as soon as it is finished.

        Raises :class:`FleetLost` if this machine lacks resources.
        """
        try:
            async for entry in verify_each((self._connections[place.name] for place in places), spec):
                yield Result((entry,))
        except Shortage as lacking:
            raise FleetLost(str(lacking)) from None


def engine(
    places: Sequence[ConnectionRef], scheduler: str | None, processes: int | None
) -> AbstractAsyncContextManager[Engine]:
    """Return an engine: the cluster of a scheduler, this number of worker processes, or this process alone.

    By default there are as many processes as are useful. Raises :class:`FleetError` if the extra is not installed.
    """
    if scheduler is None:
        count = process_count(places, processes)
        return Processes(places, count) if count > 1 else Here(places)
    try:
        from conformance.fleet.cluster import Cluster
    except ModuleNotFoundError as missing:
        raise FleetError(f"a cluster needs {missing.name}: pip install 'sentinel-conformance[cluster]'") from None
    return Cluster(scheduler)


@dataclass
class Run:
    """Runs a plan. Finished connections are written to the journal and the history, and counted."""

    plan: Plan
    store: RunStore
    stream: IO[str]
    """Stream of the progress display, if there is one."""
    tally: Tally
    verdicts: Counter[VerdictStatus] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Notes about the run for the user, a line each."""

    async def go(self, scheduler: str | None = None, processes: int | None = None) -> None:
        """Verify the connections that have no verdict yet.

        Raises :class:`FleetError` and ``ConnectionFileError`` before anything is sent or written, and
        :class:`FleetLost` if the cluster was lost, or this machine lacks resources.
        """
        plan = self.plan
        async with engine(plan.waiting, scheduler, processes) as backend:
            self.store.start(plan.fingerprints, self._take)
            with fleet_progress(len(plan.waiting), self.stream) as progress:
                async with aclosing(backend.results(plan.waiting, plan.spec)) as results:
                    async for result in results:
                        for entry in result.entries:
                            self.store.add(entry)
                            progress.finished(entry.name, entry.verdict.status, entry.verdict.summary)
                        self.failures += result.failures
                        self.notes += result.notes

    def _take(self, entry: Entry) -> None:
        self.verdicts[entry.verdict.status] += 1
        self.tally.add(entry)

    @property
    def unfinished(self) -> list[str]:
        """Return the names of the connections without a verdict."""
        return [place.name for place in self.plan.waiting if place.name not in self.store.names]

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of the worst connection; a connection without a verdict counts as the worst."""
        without = {failure.exit_code for failure in self.failures}
        if ExitCode.USAGE in without:
            return ExitCode.USAGE
        return exit_code(without | {STATUSES[status] for status in self.verdicts})
