"""The passages of a file: all of its texts, with texts nested inside of other texts, each with its place.

Answers of services are nested: a cassette contains a body, the body contains a JSON document, a cell of it another one,
a member of that a URL with an encoded filter. Each layer is a passage, so that rules do not need to decode anything.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qsl, unquote

DEPTH = 8
"""The maximum number of nested layers that are read."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
ENCODED = re.compile(r"%[0-9a-fA-F]{2}")
PAIRS = re.compile(r"(?:^|[?#])([\w.$%-]+=[^\s]*)$")
YAML_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)

Path = tuple[str | int, ...]


class Unreadable(ValueError):
    """A text does not have the format that its file name states."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, the path to it, and the name of the nearest member, header, column or parameter that holds it.

    ``refused``: it is part of a refusal, where services write sentences. ``encoded``: it looks URL-encoded; the decoded
    text is a separate passage.
    """

    path: Path
    field: str
    text: str
    refused: bool = False
    encoded: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a value, and the number of nested layers that may still be read."""

    path: Path = ()
    field: str = ""
    refused: bool = False
    depth: int = DEPTH

    def at(self, step: str | int) -> Place:
        """Return the place of a member, or of an item of a list, which has the same field name."""
        return replace(self, path=(*self.path, step), field=step if isinstance(step, str) else self.field)

    def within(self, **changes: Any) -> Place:
        """Return the place of the next nested layer, with these changes."""
        return replace(self, depth=self.depth - 1, **changes)


def passages(name: str, content: str) -> Iterator[Passage]:
    """Yield all texts of a file.

    JSON and YAML are read by structure, all other files, and invalid JSON and YAML, by line.
    """
    try:
        document = _document(name, content)
    except Unreadable:
        document = None
    if document is None:
        for number, line in enumerate(content.splitlines(), 1):
            yield from _text(Place((number,)), line)
        return
    yield from _walk(Place(), document)
    if not name.endswith(".json"):
        for comment in YAML_COMMENT.finditer(content):
            yield from _text(Place((content.count("\n", 0, comment.start()) + 1,)), comment[0])


def _document(name: str, content: str) -> Any:
    if name.endswith(".json"):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise Unreadable from None
    if name.endswith((".yaml", ".yml")):
        import yaml

        try:
            return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        except (yaml.YAMLError, ValueError, RecursionError):
            raise Unreadable from None
    return None


def _walk(place: Place, value: Any) -> Iterator[Passage]:
    if isinstance(value, dict):
        place = replace(place, refused=place.refused or _refuses(value))
        cells = [*_table(place, value)]
        yield from cells
        for key, item in value.items():
            yield from _text(replace(place, field="", depth=0), str(key))
            if not cells or key.lower() != "rows":
                yield from _walk(place.at(str(key)), item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _walk(place.at(number), item)
    elif isinstance(value, bytes):
        yield from _text(place, _decoded(value) or value.decode("latin-1"))
    elif isinstance(value, str):
        yield from _text(place, value)


def _refuses(value: dict[str, Any]) -> bool:
    """Return whether the object is a response with status 400 or higher."""
    status = value.get("status")
    code = status.get("code") if isinstance(status, dict) else status
    return isinstance(code, int) and code >= 400


def _table(place: Place, value: dict[str, Any]) -> Iterator[Passage]:
    """Yield the passages in the cells of a Kusto table, with their columns as field names."""
    columns, rows = (value.get(name, value.get(name.title())) for name in ("columns", "rows"))
    if not isinstance(columns, list) or not isinstance(rows, list):
        return
    names = [
        str(column.get("name", column.get("ColumnName", ""))) if isinstance(column, dict) else "" for column in columns
    ]
    for number, row in enumerate(rows):
        cells = row if isinstance(row, list) else [row]
        for column, cell in zip_longest(names[: len(cells)], cells, fillvalue=""):
            yield from _walk(place.at("rows").at(number).at(column), cell)


def _text(place: Place, text: str) -> Iterator[Passage]:
    """Yield a text and the texts nested in it; for JSON only the nested ones."""
    if not text:
        return
    if place.depth and text.lstrip()[:1] in ("{", "[", '"'):
        try:
            inside = json.loads(text)
        except (ValueError, RecursionError):
            inside = None
        if inside is not None:
            yield from _walk(place.within(), inside)
            return
    if place.depth and (pairs := PAIRS.search(text)):
        for key, value in parse_qsl(pairs[1]):
            yield from _text(place.at(key).within(), value)
    if place.depth and ENCODED.search(text):
        yield Passage(place.path, place.field, text, place.refused, encoded=True)
        yield from _text(place.within(), unquote(text))
        return
    yield Passage(place.path, place.field, text, place.refused)
    if place.depth:
        for plain in (html.unescape(text), ESCAPED.sub(_character, text)):
            if plain != text:
                yield from _text(place.within(), plain)
        for token in BASE64.finditer(text):
            if plain_text := decode_base64(token[0]):
                yield from _text(place.within(field=""), plain_text)


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def decode_base64(token: str) -> str | None:
    """Return the decoded text of a base64 token (either alphabet, with or without padding, possibly gzipped); None if
    it is not text.
    """
    token = token.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return _decoded(base64.b64decode(token + "=" * (-len(token) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None


def _decoded(content: bytes) -> str | None:
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return None
    for encoding in ("utf-8", "utf-16-le"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        readable = sum(character.isascii() and (character.isprintable() or character.isspace()) for character in text)
        if text and readable / len(text) > 0.9:
            return text
    return None
