"""The garbage collector of Python while a run starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while hundreds of modules are imported: it would look at all of their objects a dozen times.

    They are not frozen: other packages ask the collector who refers to an object, and it does not see frozen ones.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
