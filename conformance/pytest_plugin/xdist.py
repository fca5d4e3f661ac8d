"""Support of pytest-xdist: connections, not checks, are divided among its workers."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from conformance.checks.registry import ID
from conformance.probing.shortage import Shortage
from conformance.report.entry import Entry
from conformance.report.progress import Progress
from conformance.results.journal import FILE, Journal

if TYPE_CHECKING:
    from conformance.pytest_plugin.cases import Run

CASE_ID = re.compile(rf"\[(?P<connection>.+)-{ID.pattern}\]$")
WORKER_INPUT = "sentinel"
"""The key of :class:`WorkerInput` in ``workerinput``, and of a worker's results in ``workeroutput``."""


@dataclass(frozen=True, slots=True)
class WorkerInput:
    """Data that the controller sends to a worker: the run's journal, its start time, and the finished connections."""

    journal: str
    started: str
    finished: Sequence[str]

    @classmethod
    def to(cls, worker: Mapping[str, Any]) -> WorkerInput:
        """Return the data that the controller sent to a worker in its ``workerinput``."""
        return cls(**worker[WORKER_INPUT])

    def finished_elsewhere(self) -> set[str]:
        """Return the names of connections that workers have finished: a replacement worker does not verify them
        again.
        """
        return {entry.name for journal in Journal(Path(self.journal)).others() for entry in journal.entries()}


class XdistController:
    """The hooks of the controller. Each worker writes its finished connections to a file of its own.

    ``begin`` is called once, before a worker starts; ``take`` with each finished connection.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        started: datetime,
        finished: Sequence[str],
        journal: Journal,
        progress: Progress,
        begin: Callable[[], None],
        take: Callable[[Entry], None],
    ) -> None:
        self._places, self._started, self._finished, self._journal = places, started, finished, journal
        self._progress, self._begin, self._take = progress, begin, take
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._shared: Journal | None = None
        """The run's own journal. Workers write their files beside it, so that the next run finds all results if this
        run is killed.
        """
        self._parts: dict[Path | None, Journal] = {}
        self._scheduler: ByConnection | None = None
        self._names = set(finished)
        self.notes: list[str] = []
        self.shortage: str | None = None
        """The shortage in a worker that left connections unfinished."""

    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker its input."""
        if self._shared is None:
            self._begin()
            self._shared = self._journal
            if self._shared.path is None:
                self._own = tempfile.TemporaryDirectory(prefix="sentinel-")
                self._shared = Journal(Path(self._own.name) / FILE)
        worker_input = WorkerInput(str(self._shared.path), self._started.isoformat(), self._finished)
        node.workerinput[WORKER_INPUT] = asdict(worker_input)

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Return the scheduler that gives each connection to one worker."""
        self._scheduler = ByConnection(config, log, self._places, self.take_new)
        return self._scheduler

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """Show the progress while the workers run."""
        with self._progress:
            return (yield)

    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Take the results of a worker at its end, and record a dead worker."""
        handed_back = getattr(node, "workeroutput", {}).get(WORKER_INPUT, {})
        self.shortage = handed_back.get("shortage") or self.shortage
        self._take_new(Journal.of_lines(handed_back.get("unwritten", ())).entries())
        if error:
            self.notes.append(f"WARNING: worker {node.gateway.id} died; another did what it had not finished")

    def take_new(self) -> None:
        """Take the connections that workers have written since the last call, each once."""
        for part in self._shared.others() if self._shared else ():
            self._take_new(self._parts.setdefault(part.path, part).fresh())

    def _take_new(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.name not in self._names:
                self._names.add(entry.name)
                self._take(entry)

    def close(self) -> None:
        """Take the remaining connections, and remove the workers' files."""
        self.take_new()
        with contextlib.suppress(OSError):  # duplicates count once
            if self._shared:
                self._shared.drop_others()
            if self._own:
                self._own.cleanup()

    def selected(self) -> list[str]:
        """Return the names of the connections with a selected check."""
        return list(self._scheduler.remaining) if self._scheduler else []


def worker_journal(worker: Mapping[str, Any]) -> Journal:
    """Return the journal of a worker's finished connections, from its ``workerinput``."""
    return Journal(Path(WorkerInput.to(worker).journal)).of(worker["workerid"])


def hand_back(worker: Any, shortage: Shortage | None, journal: Journal) -> None:
    """Send the controller a shortage of this machine, and finished connections that the worker's journal could not
    write.

    ``worker`` is the configuration of the worker.
    """
    reason = shortage and str(shortage)
    worker.workeroutput[WORKER_INPUT] = {"shortage": reason, "unwritten": journal.unwritten}


def worker_count() -> int:
    """Return the number of workers, from the controller's data."""
    return int(os.environ["PYTEST_XDIST_WORKER_COUNT"])


def worker_share(runs: list[Run], member: Run) -> list[Run]:
    """Return the connections of the same worker as ``member``."""
    return [run for run in runs if run.place % worker_count() == member.place % worker_count()]


class ByConnection(LoadScopeScheduling):  # type: ignore[misc]
    """The scheduler that gives each worker a share of the connections. The worker sends their requests concurrently,
    none twice.

    ``finished`` is called whenever all checks of a connection have run.
    """

    def __init__(
        self, config: pytest.Config, log: Any, places: Mapping[str, int], finished: Callable[[], None]
    ) -> None:
        super().__init__(config, log)
        self._places, self._finished = places, finished
        self.remaining = Counter[str]()
        """The number of checks that have not run, for each connection with a selected check."""

    def schedule(self) -> None:
        """Divide the connections, once all workers have reported their items."""
        first = self.collection is None
        super().schedule()
        if first:
            self.remaining.update(name for nodeid in self.collection or () if (name := self._connection(nodeid)))

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Record that a check has run."""
        super().mark_test_complete(node, item_index, duration)
        if name := self._connection(self.registered_collections[node][item_index]):
            self.remaining[name] -= 1
            if self.remaining[name] == 0:
                self._finished()

    def remove_node(self, node: Any) -> None:
        """Do not report a crashed check, which would be a failure: the replacement worker runs it again.

        It runs all checks of a connection that the dead worker had begun, so that the verdict covers all of them.
        """
        for unit in self.assigned_work.get(node, {}).values():
            begun = {self._connection(nodeid) for nodeid, is_done in unit.items() if not is_done} - {None}
            for nodeid, is_done in unit.items():
                if is_done and (name := self._connection(nodeid)) and name in begun:
                    unit[nodeid] = False
                    self.remaining[name] += 1
        super().remove_node(node)

    def _split_scope(self, nodeid: str) -> str:
        name = self._connection(nodeid)
        return f"portion {self._places[name] % self.numnodes}" if name else str(super()._split_scope(nodeid))

    def _connection(self, nodeid: str) -> str | None:
        """Return the name of a check's connection."""
        match = CASE_ID.search(nodeid)
        return match["connection"] if match and match["connection"] in self._places else None
