"""The report folder: every form of the report, each a file made from the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from conformance.report import json
from conformance.report.atomic_write import atomic_write
from conformance.report.badge import badge
from conformance.report.handback.forms import handbacks
from conformance.report.html import page
from conformance.report.model import Document
from conformance.report.summary import summary

Form = Callable[[Document], bytes]

FORMS: Mapping[str, Form] = {"report.json": json.encode, "report.html": page, "summary.md": summary, "badge.svg": badge}
"""Each file of the folder and what makes it. The pages to hand back, of each connection and language, come beside."""


def write(folder: Path, document: Document, languages: Sequence[str] = ("en",), contact: str = "") -> None:
    """Writes every form into the folder, which is made if it is not there; each replaces its predecessor whole.

    ``contact`` is who sends the pages to hand back.
    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = ((name, form(document)) for name, form in FORMS.items())
    for name, content in chain(contents, handbacks(document, languages, contact)):
        atomic_write(folder / name, [content])
