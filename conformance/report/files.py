"""The report folder: every form of the report, each a file made from the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.report import json
from conformance.report.model import Document

Form = Callable[[Document], bytes]


FORMS: Mapping[str, Form] = {"report.json": json.encode}
"""Each file of the folder and what makes it."""


def write(folder: Path, document: Document) -> None:
    """Writes every form into the folder, which is made if it is not there; each replaces its predecessor whole.

    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in FORMS.items():
        part = folder / f"{name}.part"
        part.write_bytes(form(document))
        part.replace(folder / name)
