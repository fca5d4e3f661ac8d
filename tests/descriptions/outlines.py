"""Outlines of JSON values, to be compared with each other: their keys, and the kinds of the values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.descriptions.formats import moment

Outline = Mapping[str, frozenset[str]]
"""The places of a value (``value[]<Scheduled>.properties.enabled``) with the kinds found there."""

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TOLD_APART = ("kind", "@odata.type", "entityType", "actionType")
"""Members that determine which of several models an object has: different models are not compared."""
FREE = frozenset({"tags", "additionalData", "customDetails", "rows", "statistics"})
"""Members with data as content, without a model."""
NARROWER = {"guid": "string", "moment": "string", "integer": "number"}
"""The narrower kinds that may take the place of a wider one."""


def outline(values: Iterable[Any]) -> dict[str, frozenset[str]]:
    """Return the outline of several values of one model: the kinds of values at each place."""
    kinds_of: dict[str, set[str]] = {}
    for value in values:
        for where, kind in _walk("", value):
            kinds_of.setdefault(where, set()).add(kind)
    return {where: frozenset(kinds) for where, kinds in sorted(kinds_of.items())}


def _walk(where: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            kind = next((str(value[name]).rpartition(".")[2] for name in TOLD_APART if name in value), None)
            here = f"{where}<{kind}>" if kind and where else where
            yield where, "object"
            yield here, "object"
            for name, member in value.items():
                inner = f"{here}.{name}".lstrip(".")
                yield from [(inner, kind_of(member))] if name in FREE else _walk(inner, member)
        case list():
            yield where, "array"
            for member in value:
                yield from _walk(f"{where}[]", member)
        case _:
            yield where, kind_of(value)


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value; whole numbers, GUIDs and moments have kinds of their own."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "guid" if GUID.fullmatch(value) else "moment" if moment(value) else "string"
        case dict():
            return "object"
    return "array"


def differences(ours: Outline, theirs: Outline) -> Iterator[tuple[str, str]]:
    """Yield the outermost places at which ours has a key more or less than theirs, or a kind that theirs never has.

    An empty list, or a list without one of several models, is not a difference of keys.
    """
    for where in sorted({*ours, *theirs}):
        if not where or not _parents(where) <= (ours.keys() & theirs.keys()):
            continue
        if where not in theirs or where not in ours:
            if where[-1] not in "]>":
                yield where, "added" if where in ours else "lacking"
        else:
            for kind in sorted(ours[where] - theirs[where]):
                if NARROWER.get(kind) not in theirs[where]:
                    yield where, f"{kind} for {'/'.join(sorted(theirs[where]))}"


def _parents(where: str) -> set[str]:
    """Return the places that contain a place, without the root."""
    return {where[: match.start()] for match in re.finditer(r"(?<!@odata)\.|\[\]|<", where)} - {""}
