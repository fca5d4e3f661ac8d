"""The garbage collector of Python while a run starts, and when it has ended."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while hundreds of modules are imported: it would look at all of their objects a dozen times.

    They are not frozen: other packages ask the collector who refers to an object, and it does not see frozen ones.
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
    """Exempt the objects of a run that has ended from collection: a process that ends with it collects several times.

    pytest does it twice, Python as often again. A process that has frozen objects of its own keeps its arrangement.
    """
    global _frozen
    if not gc.get_freeze_count():
        gc.freeze()
        _frozen = True
