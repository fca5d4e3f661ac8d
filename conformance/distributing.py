"""pytest-xdist's part: connections, not checks, are divided among its workers."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from conformance.checks.registry import ID
from conformance.journal import Entry, Journal

if TYPE_CHECKING:
    from conformance.cases import Run

CASE_ID = re.compile(rf"\[(?P<connection>.+)-{ID.pattern}\]$")
WHERE = "sentinel_journal"
"""The key under which a worker is told the folder for its journal."""


class Distributing:
    """The hooks of the controller. Each worker writes down what it finishes, in a file of its own.

    ``begin`` is called once, when the connections are known and before a worker starts.
    """

    def __init__(self, places: Mapping[str, int], begin: Callable[[], None]) -> None:
        self._places, self._begin = places, begin
        self._shared = tempfile.TemporaryDirectory(prefix="sentinel-")

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        self._begin()
        return ByConnection(config, log, self._places)

    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker where its controller looks for what is finished."""
        node.workerinput[WHERE] = self._shared.name

    def finished(self) -> Iterator[Entry]:
        """What the workers have written down, once; the files are gone afterwards."""
        with self._shared as folder:
            for path in sorted(Path(folder).iterdir()):
                yield from Journal(path).entries()


def journal_of(worker: Mapping[str, Any]) -> Journal:
    """Where a worker writes down what it finishes, by its ``workerinput``."""
    return Journal(Path(worker[WHERE]) / f"{worker['workerid']}.jsonl")


def workers() -> int:
    """How many workers there are, as a worker is told."""
    return int(os.environ["PYTEST_XDIST_WORKER_COUNT"])


def portion(runs: list[Run], one: Run) -> list[Run]:
    """The connections that go to the same worker as this one."""
    return [run for run in runs if run.place % workers() == one.place % workers()]


class ByConnection(LoadScopeScheduling):  # type: ignore[misc]
    """One portion of the connections for each worker: their requests run concurrently there, none is made twice."""

    def __init__(self, config: pytest.Config, log: Any, places: Mapping[str, int]) -> None:
        super().__init__(config, log)
        self._places = places

    def _split_scope(self, nodeid: str) -> str:
        found = CASE_ID.search(nodeid)
        if found is None or found["connection"] not in self._places:
            return str(super()._split_scope(nodeid))
        return f"portion {self._places[found['connection']] % self.numnodes}"
