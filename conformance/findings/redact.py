"""Redaction of text from services and users: removes credentials and control characters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.findings.lazy_pattern import lazy_pattern
from conformance.redaction import defuse, hide, printable

__all__ = ["excerpt", "printable", "redact"]

_CREDENTIALS: Mapping[re.Pattern[str], tuple[str, ...]] = {
    lazy_pattern(r"eyJ[\w-]{8,}\.[\w-]*\.?[\w-]*"): ("eyj",),  # a JWT, even if cut
    lazy_pattern(r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{20,}"): ("q~",),  # a client secret in its current form
    lazy_pattern(r"(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"): ("://",),
    lazy_pattern(r"(?i)(?<=bearer )[\w.~+/=-]{16,}"): ("bearer ",),
    lazy_pattern(
        r"(?i)((?:client_?secret|client_?assertion|password|access_?token|refresh_?token|id_?token|secret_?text|sig"
        r"|api_?key|shared_?key|cookie)\\?[\"']?\s*[=:]\s*\\?[\"']?)[^&\s\"',}\\]+"
    ): ("secret", "assertion", "password", "token", "sig", "key", "cookie"),
}
"""Texts that look like credentials, with the words of each in small letters. Most texts have none of the words, and
looking for a word is quick.
"""


def redact(text: str) -> str:
    """Return the text without secrets known to the run and without anything that looks like a credential."""
    text = hide(text)
    small = text.casefold()
    for pattern, words in _CREDENTIALS.items():
        if any(word in small for word in words):
            text = pattern.sub(lambda match: (match.group(1) if match.re.groups else "") + "***", text)
    return text


def excerpt(text: str, length: int = 300) -> str:
    """Return the beginning of a text on one line, redacted before it is cut."""
    line = defuse(" ".join(printable(redact(text[: length * 8])).split()))
    return line if len(line) <= length else line[: length - 1] + "…"
