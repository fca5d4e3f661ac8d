"""The report of a run while its connections are watched; it is written again at each event."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgspec

from conformance.outputs.delivery import Delivery
from conformance.report.entry import Entry, document


class WatchedReport:
    """The report of ``total`` connections, with the entries of those verified so far.

    ``order`` returns the key of a name by which reports sort connections.
    """

    def __init__(self, delivery: Delivery, order: Callable[[str], Any], total: int) -> None:
        self._delivery, self._order, self._total = delivery, order, total
        self._entries: dict[str, Entry] = {}
        self._began = time.monotonic()

    def publish(self, entry: Entry, selection: str, command: str) -> None:
        """Write the report with the current entry of this connection.

        Its page reloads itself until the last report is written. A write error is ignored here: it is reported at the
        end of the run.
        """
        self._entries[entry.name] = entry
        if self._delivery.folder is None:
            return
        from conformance.report.writer import write

        entries = [self._entries[name] for name in sorted(self._entries, key=self._order)]
        head = document(
            entries, time.monotonic() - self._began, selection, command, unfinished=self._total - len(entries)
        )
        run = msgspec.structs.replace(head.run, watching=True)
        with contextlib.suppress(OSError):
            write(
                self._delivery.folder,
                msgspec.structs.replace(head, run=run),
                self._delivery.languages,
                self._delivery.contact,
            )
