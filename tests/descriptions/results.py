"""The tables that a query answers: what a column holds, by its type, and which columns a workspace's tables have."""

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
"""A cell of each column type. Kusto has no null among strings."""


def columns_of(table: str) -> dict[str, str]:
    """The columns that a table can show: its own, those only seen in use, and those that any table can have."""
    declared = DECLARED["tables"][table]
    return {**DECLARED["standard"], **declared["columns"], **declared.get("seen", {})}


def result_schema(table: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of one result table, by its own columns."""
    cells = [CELLS[column["type"]] for column in table["columns"]]
    row = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    return {"type": "object", "properties": {"rows": {"type": "array", "items": row}}}
