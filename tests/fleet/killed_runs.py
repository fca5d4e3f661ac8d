"""For runs in a process of their own that are to die: variables say where, how and which process.

``DIES_AT`` is an entry (``entry 3``), the middle of its line (``line 3``), or a file that is being written
(``report.json``); ``full 3`` is a disk that is full from that entry on, which ends no process. ``DIES_BY`` is the name
of the signal; ``DIES_ALL`` is set if the whole group of processes gets it, ``DIES_WORKER`` if only a worker of
pytest-xdist is to die, and not the process that leads them. A run dies once: a file ``died`` in its folder says so.
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

from conformance.report.entry import Entry  # noqa: E402 - they are to see what is replaced above
from conformance.results.journal import Journal, _line  # noqa: E402 - they are to see what is replaced above

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
