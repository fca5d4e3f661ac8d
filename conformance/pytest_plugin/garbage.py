"""The garbage collector of Python while a run starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while hundreds of modules are imported: it would scan all their objects a dozen times.

    The objects are not frozen: other packages ask the collector for referrers, and it does not see frozen objects.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
