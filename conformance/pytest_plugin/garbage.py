"""The garbage collector of Python while a run starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector while hundreds of modules are imported, and leave these out of all later collections.

    It would look at all of their objects a dozen times, and pytest has it look once more at the end of a run. A process
    that has frozen objects already (a second run in it, or the embedding program) keeps its collector as it is.
    """
    if not gc.isenabled() or gc.get_freeze_count():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
