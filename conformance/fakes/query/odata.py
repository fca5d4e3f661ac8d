"""OData query options over lists of JSON objects, as far as Microsoft Graph and Defender for Endpoint document them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any
from urllib.parse import quote

from conformance.fakes.services.routes import Call

Row = Mapping[str, Any]
Fields = Mapping[str, type]
"""The properties to filter by, with the kind of their literals: ``str`` (quoted), ``datetime`` or ``int``."""

CLAUSE = re.compile(r"(?P<name>\w+)\s+(?P<operator>\w+)\s+(?P<literal>'(?:[^']|'')*'|[^\s'()]+)(?:\s+and\s+(?=\S)|$)")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}


SYSTEM_OPTIONS = frozenset(
    {
        "$apply",
        "$compute",
        "$count",
        "$deltatoken",
        "$expand",
        "$filter",
        "$format",
        "$index",
        "$orderby",
        "$schemaversion",
        "$search",
        "$select",
        "$skip",
        "$skiptoken",
        "$top",
    }
)
"""The system query options of OData 4.01: a service must refuse a request with any other."""


class QueryError(ValueError):
    """A query option cannot be understood; the message states the problem."""


@dataclass(frozen=True)
class Selection:
    """A page of rows, the number of all matching rows, and the ``$skip`` of the next page (None: the end)."""

    rows: list[Row]
    total: int
    next_skip: int | None


def select(call: Call, rows: Sequence[Row], fields: Fields, *, default: int, most: int) -> Selection:
    """Filter, order, cut and project rows by the options of a request. Raises :class:`QueryError`.

    ``default`` is the size of a page without ``$top``, ``most`` the size that a larger ``$top`` is cut down to.
    """
    matched = where(rows, call.option("$filter"), fields)
    ordered = order(matched, call.option("$orderby"), fields)
    top, skip = number(call, "$top"), number(call, "$skip") or 0
    end = skip + min(default if top is None else top, most)
    page = project(ordered[skip:end], call.option("$select"))
    return Selection(page, len(matched), end if skip < end < len(matched) else None)


def check_options(call: Call, expandable: Collection[str] = ()) -> None:
    """Raise :class:`QueryError` for system query options that OData does not have, that occur twice or have an invalid
    value, and for an ``$expand`` of anything but a navigation property.

    Source: OData 4.01 part 1 section 11.2.1 and part 2 section 5; the words are those of Microsoft's OData library.
    """
    names = [name.lower() for name, _ in call.query.multi_items() if name.startswith("$")]
    for name in names:
        if name not in SYSTEM_OPTIONS:
            raise QueryError(f"The query parameter '{name}' is not supported.")
        if names.count(name) > 1:
            raise QueryError(f"Query option '{name}' was specified more than once, but it must be at most once.")
    count = call.option("$count")
    if count is not None and count.lower() not in ("true", "false"):
        raise QueryError(f"Invalid value '{count}' for $count query option found. Valid values are 'true', 'false'.")
    for name in re.findall(r"[\w*/$]+", re.sub(r"\(.*?\)", "", call.option("$expand") or "")):
        if name not in expandable:
            raise QueryError(f"Parsing OData Select and Expand failed: Could not find a property named '{name}'.")


def number(call: Call, name: str) -> int | None:
    """Return the value of a numeric option, None if it is missing. Raises :class:`QueryError`."""
    text = call.option(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise QueryError(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def where(rows: Sequence[Row], text: str | None, fields: Fields) -> list[Row]:
    """Return the rows for which all comparisons of a ``$filter``, joined by ``and``, hold. Raises
    :class:`QueryError`.
    """
    if text is None:
        return list(rows)
    comparisons: list[tuple[str, Callable[[Any, Any], bool], Any]] = []
    at, text = 0, text.strip()
    while at < len(text) or not comparisons:
        clause = CLAUSE.match(text, at)
        if clause is None or clause["operator"] not in OPERATORS:
            raise QueryError(f"Invalid filter clause: Syntax error at position {at} in '{text}'.")
        comparisons.append(
            (clause["name"], OPERATORS[clause["operator"]], _literal(clause["name"], clause["literal"], fields))
        )
        at = clause.end()
    return [
        row for row in rows if all(_holds(row.get(name), compare, literal) for name, compare, literal in comparisons)
    ]


def order(rows: Sequence[Row], text: str | None, fields: Fields) -> list[Row]:
    """Return rows by one property, ``asc`` unless ``desc`` is said; empty values come first. Raises
    :class:`QueryError`.
    """
    if text is None:
        return list(rows)
    name, _, direction = text.strip().partition(" ")
    if direction.strip() not in ("", "asc", "desc"):
        raise QueryError(f"Invalid $orderby clause '{text}'.")
    _check_name(name, fields)
    return sorted(rows, key=lambda row: _sortable(row.get(name)), reverse=direction.strip() == "desc")


def project(rows: Sequence[Row], text: str | None) -> list[Row]:
    """Return rows with only the properties of a ``$select``. Raises :class:`QueryError` for one that no row has."""
    if text is None:
        return list(rows)
    names = [name.strip() for name in text.split(",")]
    for row in rows:
        for name in names:
            _check_name(name, row)
    return [{name: row[name] for name in names} for row in rows]


def next_link(call: Call, skip: int) -> str:
    """Return the request's own absolute URL with another ``$skip``."""
    url = call.request.url
    options = [(name, value) for name, value in url.params.multi_items() if name.lower() != "$skip"]
    query = "&".join(f"{name}={quote(value, safe='$,:')}" for name, value in [*options, ("$skip", str(skip))])
    return f"{url.scheme}://{url.host}{url.path}?{query}"


def _check_name(name: str, names: Mapping[str, Any]) -> None:
    if name not in names:
        raise QueryError(f"Could not find a property named '{name}'.")


def _literal(name: str, text: str, fields: Fields) -> Any:
    """Return the value of a literal of the property's kind: ``'text'``, ``2026-11-22T00:00:00Z``, ``7``; or
    ``null``.
    """
    _check_name(name, fields)
    kind = fields[name]
    if text == "null":
        return None
    try:
        if kind is datetime and re.match(r"\d{4}-\d\d-\d\d", text):
            return _moment(text)
        if kind is int:
            return int(text)
    except ValueError as error:
        raise QueryError(f"Invalid filter clause: '{text}' is no value of '{name}'.") from error
    if kind is str and text.startswith("'"):
        return text[1:-1].replace("''", "'")
    raise QueryError(f"Invalid filter clause: A binary operator with incompatible types was detected at '{name}'.")


def _holds(value: Any, compare: Callable[[Any, Any], bool], literal: Any) -> bool:
    if value is None or literal is None:
        return compare in (eq, ne) and compare(value, literal)
    return compare(_moment(value) if isinstance(literal, datetime) else value, literal)


def _moment(text: str) -> datetime:
    """Return a time in UTC. Python reads six fraction digits of the services' seven."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _sortable(value: Any) -> tuple[bool, Any]:
    return value is not None, value if value is not None else ""
