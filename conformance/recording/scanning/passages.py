"""A file taken apart: every text in it, also those inside of other texts, each with its place.

What a service sent is nested: a cassette holds a body, the body a JSON document, a cell of it another one, a member of
that a URL with an encoded filter. Each layer is a passage of its own, so that the rules need to know no encoding.
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
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

DEPTH = 8
"""Layers within layers that are looked into."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})")
ENCODED = re.compile(r"%[0-9a-fA-F]{2}")
PAIRS = re.compile(r"(?:^|[?#])([\w.$%-]+=[^\s]*)$")
YAML_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)

Path = tuple[str | int, ...]


class Unreadable(ValueError):
    """The text is not of the format that its file name says."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, the path to it, and the name of the nearest member, header, column or parameter that holds it."""

    path: Path
    field: str
    text: str


def passages(name: str, content: str) -> Iterator[Passage]:
    """All texts of a file. JSON and YAML by their structure, anything else (and what is no JSON or YAML) by line."""
    try:
        document = _document(name, content)
    except Unreadable:
        document = None
    if document is None:
        for number, line in enumerate(content.splitlines(), 1):
            yield from _text((number,), "", line, DEPTH)
        return
    yield from _walk((), "", document, DEPTH)
    if not name.endswith(".json"):
        for found in YAML_COMMENT.finditer(content):
            yield from _text((content.count("\n", 0, found.start()) + 1,), "", found[0], DEPTH)


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


def _walk(path: Path, field: str, value: Any, depth: int) -> Iterator[Passage]:
    if isinstance(value, dict):
        yield from _table(path, value, depth)
        for key, item in value.items():
            yield from _text(path, "", str(key), 1)
            yield from _walk((*path, str(key)), str(key), item, depth)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _walk((*path, number), field, item, depth)
    elif isinstance(value, bytes):
        yield from _text(path, field, _decoded(value) or value.decode("latin-1"), depth)
    elif value is not None and not isinstance(value, bool):
        yield from _text(path, field, str(value), depth)


def _table(path: Path, value: dict[str, Any], depth: int) -> Iterator[Passage]:
    """The cells of a Kusto table once more, under the names of their columns."""
    columns, rows = (value.get(name, value.get(name.title())) for name in ("columns", "rows"))
    if not isinstance(columns, list) or not isinstance(rows, list):
        return
    names = [str(one.get("name", one.get("ColumnName", ""))) if isinstance(one, dict) else "" for one in columns]
    for number, row in enumerate(rows):
        for column, cell in zip(names, row if isinstance(row, list) else (), strict=False):
            yield from _walk((*path, "rows", number, column), column, cell, depth)


def _text(path: Path, field: str, text: str, depth: int) -> Iterator[Passage]:
    """A text, and what is inside of it; of JSON and of what is encoded for URLs only what is inside."""
    if not text:
        return
    if depth and text.lstrip()[:1] in ("{", "[", '"'):
        try:
            inside = json.loads(text)
        except (ValueError, RecursionError):
            inside = None
        if inside is not None:
            yield from _walk(path, field, inside, depth - 1)
            return
    if depth and (pairs := PAIRS.search(text)):
        for key, value in parse_qsl(pairs[1]):
            yield from _text((*path, key), key, value, depth - 1)
    if depth and ENCODED.search(text):
        yield from _text(path, field, unquote(text), depth - 1)
        return
    yield Passage(path, field, text)
    if depth == 0:
        return
    for plain in (html.unescape(text), ESCAPED.sub(_character, text)):
        if plain != text:
            yield from _text(path, field, plain, depth - 1)
    for token in BASE64.finditer(text):
        if plain_text := decoded_base64(token[0]):
            yield from _text(path, "", plain_text, depth - 1)


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def decoded_base64(token: str) -> str | None:
    """The text behind base64 (either alphabet, padded or not, perhaps compressed); None where it is no text."""
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
        readable = sum(one.isascii() and (one.isprintable() or one.isspace()) for one in text)
        if text and readable / len(text) > 0.9:
            return text
    return None
