"""The body of an answer, taken apart: its text, its shape, and the codes and messages of its JSON, outermost first."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.findings import hosts, pasted, unwrap

Shape = Literal["json", "html", "xml", "text", "empty"]

LIMIT = 65536
"""Characters of a body that are looked at. Errors are short; block pages may not be."""

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
# In the order in which they lead inwards.
_CHILDREN = (
    "error", "odata.error", "fault", "statusmessage", "responsebody", "body", "response", "responses", "errors",
    "details", "innererror", "inner_error", "innererrors",
)  # fmt: skip
_HTML = re.compile(r"<(?:html|!doctype html|head|body|h[1-3]|p|div|title|center)[\s>]|<!--")
_QUERY = re.compile(r"(?<=[\w/])\?(?:api-version|\$|%24)[^\s\"'<>]*")
"""The options of a request's URL: words in them are not the service's."""
_TAG = re.compile(r"<[?!a-z][\w:.-]*[\s/>]")
_DATA = frozenset({"value", "tables", "headers"})
_ERROR_WITHIN = re.compile(
    r"AADSTS[0-9]|[{<].{0,40}(?:error|code)\b|\((?:[A-Z][a-z]+){2,}\) |\b[45][0-9]{2} (?:Client|Server) Error",
    re.IGNORECASE | re.DOTALL,
)


@dataclass
class Contents:
    """What a body says about an error. ``numbers`` are Entra's; ``status`` is the innermost that the body itself
    states; ``addresses`` are where requests went; ``inner`` is the shape of a document within a text.

    Documents within strings are layers. Codes of all layers count, messages of the innermost alone: what wraps them
    is a client's prose.
    """

    codes: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    addresses: list[hosts.Address] = field(default_factory=list)
    named: list[hosts.Address] = field(default_factory=list)
    """Every address with a path."""
    inner: Shape | None = None
    status: int | None = None
    passed_on: bool = False
    """A gateway's status was dropped, since what it passes on has a code of its own."""
    nodes: int = 0
    layer: int = 0
    mention_layers: list[int] = field(default_factory=list)
    _layers: list[int] = field(default_factory=list)
    _status_layer: float = -1
    _code_layers: list[int] = field(default_factory=list)

    def say(self, message: str) -> None:
        """Note a message of the present layer."""
        self.messages.append(message)
        self._layers.append(self.layer)

    def answered(self, status: int | None, within: float = 0) -> None:
        """Note a status of the present layer: the innermost one counts, and of one layer the first.

        ``within``: the status is about an inner document.
        """
        if status is not None and self.layer + within > self._status_layer:
            self.status, self._status_layer = status, self.layer + within

    def call(self, code: str) -> None:
        """Note a code of the present layer."""
        self.codes.append(code)
        self._code_layers.append(self.layer)

    def fact_count(self) -> int:
        """Return how many facts about the error are known."""
        return len(self.codes) + len(self.numbers) + len(self.messages)

    def settle(self) -> None:
        """Drop the messages of outer layers, and what was found twice."""
        innermost = max(self._layers, default=0)
        code_layer = max(self._code_layers, default=0)
        if self.status and self.status >= 500 and self._status_layer + 1 <= code_layer:
            self.status, self.passed_on = None, True  # of a gateway that passes another's refusal on
        self.codes = [
            code
            for code, layer in zip(self.codes, self._code_layers, strict=True)
            if layer == code_layer or (pasted.status(code, bare=True) or 0) < 500
        ]
        self._code_layers = [code_layer] * len(self.codes)
        self.messages = [text for text, layer in zip(self.messages, self._layers, strict=True) if layer == innermost]
        self._layers = [innermost] * len(self.messages)
        self.codes = list(dict.fromkeys(self.codes))
        inner = [word for word, at in zip(self.mentions, self.mention_layers, strict=True) if at == innermost]
        self.mentions = [word for word in dict.fromkeys(inner) if word not in self.codes]
        self.numbers = list(dict.fromkeys(self.numbers))


def text_of(body: Any) -> str:
    """Return a body as text, normalised so that full-width digits and colons of localised texts read like
    the others.
    """
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
    return unwrap.plain(unicodedata.normalize("NFKC", text[:LIMIT].removeprefix("\ufeff"))).strip()


def parse_json(text: str) -> Any:
    """Return the JSON of a text, also where it is wrapped in a JSON string once or twice; None if it is none."""
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
    """Return what kind of document a body is, judged by itself first."""
    if not text or text in ("null", '""', "None"):
        return "empty"
    if isinstance(value, dict | list):
        return "json"
    start = text[:2048].lower()
    if _TAG.match(start):
        return "html" if "html" in content_type or _HTML.search(start) else "xml"
    return "html" if "html" in content_type and "</" in start else "text"


