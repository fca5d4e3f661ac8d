"""The body of an answer, taken apart: its text, its shape, and the codes and messages of its JSON, outermost first."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.findings import pasted

Shape = Literal["json", "html", "xml", "text", "empty"]

LIMIT = 65536
"""Characters of a body that are looked at. Errors are short; block pages may not be."""

_DEPTH = 12
_NODES = 2000
_CODES = ("code", "errorcode", "error_code", "odata.error.code", "suberror")
_MESSAGES = ("message", "error_description", "errormessage", "error_message", "title", "detail", "description")
_STATUSES = ("status", "statuscode", "httpstatuscode", "http_status")
_NUMBERS = ("error_codes", "errorno")
# In the order in which they lead inwards.
_CHILDREN = (
    "error", "odata.error", "fault", "statusmessage", "responsebody", "body", "response", "responses", "errors",
    "details", "innererror", "inner_error", "innererrors",
)  # fmt: skip
_HTML = re.compile(r"<(?:html|!doctype html|head|body|h[1-3]|p|div|title|center)[\s>]|<!--")
_DATA = frozenset({"value", "tables", "headers"})


@dataclass
class Contents:
    """What a body says of an error. ``numbers`` are Entra's; ``status`` is the one that the body itself tells."""

    codes: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    status: int | None = None
    nodes: int = 0


def text_of(body: Any) -> str:
    """A body as text, normalised so that full-width digits and colons of localised texts read like the others."""
    if body is None:
        return ""
    if isinstance(body, bytes | bytearray | memoryview):
        raw = bytes(body[: LIMIT * 4])
        encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = raw.decode(encoding, "replace")
    elif isinstance(body, str):
        text = body
    else:
        try:
            text = json.dumps(body, ensure_ascii=False, default=str)
        except (ValueError, TypeError, RecursionError):
            text = ""
    return unicodedata.normalize("NFKC", text[:LIMIT].removeprefix("\ufeff")).strip()


def parsed(text: str) -> Any:
    """The JSON of a text, also where it is wrapped in a JSON string once or twice; None if it is none."""
    for _ in range(3):
        if text.lstrip()[:1] not in ("{", "[", '"'):
            return None
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, str):
            return value
        text = value
    return None


def shape_of(text: str, value: Any, content_type: str) -> Shape:
    """What kind of document a body is, judged by itself first."""
    if not text or text in ("null", '""', "None"):
        return "empty"
    if isinstance(value, dict | list):
        return "json"
    start = text[:2048].lower()
    if start.startswith("<"):
        return "html" if "html" in content_type or _HTML.search(start) else "xml"
    return "html" if "html" in content_type and "</" in start else "text"


def contents(text: str, value: Any, shape: Shape) -> Contents:
    """The error that a body tells of."""
    found = Contents()
    if shape == "json":
        _walk(value, found, 0)
        if not found.codes and not found.messages and not found.numbers:
            _search(value, found, 0)
        found.numbers.extend(pasted.numbers(text))
    elif shape == "html":
        found.numbers.extend(pasted.numbers(text))  # the sign-in page names its code; scripts hold all kinds of words
    elif shape != "empty":
        _read_text(text, found)
    found.codes = list(dict.fromkeys(found.codes))
    if found.status is None:
        found.status = next((status for code in found.codes if (status := pasted.status(code, bare=True))), None)
    found.mentions = [word for word in dict.fromkeys(found.mentions) if word not in found.codes]
    found.numbers = list(dict.fromkeys(found.numbers))
    return found


def _walk(value: Any, found: Contents, depth: int) -> None:
    """Down the known members of an error document."""
    found.nodes += 1
    if depth > _DEPTH or found.nodes > _NODES:
        return
    if isinstance(value, str):
        _string(value, found, depth)
    elif isinstance(value, list | tuple):
        for item in value[:50]:
            _walk(item, found, depth + 1)
    elif isinstance(value, Mapping):
        members = dict(_members(value))
        found.keys.update(members)
        for name in _NUMBERS:
            items = members.get(name)
            for item in items if isinstance(items, list) else (items,):
                if (number := _number(item)) is not None:
                    found.numbers.append(number)
        for name in _CODES:
            if (code := _code(members.get(name))) is not None:
                found.codes.append(code)
        if isinstance(members.get("error"), str) and not members["error"].lstrip().startswith("{"):
            found.codes.append(members.pop("error").strip())
        for name in _STATUSES:
            if (status := pasted.status(str(members.get(name, "")), bare=True)) is not None:
                found.status = found.status or status
        for name in _MESSAGES:
            message = members.get(name)
            if isinstance(message, Mapping):
                message = message.get("value")
            if isinstance(message, str):
                _string(message, found, depth)
        for name in _CHILDREN:
            if isinstance(members.get(name), str | list | Mapping):
                _walk(members[name], found, depth + 1)


def _search(value: Any, found: Contents, depth: int) -> None:
    """Through any member, where an unknown wrapper hides the error."""
    found.nodes += 1
    if depth > _DEPTH or found.nodes > _NODES or found.codes:
        return
    if isinstance(value, list):
        for item in value[:50]:
            _search(item, found, depth + 1)
    elif isinstance(value, Mapping):
        for name, item in _members(value):
            if name not in _DATA and isinstance(item, Mapping | list):
                _walk(item, found, depth + 1)
                _search(item, found, depth + 1)
            elif name not in _DATA and isinstance(item, str):
                _string(item, found, depth)


def _string(text: str, found: Contents, depth: int) -> None:
    """A message: words, or another document within a string, perhaps cut short."""
    text = unicodedata.normalize("NFKC", text[:LIMIT]).strip()
    inner = parsed(text)
    if inner is not None and depth <= _DEPTH:
        _walk(inner, found, depth + 1)
    elif text:
        _read_text(text, found)


def _read_text(text: str, found: Contents) -> None:
    found.messages.append(text)
    found.codes.extend(pasted.codes(text))
    found.mentions.extend(pasted.mentions(text))
    found.numbers.extend(pasted.numbers(text))
    found.status = found.status or pasted.status(text, bare=True) or pasted.status(text)


def _members(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Members under their lower-case names: services differ in the case of innererror, Code and Message."""
    for name, item in list(value.items())[:200]:
        yield str(name).lower(), item


def _code(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        code = unicodedata.normalize("NFKC", str(value)[:100]).strip()
    except ValueError:  # an integer of thousands of digits
        return None
    return code or None


def _number(value: Any) -> int | None:
    text = _code(value) or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 8 else None
