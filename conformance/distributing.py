"""pytest-xdist's part: connections, not checks, are divided among its workers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from conformance.checks.registry import ID

if TYPE_CHECKING:
    from conformance.cases import Run

CASE_ID = re.compile(rf"\[(?P<connection>.+)-{ID.pattern}\]$")


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
