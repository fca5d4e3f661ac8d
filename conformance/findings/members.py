"""The error within a body: the members of its JSON, and the documents within its texts, outermost first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.findings import hosts, pasted, unwrap
from conformance.findings.body import LIMIT, Shape, parse_json
from conformance.findings.contents import Contents
from conformance.findings.lazy_pattern import lazy_pattern

_DEPTH = 12
_NODES = 2000
_CODES = ("code", "errorcode", "error_code", "odata.error.code", "suberror")
_MESSAGES = (
    "message", "error_description", "errormessage", "error_message", "title", "detail", "description", "msg", "reason",
    "error.message", "exception", "errordescription", "text",
)  # fmt: skip
_STATUSES = (
    "status", "statuscode", "httpstatuscode", "http_status", "httpcode", "http_code", "status_code", "http_status_code",
    "responsecode", "response_code", "responsestatuscode", "http.response.status_code",
)  # fmt: skip
_ADDRESSES = ("url", "uri", "requesturl", "request_url", "requesturi", "host", "hostname", "url.full", "endpoint")
_NUMBERS = ("error_codes", "errorno")
# In order, from the outside inwards.
_CHILDREN = (
    "error", "odata.error", "fault", "statusmessage", "responsebody", "body", "response", "responses", "errors",
    "details", "innererror", "inner_error", "innererrors",
)  # fmt: skip
_QUERY = lazy_pattern(r"(?<=[\w/])\?(?:api-version|\$|%24)[^\s\"'<>]*")
"""The options of a request's URL: words in them are not the service's."""
_DATA = frozenset({"value", "tables", "headers"})
_ERROR_WITHIN = lazy_pattern(
    r"AADSTS[0-9]|[{<].{0,40}(?:error|code)\b|\((?:[A-Z][a-z]+){2,}\) |\b[45][0-9]{2} (?:Client|Server) Error",
    re.IGNORECASE | re.DOTALL,
)


def read_contents(text: str, value: Any, shape: Shape) -> Contents:
    """Return the facts about the error in a body."""
    contents = Contents()
    if shape == "json":
        _walk(value, contents, 0)
        if not contents.fact_count():
            _search(value, contents, 0)
        contents.numbers.extend(pasted.numbers(text))
    elif shape == "html":
        contents.numbers.extend(
            pasted.numbers(text)
        )  # the sign-in page shows its code; scripts contain all kinds of words
    elif shape != "empty":
        _string(text, contents, 0)
    contents.settle()
    if contents.status is None and not contents.passed_on:
        contents.status = next(
            (status for code in reversed(contents.codes) if (status := pasted.status(code, bare=True))), None
        )
    return contents


def _walk(value: Any, contents: Contents, depth: int) -> None:
    """Read the known members of an error document, downwards."""
    contents.nodes += 1
    if depth > _DEPTH or contents.nodes > _NODES:
        return
    if isinstance(value, str):
        _string(value, contents, depth)
    elif isinstance(value, list | tuple):
        for item in value[:50]:
            _walk(item, contents, depth + 1)
    elif isinstance(value, Mapping):
        members = dict(_members(value))
        contents.keys.update(members)
        for name in _NUMBERS:
            items = members.get(name)
            for item in items if isinstance(items, list) else (items,):
                if (number := _number(item)) is not None:
                    contents.numbers.append(number)
        for name in _CODES:
            if (code := _code(members.get(name))) is not None:
                contents.call(code)
        if isinstance(members.get("error"), str) and not members["error"].lstrip().startswith("{"):
            _read_error(members.pop("error"), contents, depth)
        for name in _STATUSES:
            if (status := pasted.status(str(members.get(name, "")), bare=True)) is not None:
                contents.answered(status)
        for name in _ADDRESSES:
            if isinstance(address := members.get(name), str) and (where := hosts.address_of(address)):
                contents.addresses.append(where)
        for name in _MESSAGES:
            message = members.get(name)
            if isinstance(message, Mapping):
                message = message.get("value")
            if isinstance(message, str):
                _string(message, contents, depth)
        for name in _CHILDREN:
            if isinstance(members.get(name), str | list | Mapping):
                _walk(members[name], contents, depth + 1)
        read_members = {*_NUMBERS, *_CODES, *_STATUSES, *_ADDRESSES, *_MESSAGES, *_CHILDREN, *_DATA}
        for name, item in members.items():
            if name not in read_members:
                _carried(item, contents, depth + 1)


def _read_error(error: str, contents: Contents, depth: int) -> None:
    """Read a member ``error`` that is a string: OAuth's code, or a sentence of a wrapper."""
    if " " in error.strip():
        _string(error, contents, depth)
    else:
        contents.call(error.strip())


