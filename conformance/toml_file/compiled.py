"""The compiled form of a TOML table: JSON, which is read 10 times as fast. It is created when the wheel is built.

JSON has no dates, so tables have them in quotes. This module imports only the standard library: ``hatch_build.py`` runs
it before the package is installed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".json"
"""The suffix of a compiled table: ``causes.toml.json``."""


def compiled_tables(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path in the wheel and the text of the compiled form of each table; ``root`` contains the package's
    folder.
    """
    for file in sorted((root / "conformance").rglob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        yield f"{file.relative_to(root).as_posix()}{SUFFIX}", text
