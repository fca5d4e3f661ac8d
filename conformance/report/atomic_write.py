"""Writing a file completely or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from conformance.redaction import clean_bytes


def atomic_write(path: Path, content: Iterable[bytes]) -> None:
    """Write a file piece by piece; it replaces the previous file only when it is complete.

    Each piece is redacted on its own, so a secret must not be split over two pieces. Raises ``OSError``.
    """
    part = path.with_name(f"{path.name}.part")
    with open(part, "wb") as file:
        file.writelines(map(clean_bytes, content))
    part.replace(path)
