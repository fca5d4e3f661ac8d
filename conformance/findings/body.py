"""The body of an answer: its text, its JSON and its shape."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Literal

from conformance.findings import unwrap
from conformance.findings.lazy_pattern import lazy_pattern

Shape = Literal["json", "html", "xml", "text", "empty"]

LIMIT = 65536
"""Characters of a body that are looked at. Errors are short; block pages may not be."""

_HTML = lazy_pattern(r"<(?:html|!doctype html|head|body|h[1-3]|p|div|title|center)[\s>]|<!--")
_TAG = lazy_pattern(r"<[?!a-z][\w:.-]*[\s/>]")


def text_of(body: Any) -> str:
    """Return a body as text, normalised: full-width digits and colons of localised texts become the usual ones."""
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
    """Return the JSON value of a text, even if it is wrapped in a JSON string once or twice; None if it is not JSON."""
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
    """Return the kind of document that a body is; the body itself counts first."""
    if not text or text in ("null", '""', "None"):
        return "empty"
    if isinstance(value, dict | list):
        return "json"
    start = text[:2048].lower()
    if _TAG.match(start):
        return "html" if "html" in content_type or _HTML.search(start) else "xml"
    return "html" if "html" in content_type and "</" in start else "text"
