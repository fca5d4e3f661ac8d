"""The shape of answers: which fields they have and of what type, without a value. A change in it breaks readers.

A shape is a sorted list of ``path: type``. ``/`` goes into an object, ``[]`` into an array, ``<kind>`` tells objects of
several kinds apart, ``*`` stands for the keys of a table whose keys are the customer's. The cells of a query's rows are
named by their columns, and have their types.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Place:
    """A place in an answer: the types that were seen there, and the places within, by their part of the path."""

    types: set[str] = field(default_factory=set)
    within: dict[str, Place] = field(default_factory=dict)
    members: dict[str, Place] = field(default_factory=dict)
    """The places of an object's members by key, once they are known."""

    def at(self, step: str) -> Place:
        """Return the place that is a step further."""
        place = self.within.get(step)
        if place is None:
            place = self.within[step] = Place()
        return place

    def lines(self, path: str = "") -> Iterator[tuple[str, str]]:
        """Yield the path and the types of this place and of all within; null counts where nothing else was seen."""
        if self.types:
            yield path.removeprefix("/"), "|".join(sorted(self.types - {"null"} or self.types))
        for step, place in self.within.items():
            yield from place.lines(path + step)


def shapes(evidence: Mapping[str, Evidence]) -> dict[str, tuple[str, ...]]:
    """Return the shape of all answers of each endpoint, by its name."""
    found: dict[str, Place] = {}
    for item in evidence.values():
        if isinstance(item, Answer) and item.body:
            with contextlib.suppress(msgspec.DecodeError):
                root = found.setdefault(item.exchange.endpoint, Place())
                _see(root, msgspec.json.decode(item.body), "", MAX_DEPTH)
                root.types.discard("object")
    return {endpoint: _shape(root) for endpoint, root in sorted(found.items())}


def _shape(root: Place) -> tuple[str, ...]:
    return tuple(f"{path}: {types}" for path, types in sorted(root.lines())[:MAX_LENGTH])


def _see(place: Place, value: Any, name: str, depth: int) -> None:
    """Record a JSON value, the member ``name`` of an object or an item of it, with all its fields and their types."""
    if isinstance(value, dict):
        if name and (kind := _kind(value)):
            place, name = place.at(kind), name + kind
        place.types.add("object")
        if depth:
            _see_members(place, value, name, depth)
    elif isinstance(value, list):
        place.types.add("array")
        if value and depth:
            items = place.at("[]")
            for item in value:
                _see(items, item, f"{name}[]", depth - 1)
    else:
        place.types.add(TYPES[type(value)])


def _see_members(place: Place, value: dict[str, Any], name: str, depth: int) -> None:
    columns = value.get("columns")
    if isinstance(columns, list) and "rows" in value:
        rows = place.at("/rows").at("[]")
        rows.types.add("object")
        for column in columns:
            if isinstance(column, dict) and isinstance(title := column.get("name"), str) and _plain(title):
                rows.at(f"/{title}").types.add(str(column.get("type")))
        return
    table = name in TABLES or len(value) > MAX_KEYS
    members = {} if table else place.members
    for key, item in value.items():
        if key in PAGING:
            continue
        shown = key if not table and _plain(key) else "*"
        if (member := members.get(key)) is None:
            member = members[key] = place.at(f"/{shown}")
        if (kind := TYPES.get(type(item))) is not None:
            member.types.add(kind)
        else:
            _see(member, item, shown, depth - 1)


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
