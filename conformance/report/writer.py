"""The report folder, with every form of the report as a file."""

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
"""The files of the folder and the functions that make them. Hand-back pages are added for each connection and
language.
"""


def write(folder: Path, document: Document, languages: Sequence[str] = ("en",), contact: str = "") -> None:
    """Write all forms of the report into the folder, which is created if needed. Each file is replaced atomically.

    ``contact`` is the name and address of the sender of hand-back pages. Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = ((name, form(document)) for name, form in FORMS.items())
    for name, content in chain(contents, handbacks(document, languages, contact)):
        atomic_write(folder / name, [content])
