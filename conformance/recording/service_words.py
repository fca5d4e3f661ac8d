"""Words in answers that belong to the services and do not need scrubbing."""

from __future__ import annotations

import base64
import re

from conformance.recording import vocabulary

WORD = re.compile(
    r"[A-Za-z][A-Za-z0-9_]{0,63}"
    r"|#?microsoft(?:\.\w{1,40}){1,6}"
    r"|[A-Z][A-Za-z]{1,40}(?:\.[A-Z][A-Za-z]{1,40}){1,4}"  # a permission
    r"|T\d{4}\.\d{3}|\d{4}-\d{2}-\d{2}(?:-\w{1,20})?|\d{1,3}-bit|\*/[a-z]+|\*"
)
VERSION = re.compile(r"v?\d{1,6}(?:H\d)?(?:[.-]\w{1,16}){0,6}", re.IGNORECASE)
PLAIN_KEY = re.compile(r"[@#$]?[A-Za-z_][A-Za-z0-9_]{0,63}(?:@?odata\.\w{1,40})?|@?odata\.\w{1,40}(?:\.\w{1,40})?")
TOKEN = re.compile(r"[^\s\"'<>(){}\[\],;:=|&?!*#`«»“”‘’\\]+")
CODE = re.compile(r"AADSTS\d{4,8}|\d{4}-\d{2}-\d{2}(?:T\d{2}|-preview)?|\d{1,9}(?:\.\d+)*|v\d(?:\.\d)?", re.IGNORECASE)
LONG_DIGITS = re.compile(r"\d{6}")
"""Digits that may identify a person, such as a telephone or account number."""
SHORTEST_HIDDEN = 6
"""The minimum number of characters that a decoded base64 word needs to be treated as text."""


def service_word(value: str) -> str | None:
    """Return the value if only services write it; None if it may be the customer's."""
    is_word = vocabulary.RESOURCE_TYPE.fullmatch(value) or (WORD.fullmatch(value) and not hides_text(value))
    return value if is_word else None


def hides_text(word: str) -> bool:
    """Return whether a word is text encoded in base64, in UTF-8 or UTF-16. Other words rarely decode to printable
    characters only.
    """
    try:
        content = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).replace(b"\0", b"")
    except ValueError:
        return False
    return len(content) >= SHORTEST_HIDDEN and all(32 <= byte < 127 for byte in content)


def is_of_services(token: str) -> bool:
    """Return whether a word of an error text belongs to the services."""
    if token.lower() in vocabulary.words() or CODE.fullmatch(token) or vocabulary.RESOURCE_TYPE.fullmatch(token):
        return True
    if token.lower() in vocabulary.hosts() or token.lower() in vocabulary.guids():
        return True
    words = vocabulary.WORD.findall(token)
    return bool(words) and not LONG_DIGITS.search(token) and all(word.lower() in vocabulary.words() for word in words)
