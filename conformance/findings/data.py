"""The data files of the catalogues, in the folder of this module."""

from __future__ import annotations

from typing import Any

from conformance.toml_file.tables import table


def load(name: str) -> dict[str, Any]:
    """Return the tables of ``NAME.toml``."""
    return table(__package__, f"{name}.toml")
