"""Values of the user in messages: harmless values are shown, values that may be secret are replaced by their kind."""

from __future__ import annotations

import re

from conformance.redaction.markers import defuse, printable
from conformance.redaction.register import hide

MAX_VALUE = 80
"""The maximum length of a value in a message, in characters."""
_KINDS = (
    (re.compile(r"[\w~.-]{3}\dQ~[\w~.-]{10,}", re.ASCII), "a client secret"),
    (re.compile(r"eyJ[\w-]{8,}"), "a token"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), "a private key"),
    (re.compile(r"(?i)\b(?:password|pwd|secret|sig|accountkey|sharedaccesskey)=[^;&\s]{4,}"), "a text with a password"),
    (re.compile(r"[a-z][a-z0-9+.-]*://[^/\s]*:[^/\s]*@", re.I), "an address with a password"),
    (re.compile(r"https?://[^/\s]*(?:webhook|hooks)[^/\s]*/\S{16,}|https?://\S*/(?:webhook|hooks)\S*/\S{16,}", re.I),
     "the address of a webhook"),
)  # fmt: skip
_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+|\d{1,8})(?:[-_. /\\:,()](?:[A-Z]?[a-z]+\d{0,4}|[A-Z]+\d{0,4}|\d{1,8}))*")
_IDS = re.compile(
    r"(?i:(?<![0-9a-z])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-z]))"
    r"|(?<![0-9a-zA-Z-])(?:(?:[0-9a-f]{1,13}-){2,5}[0-9a-f]{1,13}|(?:[0-9A-F]{1,13}-){2,5}[0-9A-F]{1,13})(?![0-9a-zA-Z-])"
)
"""GUIDs with and without hyphens, and groups of hexadecimal digits that look similar."""
_OPAQUE = re.compile(r"[^\s/\\]{16,}")
"""Text without spaces, long enough for a password."""
_CLASSES = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s.-]")))


def shape_of(text: str) -> str | None:
    """Return the kind of secret that a text certainly is, by its form; None for any other text, which may still be a
    secret.
    """
    return next((kind for pattern, kind in _KINDS if pattern.search(text)), None)


def kind_of(text: str) -> str | None:
    """Return the kind of secret that a text looks like; None if it looks harmless.

    Ids, names made of words, and paths are harmless. A run of 16 characters or more that mixes upper and lower case,
    digits or signs within its words is not.
    """
    if shape := shape_of(text):
        return shape
    for word in _OPAQUE.findall(_IDS.sub("", text)):
        if not _WORDS.fullmatch(word) and (
            sum(bool(pattern.search(word)) for pattern in _CLASSES) >= 3 or _dense(word)
        ):
            return "a client secret or a password"
    return None


def describe(value: str) -> str:
    """Return a value for a message: in quotes, shortened, harmless to terminals. If it looks like a secret, return only
    the kind.
    """
    if kind := _secret(value):
        return kind
    short = value if len(value) <= MAX_VALUE else value[: MAX_VALUE - 1] + "…"
    return defuse(repr(short) if printable(short) == short else ascii(short))


def name_of(value: str) -> str:
    """Return a name or a path for a message, without quotes. If it looks like a secret, return only the kind."""
    return _secret(value) or defuse(printable(value), within=True)


def _secret(value: str) -> str | None:
    if hide(value) != value:
        return f"the text of a secret ({len(value)} characters, not shown)"
    kind = kind_of(value)
    return kind and f"what looks like {kind} ({len(value)} characters, not shown)"


def _dense(word: str) -> bool:
    """Return whether a word alternates between letters and digits too often for a name."""
    changes = len(re.findall(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])", word))
    return changes >= 4
