"""Text of others, made fit to be shown: nothing that looks like a credential, no control characters."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CREDENTIALS: Mapping[re.Pattern[str], tuple[str, ...]] = {
    re.compile(r"eyJ[\w-]{8,}\.[\w-]*\.?[\w-]*"): ("eyj",),  # a JWT, also cut short
    re.compile(r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{20,}"): ("q~",),  # a client secret of today's form
    re.compile(r"(?i)(?<=bearer )[\w.~+/=-]{16,}"): ("bearer ",),
    re.compile(
        r"(?i)((?:client_?secret|client_?assertion|password|access_?token|refresh_?token|id_?token|secret_?text|sig"
        r"|api_?key|shared_?key|cookie)\\?[\"']?\s*[=:]\s*\\?[\"']?)[^&\s\"',}\\]+"
    ): ("secret", "assertion", "password", "token", "sig", "key", "cookie"),
}
"""What looks like a credential. A text without any of the words, in small letters, has none: most texts have none, and
looking for a word is quick.
"""
_UNPRINTABLE = re.compile(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def redact(text: str) -> str:
    """The text with everything that looks like a credential replaced."""
    small = text.casefold()
    for pattern, words in _CREDENTIALS.items():
        if any(word in small for word in words):
            text = pattern.sub(lambda match: (match.group(1) if match.re.groups else "") + "***", text)
    return text


def printable(text: str) -> str:
    """The text on one line, without anything that a terminal or a page would obey instead of showing."""
    return _UNPRINTABLE.sub(" ", text)


def excerpt(text: str, length: int = 300) -> str:
    """The beginning of a text on one line, redacted before it is cut."""
    line = " ".join(printable(redact(text[: length * 8])).split())
    return line if len(line) <= length else line[: length - 1] + "…"
