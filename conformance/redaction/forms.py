"""The forms that a secret can have in a text: encoded for a URL, a header, JSON, HTML or a log."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

LONG = 256
"""Secrets of this many bytes or more are tokens or keys: too long to list all of their forms."""


def forms(value: str) -> list[bytes]:
    """Return every form of a value, in lower case and without repetition, the value itself first.

    Base64 depends on the number of bytes before the value: all three alignments are returned, without the characters at
    their ends that also encode other bytes.
    """
    raw = value.encode("utf-8", "surrogatepass")
    variants = [raw, *_base64(raw)]
    if len(raw) < LONG:
        variants += _escaped(value, raw)
    return [form_lower for form_lower in dict.fromkeys(form.lower() for form in variants) if form_lower]


def _base64(raw: bytes) -> Iterator[bytes]:
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        first = -(-before * 8 // 6)  # characters that contain bits of preceding bytes
        last = (before + len(raw)) * 8 // 6
        part = encoded[first:last]
        yield part
        yield part.translate(bytes.maketrans(b"+/", b"-_"))
        yield part.replace(b"+", b"%2b").replace(b"/", b"%2f")


def _escaped(value: str, raw: bytes) -> Iterator[bytes]:
    safe = value.encode("utf-8", "replace").decode()
    once = quote(safe, safe="")
    yield from (text.encode() for text in (once, quote(safe), quote_plus(safe), quote(once, safe="")))
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield raw.hex().encode()
    yield json.dumps(safe)[1:-1].encode()
    yield json.dumps(safe, ensure_ascii=False)[1:-1].encode()
    yield json.dumps(json.dumps(safe)[1:-1])[1:-1].encode()
    yield "".join(f"\\u{ord(character):04x}" if ord(character) < 0x10000 else character for character in safe).encode()
    yield "".join(character if character.isalnum() else f"\\u{ord(character):04x}" for character in safe).encode()
    yield "".join(character if character.isalnum() else f"\\x{ord(character):02x}" for character in safe).encode()
    escaped = html.escape(safe)
    yield escaped.encode()
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;").encode()
    yield html.escape(safe, quote=False).encode()
    yield "".join(f"&#{ord(character)};" for character in safe).encode()
    yield "".join(f"&#x{ord(character):x};" for character in safe).encode()
