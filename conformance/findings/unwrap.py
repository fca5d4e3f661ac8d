"""Documents within a text: JSON, Python and Ruby literals and XML that logs and exceptions wrap, escape and cut."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from conformance.findings import layout
from conformance.findings.lazy_pattern import lazy_pattern

LEVELS = 5
"""Maximum number of times that a string is escaped."""
_TRIES = 60
"""Opening braces that are tried at each level."""
_OPEN = lazy_pattern(r"[{\[](?=\s*(?:[\"'{\[]|\\*[rn]))")
_LITERAL = 10000
"""Characters of a Python literal that are read."""
_XML = lazy_pattern(
    r"(?:<\?xml[^>]{0,100}\?>\s*)?<(?:\w{1,20}:)?(Error|error|ErrorResponse)\b[^>]{0,300}>.{0,4000}?</(?:\w{1,20}:)?\1>",
    re.DOTALL,
)
_XML_CODE = lazy_pattern(r"<(?:\w{1,20}:)?code\b", re.IGNORECASE)
_FORM = lazy_pattern(r"\b(?:error|error_description|error_codes)=[^\s\"'<>]+")
_ANSI = lazy_pattern(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\][^\x07]{0,200}\x07")
_ESCAPE = lazy_pattern(r"\\u([0-9a-fA-F]{4})|\\([\"'/\\nrt])")
_PLAIN = {"n": "\n", "r": "", "t": " "}


@dataclass(frozen=True, slots=True)
class Pieces:
    """The documents in a text. ``documents`` are the values found, in order; ``words`` is the text around them."""

    documents: tuple[Any, ...]
    words: str


def plain(text: str) -> str:
    """Return the text without terminal colours and without the layout added by mail, logs and the like."""
    text = layout.flowing(_ANSI.sub("", text))
    if re.search(r"[“”]\s*[:,}]", text) and "{" in text:
        text = text.replace("“", '"').replace("”", '"')  # JSON copied from a word processor
    return text


def unescape(text: str) -> str:
    """Return the text with one level of backslash escapes removed."""
    return (
        _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _PLAIN.get(match[2], match[2]), text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


def flat(text: str) -> str:
    """Return the text without any escapes: for searching words, not for parsing."""
    for _ in range(LEVELS):
        if "\\" not in text:
            break
        text = unescape(text)
    return text


def pieces(text: str) -> Pieces:
    """Return the documents in a text, at the first level of escaping that has any, and the words around them."""
    level = text
    for _ in range(LEVELS):
        documents, words = _documents(level)
        if documents:
            return Pieces(tuple(documents), words)
        if "\\" not in level:
            break
        level = unescape(level)
    xml = _XML.search(text[:16384])
    if xml and _XML_CODE.search(xml[0]):
        return Pieces((xml[0],), f"{text[: xml.start()]} {text[xml.end() :]}")
    return Pieces((), text)


def form(text: str) -> dict[str, str] | None:
    """Return the members of an error in urlencoded form, as in a redirect or a form post; None if it is not one."""
    match = _FORM.search(text)
    if match is None:
        return None
    start = max(text.rfind(mark, 0, match.start() + 1) for mark in (" ", "?", "#", "\n", '"', "'")) + 1
    end = next((at for at in range(match.start(), len(text)) if text[at] in " \n\"'<>"), len(text))
    members = dict(parse_qsl(text[start:end]))
    return members if "error" in members or "error_description" in members else None


def _documents(text: str) -> tuple[list[Any], str]:
    documents: list[Any] = []
    words: list[str] = []
    decoder = json.JSONDecoder(strict=False)
    position = tries = 0
    while (match := _OPEN.search(text, position)) and tries < _TRIES:
        tries += 1
        read = _value(decoder, text, match.start())
        if read is None:
            words.append(text[position : match.end()])
            position = match.end()
            continue
        value, end = read
        words.append(text[position : match.start()])
        documents.append(value)
        position = end
    words.append(text[position:])
    return documents, " ".join(words)


def _value(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int] | None:
    try:
        value, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _literal(decoder, text, start)
    return (value, end) if _telling(value) else None


def _literal(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int] | None:
    """Return a Python dict or list, or a Ruby hash, and its end; None if there is none at ``start``."""
    end = _closing(text, start)
    if end is None or ("'" not in text[start:end] and "=>" not in text[start:end]):
        return None
    try:
        if "=>" in text[start:end]:
            value = json.loads(text[start:end].replace("=>", ":").replace(":nil", ":null"), strict=False)
        else:
            value = ast.literal_eval(text[start:end])
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return (value, end) if _telling(value) else None


def _closing(text: str, start: int) -> int | None:
    """Return the position after the bracket that closes the one at ``start``, or None. Brackets within quotes are
    skipped.
    """
    depth, quote, position = 0, "", start
    limit = min(len(text), start + _LITERAL)
    while position < limit:
        letter = text[position]
        if quote:
            if letter == "\\":
                position += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None


def _telling(value: Any) -> bool:
    """Return whether a value is a document, not an index or an empty pair of brackets."""
    if isinstance(value, dict):
        return bool(value)
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)
