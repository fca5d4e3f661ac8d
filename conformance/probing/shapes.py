"""The shape of answers: which fields they have and of what type, without a value. A change in it breaks readers.

A shape is a sorted list of ``path: type``. ``/`` goes into an object, ``[]`` into an array, ``<kind>`` tells objects of
several kinds apart, ``*`` stands for the keys of a table whose keys are the customer's. The cells of a query's rows are
named by their columns, and have their types.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from conformance.probing.evidence import Answer, Evidence

MAX_LENGTH = 300
"""Lines of one shape; what sorts behind them is left out."""
MAX_DEPTH = 10
MAX_KEYS = 60
"""An object of more keys is a table."""
PLAIN = re.compile(r"[@#$]?[A-Za-z_][\w.@-]{0,63}")
TABLES = frozenset({"tags", "customDetails", "additionalData", "alertDetailsOverride"})
"""Members whose keys are the customer's."""
PAGING = frozenset({"nextLink", "@odata.nextLink"})
"""Whether there is a next page says something of the data, not of the shape."""
KINDS = ("@odata.type", "kind")
TYPES: Mapping[type, str] = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


Types = defaultdict[str, set[str]]
"""The types that were seen at each path."""


def shapes(evidence: Mapping[str, Evidence]) -> dict[str, tuple[str, ...]]:
    """Return the shape of all answers of each endpoint, by its name."""
    found: dict[str, Types] = {}
    for item in evidence.values():
        if isinstance(item, Answer) and item.body:
            with contextlib.suppress(msgspec.DecodeError):
                types = found.setdefault(item.exchange.endpoint, defaultdict(set))
                _see(types, msgspec.json.decode(item.body), "", MAX_DEPTH)
    return {endpoint: _lines(types) for endpoint, types in sorted(found.items())}


def _lines(types: Types) -> tuple[str, ...]:
    """Return a shape of types by path; null counts where nothing else was seen."""
    fields = [f"{path}: {'|'.join(sorted(kinds - {'null'} or kinds))}" for path, kinds in sorted(types.items())]
    return tuple(fields[:MAX_LENGTH])


def _see(types: Types, value: Any, path: str, depth: int) -> None:
    """Record each field of a JSON value with its type."""
    if isinstance(value, dict):
        path += _kind(value) if path else ""
        if path:
            types[path].add("object")
        if depth:
            _see_members(types, value, path, depth)
    elif isinstance(value, list):
        types[path].add("array")
        for item in value if depth else ():
            _see(types, item, f"{path}[]", depth - 1)
    else:
        types[path].add(TYPES[type(value)])


def _see_members(types: Types, value: dict[str, Any], path: str, depth: int) -> None:
    columns = value.get("columns")
    if isinstance(columns, list) and "rows" in value:
        types[f"{path}/rows[]"].add("object")
        for column in columns:
            if isinstance(column, dict) and _plain(str(column.get("name"))):
                types[f"{path}/rows[]/{column['name']}"].add(str(column.get("type")))
        return
    table = path.rpartition("/")[2] in TABLES or len(value) > MAX_KEYS
    for key, item in value.items():
        if key not in PAGING:
            name = key if not table and _plain(key) else "*"
            _see(types, item, f"{path}/{name}" if path else name, depth - 1)


@lru_cache(maxsize=4096)
def _plain(name: str) -> bool:
    """Return whether a name can be part of a path. Cached: all answers of an endpoint have the same names."""
    return PLAIN.fullmatch(name) is not None


def _kind(value: dict[str, Any]) -> str:
    """Return the kind of an object, as a part of its path; empty where it does not state one."""
    for name in KINDS:
        if isinstance(kind := value.get(name), str) and _plain(kind):
            return f"<{kind.rpartition('.')[2]}>"
    return ""
