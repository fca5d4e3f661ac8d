"""The shape of answers: their fields and types, without values. A changed shape breaks clients.

A shape is a sorted list of ``path: type``. ``/`` enters an object, ``[]`` an array; ``<kind>`` distinguishes objects of
several kinds; ``*`` replaces the keys of an object whose keys the customer chooses. The cells of a query's rows have
the names and types of their columns.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec

from conformance.probing.evidence import Answer, Evidence

MAX_LENGTH = 300
"""Maximum lines of a shape; further lines, in sorted order, are left out."""
MAX_DEPTH = 10
MAX_KEYS = 60
"""An object with more keys is a table."""
PLAIN = re.compile(r"[@#$]?[A-Za-z_][\w.@-]{0,63}")
TABLES = frozenset({"tags", "customDetails", "additionalData", "alertDetailsOverride"})
"""Members whose keys are the customer's."""
PAGING = frozenset({"nextLink", "@odata.nextLink"})
"""Left out of shapes: a next page depends on the data."""
KINDS = ("@odata.type", "kind")
TYPES: Mapping[type, str] = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}


MAX_PLACES = 20_000
"""Maximum places and plans remembered for all connections; beyond it, they are forgotten and found again."""


class Place:
    """A place in the answers of an endpoint: its path, and the places within.

    Places are found once and used for all connections of a process: answers of an endpoint look alike.
    """

    __slots__ = ("lines", "path", "plans", "within")
    count = 0
    """Number of places and plans since they were last forgotten."""

    def __init__(self, path: str = "") -> None:
        Place.count += 1
        self.path = path
        self.within: dict[str, Place] = {}
        self.plans: dict[tuple[tuple[str, ...], tuple[type, ...]], Plan] = {}
        """The plans for objects, by their keys and the types of their values."""
        self.lines = _Lines(path.removeprefix("/"))

    def at(self, step: str) -> Place:
        """Return the place one step further."""
        place = self.within.get(step)
        if place is None:
            place = self.within[step] = Place(self.path + step)
        return place


class _Lines(dict[str, tuple[str, str]]):
    """The path of a place with a type, by that type."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __missing__(self, kind: str) -> tuple[str, str]:
        line = self[kind] = (self.path, kind)
        return line


@dataclass(frozen=True, slots=True)
class Plan:
    """The result of reading objects with the same keys and value types: the ``lines`` of their plain members, and the
    ``deeper`` members to read further, by key, with their places and names.
    """

    lines: frozenset[tuple[str, str]]
    deeper: tuple[tuple[str, Place, str], ...]


Members = set[tuple[str, str]]
"""Paths, each with a type seen there."""
_roots: dict[str, Place] = {}


def shapes(evidence: Mapping[str, Evidence]) -> dict[str, tuple[str, ...]]:
    """Return the shape of all answers of each endpoint, by its name."""
    if Place.count > MAX_PLACES:
        _roots.clear()
        Place.count = 0
    members_of: dict[str, Members] = {}
    for item in evidence.values():
        if isinstance(item, Answer) and item.body:
            with contextlib.suppress(msgspec.DecodeError):
                endpoint = item.exchange.endpoint
                root = _roots.get(endpoint) or _roots.setdefault(endpoint, Place())
                _see(root, msgspec.json.decode(item.body), "", MAX_DEPTH, members_of.setdefault(endpoint, set()))
    return {endpoint: _shape(frozenset(members)) for endpoint, members in sorted(members_of.items())}


@lru_cache(maxsize=256)
def _shape(members: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Return the lines of a shape; null counts only if no other type was seen. Cached: most tenants have the same
    shapes.
    """
    types: dict[str, list[str]] = {}
    for path, kind in sorted(members - {("", "object")}):
        types.setdefault(path, []).append(kind)
    lines = (f"{path}: {'|'.join(_but_null(kinds))}" for path, kinds in types.items())
    return tuple(islice(lines, MAX_LENGTH))


def _but_null(kinds: list[str]) -> list[str]:
    return [kind for kind in kinds if kind != "null"] or kinds


def _see(place: Place, value: Any, name: str, depth: int, members: Members) -> None:
    """Record a JSON value, the member ``name`` of an object or an item of it, with all its fields and their types."""
    if isinstance(value, dict):
        if name and (kind := _kind(value)):
            place, name = place.at(kind), name + kind
        members.add(place.lines["object"])
        if depth:
            _see_members(place, value, name, depth, members)
    elif isinstance(value, list):
        members.add(place.lines["array"])
        if value and depth:
            items = place.at("[]")
            for item in value:
                _see(items, item, f"{name}[]", depth - 1, members)
    else:
        members.add(place.lines[TYPES[type(value)]])


def _see_members(place: Place, value: dict[str, Any], name: str, depth: int, collected: Members) -> None:
    columns = value.get("columns")
    if isinstance(columns, list) and "rows" in value:
        rows = place.at("/rows").at("[]")
        collected.add(rows.lines["object"])
        for column in columns:
            if isinstance(column, dict) and isinstance(title := column.get("name"), str) and _plain(title):
                collected.add((rows.at(f"/{title}").path.removeprefix("/"), str(column.get("type"))))
        return
    form = (tuple(value), tuple(map(type, value.values())))
    plan = place.plans.get(form) or _plan(place, form, table=name in TABLES or len(value) > MAX_KEYS)
    collected |= plan.lines
    for key, member, label in plan.deeper:
        _see(member, value[key], label, depth - 1, collected)


def _plan(place: Place, form: tuple[tuple[str, ...], tuple[type, ...]], *, table: bool) -> Plan:
    """Return the plan for objects of this form. It is cached unless the customer chooses the keys, as their number is
    unlimited.
    """
    lines, deeper = set[tuple[str, str]](), []
    for key, kind in zip(*form, strict=True):
        if key in PAGING:
            continue
        label = _label(key, table)
        member = place.at(f"/{label}")
        if kind in TYPES:
            lines.add(member.lines[TYPES[kind]])
        else:
            deeper.append((key, member, label))
    plan = Plan(frozenset(lines), tuple(deeper))
    if not table and all(map(_plain, form[0])):
        Place.count += 1
        place.plans[form] = plan
    return plan


def _label(key: str, table: bool) -> str:
    return key if not table and _plain(key) else "*"


@lru_cache(maxsize=4096)
def _plain(name: str) -> bool:
    """Return whether a name can be part of a path. Cached: all answers of an endpoint have the same names."""
    return PLAIN.fullmatch(name) is not None


def _kind(value: dict[str, Any]) -> str:
    """Return the kind of an object, as a part of its path; empty if the object does not state one."""
    for name in KINDS:
        if isinstance(kind := value.get(name), str) and _plain(kind):
            return f"<{kind.rpartition('.')[2]}>"
    return ""
