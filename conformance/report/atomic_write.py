"""Files that are there whole, or as they were before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from conformance.redaction import clean_bytes


def atomic_write(path: Path, content: Iterable[bytes]) -> None:
    """Writes a file piece by piece; it takes the place of its predecessor when it is whole.

    Each piece is clean by itself. Raises ``OSError``.
    """
    part = path.with_name(f"{path.name}.part")
    with open(part, "wb") as file:
        file.writelines(map(clean_bytes, content))
    part.replace(path)
