"""The limit of open files of this process, sockets included."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from types import ModuleType

resource: ModuleType | None
try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None

RAISED_TO = 10_240
"""The limit of open files is raised up to this where the machine allows it: macOS allows no more, a run needs less."""
MARGIN = 48
"""Files left for everything else: reports, the journal, the history, modules, name resolution."""
NO_LIMIT = 4096
"""Files that a process may open if the limit is unknown, as on Windows."""

_promised = 0


def limit() -> int | None:
    """Return how many files this process may have open; None if unlimited or unknown."""
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard one, up to ``RAISED_TO``, if the system allows it."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = RAISED_TO if hard == resource.RLIM_INFINITY else min(hard, RAISED_TO)
    if soft != resource.RLIM_INFINITY and soft < target:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


def files_left() -> int:
    """Return how many more files may be opened, without the margin and the reserved files. May be negative."""
    allowed = limit()
    if allowed is None:
        return NO_LIMIT
    return allowed - _open() - min(MARGIN, allowed // 4) - _promised


@contextlib.contextmanager
def reserve_files(files: int) -> Iterator[None]:
    """While entered, reserve this many files for the caller: :func:`files_left` does not count them."""
    global _promised
    _promised += files
    try:
        yield
    finally:
        _promised -= files


def _open() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return len(os.listdir(folder))
    return 32
