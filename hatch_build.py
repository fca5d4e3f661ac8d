"""Build hook of the wheel: adds the compiled form of every TOML table, which ``conformance/toml_file/tables.py`` reads.

Nothing is written into the checkout, so no compiled table can be stale; an editable install reads the TOML itself.
"""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTables(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        compiled_tables = runpy.run_path(str(root / "conformance" / "toml_file" / "compiled.py"))["compiled_tables"]
        self._folder = tempfile.TemporaryDirectory(prefix="sentinel-tables-")
        for path, text in compiled_tables(root):
            file = Path(self._folder.name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            build_data["force_include"][str(file)] = path

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()
