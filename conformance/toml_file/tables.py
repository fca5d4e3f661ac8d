"""The TOML tables that are shipped with the package: catalogues, clouds, promises, canned answers."""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec

COMPILED = ".json"
"""What the wheel adds to the name of a table (``causes.toml.json``): the same data, which is read ten times as fast."""


def table(package: str, *path: str) -> dict[str, Any]:
    """Return the tables of a TOML file beside the modules of ``package``, such as ``table("conformance.x", "y.toml")``.

    Read from the form that ``hatch_build.py`` puts into the wheel; a checkout has none, and reads the file itself.
    """
    *folders, name = path
    folder = resources.files(package).joinpath(*folders)
    try:
        compiled = folder.joinpath(name + COMPILED).read_bytes()
    except FileNotFoundError:
        import tomllib

        return tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    return msgspec.json.decode(compiled, type=dict[str, Any])
