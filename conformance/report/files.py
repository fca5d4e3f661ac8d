"""The report folder."""

from __future__ import annotations

from pathlib import Path

from conformance.report.json import encode
from conformance.report.model import Document


def write(folder: Path, document: Document) -> None:
    """Writes ``report.json`` into the folder, which is made if it is not there. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "report.json.part"
    part.write_bytes(encode(document))
    part.replace(folder / "report.json")
