"""Query result tables: the type of each column's values, and the columns of a workspace's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DECLARED: Mapping[str, Any] = json.loads((Path(__file__).parent / "tables.json").read_text(encoding="utf-8"))
CELLS: Mapping[str, Mapping[str, Any]] = {
    "bool": {"type": ["boolean", "null"]},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
    "decimal": {"type": ["string", "null"], "pattern": r"^-?\d+(\.\d+)?$"},
    "dynamic": {"type": ["string", "null"], "format": "json"},
    "guid": {"type": ["string", "null"], "format": "uuid"},
    "int": {"type": ["integer", "null"], "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1},
    "real": {"type": ["number", "null"]},
    "string": {"type": "string"},
    "timespan": {"type": ["string", "null"], "pattern": r"^-?(\d+\.)?\d\d:\d\d:\d\d(\.\d{1,7})?$"},
}
"""The schema of a cell, by column type. Kusto has no null strings."""


def columns_of(table: str) -> dict[str, str]:
    """Return the columns that a table can show: its own, those only seen in use, and those of every table."""
    declared = DECLARED["tables"][table]
    return {**DECLARED["standard"], **declared["columns"], **declared.get("seen", {})}


def result_schema(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one result table, from its own columns."""
    cells = [CELLS[column["type"]] for column in table["columns"]]
    row = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    return {"type": "object", "properties": {"rows": {"type": "array", "items": row}}}
