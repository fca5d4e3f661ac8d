"""Runs in a separate process that a signal ends: environment variables set the moment, the signal and the process.

``DIES_AT`` is an entry (``entry 3``), the middle of its line (``line 3``), or a file that is being written
(``report.json``); ``full 3`` simulates a disk that is full from that entry on, and ends no process. ``DIES_BY`` is the
name of the signal; ``DIES_ALL`` is set if the whole process group gets it, ``DIES_WORKER`` if only a worker of
pytest-xdist gets it, not its controller. A run dies once: then its folder has a file ``died``.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from conformance.report import atomic_write

replaced = atomic_write.atomic_write


def die() -> None:
    if "DIES_WORKER" in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    try:
        os.close(os.open("died", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(0 if "DIES_ALL" in os.environ else os.getpid(), signal.Signals[os.environ["DIES_BY"]])


def replace(path: Path, content: Iterable[bytes]) -> None:
    def half() -> Iterator[bytes]:
        for part in content:
            if path.name == os.environ.get("DIES_AT"):
                die()
            yield part

    replaced(path, half())


atomic_write.atomic_write = replace

from conformance.report.entry import Entry  # noqa: E402 - imported after the replacement above
from conformance.results.journal import Journal, _line  # noqa: E402 - imported after the replacement above

added, entries = Journal.add, count(1)


def add(self: Journal, entry: Entry) -> None:
    at = os.environ.get("DIES_AT", "").split()
    mine = at[1:] == [str(next(entries))]
    if mine and at[0] == "line":
        assert self.path
        with open(self.path, "ab") as file:
            file.write(_line(entry)[:-100])
        die()
    if mine and at[0] == "full":
        self.problem = OSError(errno.ENOSPC, "No space left on device")
    added(self, entry)
    if mine and at[0] == "entry":
        die()


Journal.add = add  # type: ignore[method-assign]