def _search(value: Any, contents: Contents, depth: int) -> None:
    """Search all members for the error, in an unknown wrapper."""
    contents.nodes += 1
    if depth > _DEPTH or contents.nodes > _NODES or contents.codes:
        return
    if isinstance(value, list):
        for item in value[:50]:
            _search(item, contents, depth + 1)
    elif isinstance(value, Mapping):
        for name, item in _members(value):
            if name not in _DATA and isinstance(item, Mapping | list):
                _walk(item, contents, depth + 1)
                _search(item, contents, depth + 1)
            elif name not in _DATA and isinstance(item, str):
                _string(item, contents, depth)


def _carried(value: Any, contents: Contents, depth: int) -> None:
    """Read an error within a member of an unknown wrapper, but only if it is clearly an error."""
    contents.nodes += 1
    if depth > _DEPTH or contents.nodes > _NODES:
        return
    if isinstance(value, str):
        if _ERROR_WITHIN.search(value):
            _string(value, contents, depth)
    elif isinstance(value, list):
        for item in value[:50]:
            _carried(item, contents, depth + 1)
    elif isinstance(value, Mapping):
        if any(name in _CHILDREN or name in ("code", "error_codes") for name, _ in _members(value)):
            _walk(value, contents, depth)
        else:
            for name, item in _members(value):
                if name in _ADDRESSES and isinstance(item, str) and (where := hosts.address_of(item)):
                    contents.addresses.append(where)
                elif name not in _DATA:
                    _carried(item, contents, depth + 1)


def _string(text: str, contents: Contents, depth: int) -> None:
    """Read a message: words, or other documents within a string, which may be cut."""
    text = unicodedata.normalize("NFKC", text[:LIMIT]).strip()
    if not text or depth > _DEPTH:
        return
    inner = parse_json(text)
    if inner is not None:
        _within([inner], contents, depth)
        return
    pieces = unwrap.pieces(text) if any(mark in text for mark in "{[<") else unwrap.Pieces((), text)
    members = None if pieces.documents else unwrap.form(text)
    if members is not None:
        pieces = unwrap.Pieces((members,), text)
    before = contents.fact_count()
    if pieces.documents:
        _around(pieces.words, contents)
        _within(pieces.documents, contents, depth)
    if contents.fact_count() == before:
        _read_text(unwrap.flat(text), contents)


def _within(documents: Iterable[Any], contents: Contents, depth: int) -> None:
    """Read documents one layer further in."""
    contents.layer += 1
    for document in documents:
        if isinstance(document, str):
            contents.inner = "xml"
            _read_text(document, contents)
        else:
            _walk(document, contents, depth + 1)
    contents.layer -= 1


def _around(words: str, contents: Contents) -> None:
    """Read the text around a document. Of a client's words, only codes, numbers, status and addresses count."""
    words = unwrap.flat(words)
    contents.answered(pasted.status(words), within=0.5)
    contents.addresses.extend(hosts.request_addresses(words))
    contents.named_addresses.extend(hosts.mentioned_addresses(words))
    contents.numbers.extend(pasted.numbers(words))


def _read_text(text: str, contents: Contents) -> None:
    contents.say(_QUERY.sub("", text))
    for code in pasted.codes(text):
        contents.call(code)
    contents.mentions.extend(pasted.mentions(text))
    contents.mention_layers.extend([contents.layer] * (len(contents.mentions) - len(contents.mention_layers)))
    contents.numbers.extend(pasted.numbers(text))
    contents.addresses.extend(hosts.request_addresses(text))
    contents.named_addresses.extend(hosts.mentioned_addresses(text))
    contents.answered(pasted.status(text, bare=True) or pasted.status(text))


def _members(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members by lower-case name: services differ in the case of innererror, Code and Message."""
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
