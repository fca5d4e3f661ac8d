"""Tables that a developer gives the virtual tenant, as JSON or CSV, with column types derived from their values."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.fakes.state.tenant import TableState

NAME = re.compile(r"[A-Za-z_]\w*")
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:?\d\d)?)?")
INGESTED, DELAY = "_ingested", timedelta(minutes=4)


def table(name: str, rows: Iterable[Mapping[str, Any]], now: datetime) -> TableState:
    """Return a table of these rows. A column's type is that of its values: ``bool``, ``long``, ``real``, ``datetime``
    (text in ISO 8601 form, too), ``dynamic`` (a list or an object) or ``string``. Rows without TimeGenerated get
    ``now``.

    Raises UsageError for a name that no table or column can have, or a TimeGenerated that is not a time.
    """
    table_rows = [dict(row) for row in rows]
    columns = {column: "string" for row in table_rows for column in row} | {
        "TimeGenerated": "datetime",
        "Type": "string",
    }
    for text in (name, *columns):
        if not NAME.fullmatch(text):
            raise UsageError(f"{text!r} is no name of a table or column: letters, digits and _")
    for column in columns:
        if column != "TimeGenerated":
            columns[column] = _kind(row[column] for row in table_rows if row.get(column) is not None)
    result = []
    for row in table_rows:
        values = {column: _value(row.get(column), kind) for column, kind in columns.items()}
        at = _value(row.get("TimeGenerated") or now, "datetime")
        if not isinstance(at, datetime):
            raise UsageError(f"TimeGenerated of {name} is no time: {row['TimeGenerated']!r}")
        result.append({**values, "TimeGenerated": at, "Type": name, INGESTED: at + DELAY})
    return TableState(name, rows=result, columns=columns)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file: a JSON list of objects, JSON lines, or CSV with a header. Raises
    UsageError, OSError.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        if path.suffix.lower() == ".csv":
            return [{name: _cell(cell) for name, cell in row.items()} for row in csv.DictReader(text.splitlines())]
        rows = (
            json.loads(text)
            if text.lstrip().startswith("[")
            else [json.loads(line) for line in text.splitlines() if line]
        )
    except (ValueError, AttributeError) as error:
        raise UsageError(f"{path}: neither JSON (a list or lines of objects) nor CSV: {error}") from None
    if not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: a row is a JSON object")
    return list(rows)


def _cell(text: str | None) -> Any:
    """Return the value of a CSV cell: a number or a boolean if the text is one, None if it is empty."""
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return json.loads(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})(\.\d+)?", text) else text


def _kind(values: Iterable[Any]) -> str:
    kinds = {_kind_of(value) for value in values}
    if kinds == {"long", "real"}:
        return "real"
    return kinds.pop() if len(kinds) == 1 else "string"


def _kind_of(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "long"
        case float():
            return "real"
        case list() | dict():
            return "dynamic"
        case datetime():
            return "datetime"
        case str() if TIME.fullmatch(value):
            return "datetime"
    return "string"


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "datetime":
        return _time(value)
    return json.dumps(value) if isinstance(value, list | dict) else str(value) if kind == "string" else value


def _time(value: Any) -> datetime | None:
    """Return a time; without a zone it is UTC. The seventh fraction digit of a second is dropped."""
    if isinstance(value, str) and TIME.fullmatch(value):
        try:
            value = datetime.fromisoformat(re.sub(r"(\.\d{6})\d", r"\1", value))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
