"""Values between the tables of the virtual tenant, the engine, and results as the wire has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

ENGINE_TYPES = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "guid": "UUID",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "string": "VARCHAR",
}
"""Kusto type to the engine's."""


def loaded(value: Any, kind: str) -> str | None:
    """Return a value of a row as text that the engine casts to the column's type."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if kind == "dynamic":
        return value if isinstance(value, str) else json.dumps(value)
    return str(value)


def unloaded(value: Any, kind: str) -> Any:
    """Return a value of the engine's as a result has it: times with their zone, timespans as text, no NaN of JSON."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if isinstance(value, timedelta):
        return timespan(value)
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if kind == "dynamic" and isinstance(value, str):
        return _dynamic(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value) if not isinstance(value, Decimal) else format(value, "f")


def _dynamic(value: str) -> str | None:
    """Return text that holds JSON; a single text is itself, and JSON's null is none (inferred: facts have it for
    objects and lists).
    """
    if value == "null":
        return None
    single = json.loads(value) if value.startswith('"') else None
    return single if isinstance(single, str) else value


def timespan(value: timedelta) -> str:
    """``d.hh:mm:ss.fffffff``: days and fraction only where there are any."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, seconds = divmod(value.seconds, 3600)
    days = f"{value.days}." if value.days else ""
    fraction = f".{value.microseconds:06d}0" if value.microseconds else ""
    return f"{sign}{days}{hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}{fraction}"
