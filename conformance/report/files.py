"""The report folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.report.json import encode
from conformance.verification import Report


def write(folder: Path, reports: Sequence[Report], selection: str) -> None:
    """Writes ``report.json`` into the folder, which is made if it is not there. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "report.json.part"
    part.write_bytes(encode(reports, selection))
    part.replace(folder / "report.json")
