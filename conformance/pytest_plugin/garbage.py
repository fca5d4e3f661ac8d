"""Settings of Python's garbage collector at the start and at the end of a run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while hundreds of modules are imported: it would scan all their objects a dozen times.

    The objects are not frozen: other packages ask the collector for referrers, and it does not see frozen objects.
    Objects that an earlier run in this process left to :func:`freeze_remains` are collected again from now on.
    """
    global _frozen
    if _frozen:
        gc.unfreeze()
        _frozen = False
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_frozen = False


def freeze_remains() -> None:
    """Exempt the objects of an ended run from garbage collection: a process that is about to end collects several
    times.

    pytest collects twice, and Python twice more. A process that has already frozen objects is left as it is.
    """
    global _frozen
    if not gc.get_freeze_count():
        gc.freeze()
        _frozen = True
