"""The report folder of a fleet: overview pages, the whole report as JSON, and pages of connections in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from conformance.report import json
from conformance.report.atomic_write import atomic_write
from conformance.report.badge import badge_of
from conformance.report.entry import Entry, document
from conformance.report.fleet.index import OWNER_PAGES, index, owner_pages
from conformance.report.fleet.overview import Overview
from conformance.report.fleet.summary import summary
from conformance.report.handback.forms import handbacks
from conformance.report.html import page
from conformance.report.model import Document
from conformance.report.provenance import provenance
from conformance.report.wording import OWNERS

PAGES = "connections"
"""The folder that contains a folder for each connection in trouble."""
FORMS: Mapping[str, Callable[[Overview], bytes]] = {
    "index.html": index,
    "summary.md": summary,
    "badge.svg": lambda fleet: badge_of(fleet.verdicts, fleet.head.run.unfinished, provenance(fleet.head)),
}


def write(
    folder: Path,
    fleet: Overview,
    entries: Callable[[], Iterator[Entry]],
    languages: Sequence[str] = ("en",),
    contact: str = "",
) -> None:
    """Write the folder. ``entries`` yields the entries of the overview's connections, in the same order, each time it
    is called.

    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "report.json", json.stream(fleet.head, (entry.connection for entry in entries())))
    for row, connection_entry in zip(fleet.rows, entries(), strict=True):
        if row.page:
            of_one = folder / PAGES / row.page
            of_one.mkdir(parents=True, exist_ok=True)
            alone = _alone(fleet.head, connection_entry)
            atomic_write(of_one / "report.html", [page(alone)])
            for file, content in handbacks(alone, languages, contact):
                atomic_write(of_one / file, [content])
    _write_owner_pages(folder / OWNER_PAGES, fleet, contact)
    for file, form in FORMS.items():  # last: they link to the files written before
        atomic_write(folder / file, [form(fleet)])


def _write_owner_pages(folder: Path, fleet: Overview, contact: str) -> None:
    """Write a page for each owner of a cause, and remove pages of earlier runs whose owners have nothing to fix now."""
    pages = dict(owner_pages(fleet, contact))
    if pages:
        folder.mkdir(exist_ok=True)
    for owner in OWNERS:
        if (name := f"{owner}.html") in pages:
            atomic_write(folder / name, [pages[name]])
        else:
            (folder / name).unlink(missing_ok=True)


def _alone(head: Document, entry: Entry) -> Document:
    """Return the report of one connection, with its changes."""
    of_one = document([entry], entry.duration_s, head.run.selection, head.run.command)
    if not head.comparison:
        return of_one
    own = {name: part for name, part in head.comparison.connections.items() if name == of_one.connections[0].name}
    return msgspec.structs.replace(of_one, comparison=msgspec.structs.replace(head.comparison, connections=own))
