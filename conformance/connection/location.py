"""The lines of connections and keys in their files, for messages that point there."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.connection.loader import files_of
from conformance.toml_file.positions import Table, line_of, tables


@dataclass(frozen=True, slots=True)
class Location:
    """The file of a connection, and its table in that file."""

    file: Path
    table: Table

    def line(self, key: str | None) -> int:
        """Return the line of a key, counted from 1; for a missing key, the line of the connection's header."""
        return line_of(self.table, key, {}) if key else self.table.line


def locations(paths: Sequence[str | Path]) -> dict[str, Location]:
    """Return the locations of the connections in files, globs and folders, by name. Unreadable files are left out.

    The files are read again: a run does not store positions, and only messages with a position need them.
    """
    result: dict[str, Location] = {}
    for file in dict.fromkeys(files_of(paths, [])):
        try:
            text = file.read_text(encoding="utf-8-sig")
            rows = tomllib.loads(text).get("connection", [])
        except (OSError, ValueError):
            continue
        headers = [table for table in tables(text) if table.path == "connection"]
        for row, table in zip(rows if isinstance(rows, list) else [rows], headers, strict=False):
            if isinstance(row, dict):
                result.setdefault(str(row.get("name", file.stem)), Location(file, table))
    return result
