"""The report of a run while its connections are watched: written anew whenever something happened to one of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgspec

from conformance.outputs.delivery import Delivery
from conformance.report.entry import Entry, document


class WatchedReport:
    """The report of ``total`` connections, of which those are known that were looked at.

    ``order`` is the key of a name by which reports sort connections.
    """

    def __init__(self, delivery: Delivery, order: Callable[[str], Any], total: int) -> None:
        self._delivery, self._order, self._total = delivery, order, total
        self._entries: dict[str, Entry] = {}
        self._began = time.monotonic()

    def publish(self, entry: Entry, selection: str, command: str) -> None:
        """Write the report with what is known of this connection now.

        Its page loads itself again until the last one is written. What cannot be written now is an error at the end.
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
