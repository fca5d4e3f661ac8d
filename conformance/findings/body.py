"""The body of an answer: its text, its JSON and its shape."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Literal

from conformance.findings import unwrap

Shape = Literal["json", "html", "xml", "text", "empty"]

LIMIT = 65536
"""Characters of a body that are looked at. Errors are short; block pages may not be."""

_HTML = re.compile(r"<(?:html|!doctype html|head|body|h[1-3]|p|div|title|center)[\s>]|<!--")
_TAG = re.compile(r"<[?!a-z][\w:.-]*[\s/>]")


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
