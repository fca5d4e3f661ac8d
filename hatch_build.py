"""Builds the wheel: every TOML table of the package also goes in as JSON, which a start reads ten times as fast.

``conformance/toml_file/tables.py`` reads them. Nothing is written into the checkout, so nothing there is ever stale.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compiled_tables(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path in the wheel and the text of each compiled table below ``root``, the folder of pyproject.toml."""
    for file in sorted((root / "conformance").rglob("*.toml")):
        text = json.dumps(tomllib.loads(file.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":"))
        yield f"{file.relative_to(root).as_posix()}.json", text


class CompiledTables(BuildHookInterface[Any]):
    """Adds the compiled tables to a wheel; an editable install reads the checkout itself."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="sentinel-tables-")
        for path, text in compiled_tables(Path(self.root)):
            file = Path(self._folder.name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            build_data["force_include"][str(file)] = path

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()
