"""The TOML tables in the package: catalogues, clouds, promises, canned answers."""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec

from conformance.toml_file.compiled import SUFFIX


def table(package: str, *path: str) -> dict[str, Any]:
    """Return the values of a TOML file beside the modules of ``package``, such as ``table("conformance.x", "y.toml")``.

    They are read from the compiled form in the wheel; a checkout has none, so there the TOML file itself is read.
    """
    *folders, name = path
    folder = resources.files(package).joinpath(*folders)
    try:
        compiled = folder.joinpath(name + SUFFIX).read_bytes()
    except FileNotFoundError:
        import tomllib

        return tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    return msgspec.json.decode(compiled, type=dict[str, Any])
