"""How many files, sockets among them, this process may open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

RAISED_TO = 10_240
"""The limit of open files is raised up to this where the machine allows it: macOS allows no more, a run needs less."""
MARGIN = 48
"""Files that are left for all else: reports, the journal, the history, modules, names that are looked up."""
NO_LIMIT = 4096
"""Files that a process may open where no limit is known, as on Windows."""

_promised = 0


def limit() -> int | None:
    """Return how many files this process may have open; None where there is no limit or it is not known."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard one, up to ``RAISED_TO``, where that is allowed."""
    try:
        import resource
    except ModuleNotFoundError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = RAISED_TO if hard == resource.RLIM_INFINITY else min(hard, RAISED_TO)
    if soft != resource.RLIM_INFINITY and soft < target:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


def files_left() -> int:
    """Return how many more files may be opened, beside a margin and what is promised to others. May be negative."""
    allowed = limit()
    if allowed is None:
        return NO_LIMIT
    return allowed - _open() - min(MARGIN, allowed // 4) - _promised


@contextlib.contextmanager
def reserve_files(files: int) -> Iterator[None]:
    """While entered, this many files are kept for the caller: :func:`files_left` does not count them."""
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