def contents(text: str, value: Any, shape: Shape) -> Contents:
    """Return the error that a body describes."""
    found = Contents()
    if shape == "json":
        _walk(value, found, 0)
        if not found.fact_count():
            _search(value, found, 0)
        found.numbers.extend(pasted.numbers(text))
    elif shape == "html":
        found.numbers.extend(pasted.numbers(text))  # the sign-in page names its code; scripts hold all kinds of words
    elif shape != "empty":
        _string(text, found, 0)
    found.settle()
    if found.status is None and not found.passed_on:
        found.status = next((status for code in found.codes if (status := pasted.status(code, bare=True))), None)
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
                found.call(code)
        if isinstance(members.get("error"), str) and not members["error"].lstrip().startswith("{"):
            _named(members.pop("error"), found, depth)
        for name in _STATUSES:
            if (status := pasted.status(str(members.get(name, "")), bare=True)) is not None:
                found.answered(status)
        for name in _ADDRESSES:
            if isinstance(address := members.get(name), str) and (where := hosts.address_of(address)):
                found.addresses.append(where)
        for name in _MESSAGES:
            message = members.get(name)
            if isinstance(message, Mapping):
                message = message.get("value")
            if isinstance(message, str):
                _string(message, found, depth)
        for name in _CHILDREN:
            if isinstance(members.get(name), str | list | Mapping):
                _walk(members[name], found, depth + 1)
        known = {*_NUMBERS, *_CODES, *_STATUSES, *_ADDRESSES, *_MESSAGES, *_CHILDREN, *_DATA}
        for name, item in members.items():
            if name not in known:
                _carried(item, found, depth + 1)


def _named(error: str, found: Contents, depth: int) -> None:
    """A member ``error`` that is a string: OAuth's code, or a sentence of a wrapper."""
    if " " in error.strip():
        _string(error, found, depth)
    else:
        found.call(error.strip())


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


def _carried(value: Any, found: Contents, depth: int) -> None:
    """An error within a member of a wrapper that is not known: only what is plainly one is read."""
    found.nodes += 1
    if depth > _DEPTH or found.nodes > _NODES:
        return
    if isinstance(value, str):
        if _ERROR_WITHIN.search(value):
            _string(value, found, depth)
    elif isinstance(value, list):
        for item in value[:50]:
            _carried(item, found, depth + 1)
    elif isinstance(value, Mapping):
        if any(name in _CHILDREN or name in ("code", "error_codes") for name, _ in _members(value)):
            _walk(value, found, depth)
        else:
            for name, item in _members(value):
                if name in _ADDRESSES and isinstance(item, str) and (where := hosts.address_of(item)):
                    found.addresses.append(where)
                elif name not in _DATA:
                    _carried(item, found, depth + 1)


def _string(text: str, found: Contents, depth: int) -> None:
    """A message: words, or other documents within a string, perhaps cut short."""
    text = unicodedata.normalize("NFKC", text[:LIMIT]).strip()
    if not text or depth > _DEPTH:
        return
    inner = parse_json(text)
    if inner is not None:
        _within([inner], found, depth)
        return
    pieces = unwrap.pieces(text) if any(mark in text for mark in "{[<") else unwrap.Pieces((), text)
    members = None if pieces.documents else unwrap.form(text)
    if members is not None:
        pieces = unwrap.Pieces((members,), text)
    before = found.fact_count()
    if pieces.documents:
        _around(pieces.words, found)
        _within(pieces.documents, found, depth)
    if found.fact_count() == before:
        _read_text(unwrap.flat(text), found)


def _within(documents: Iterable[Any], found: Contents, depth: int) -> None:
    """Documents one layer further in."""
    found.layer += 1
    for document in documents:
        if isinstance(document, str):
            found.inner = "xml"
            _read_text(document, found)
        else:
            _walk(document, found, depth + 1)
    found.layer -= 1


def _around(words: str, found: Contents) -> None:
    """What stands around a document: a client's words, of which only codes, numbers, status and addresses count."""
    words = unwrap.flat(words)
    found.answered(pasted.status(words), within=0.5)
    found.addresses.extend(hosts.request_addresses(words))
    found.named.extend(hosts.mentioned_addresses(words))
    found.numbers.extend(pasted.numbers(words))


def _read_text(text: str, found: Contents) -> None:
    found.say(_QUERY.sub("", text))
    for code in pasted.codes(text):
        found.call(code)
    found.mentions.extend(pasted.mentions(text))
    found.mention_layers.extend([found.layer] * (len(found.mentions) - len(found.mention_layers)))
    found.numbers.extend(pasted.numbers(text))
    found.addresses.extend(hosts.request_addresses(text))
    found.named.extend(hosts.mentioned_addresses(text))
    found.answered(pasted.status(text, bare=True) or pasted.status(text))


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
