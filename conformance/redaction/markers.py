"""Removal of commands from foreign text that a terminal, a page or a CI system would execute instead of showing it.

GitHub Actions and Azure Pipelines look for ``##[`` and ``##vso[`` anywhere in a line, GitHub for ``::`` at its
beginning, TeamCity for ``##teamcity[``, GitLab for ``section_start:`` and ``section_end:``. Jenkins' console notes need
an escape character, which is removed.
"""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    r"[^\S ]+|[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_MARKER = re.compile(r"##(?=\[|vso\[|teamcity\[)|section_(?=(?:start|end):)", re.IGNORECASE)
_FIRST = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)
_MARKER_BYTES = re.compile(_MARKER.pattern.encode(), re.IGNORECASE)
_APART = {"##": "# #", "section_": "section "}


def printable(text: str) -> str:
    """Return the text on one line, without control, bidirectional, invisible and tag characters."""
    return _UNPRINTABLE.sub(" ", text)


def defuse(text: str, *, within: bool = False) -> str:
    """Return the text with the markers of CI commands broken up. ``within``: the text continues a line."""
    if "##" in text or ("ection_" in (small := text.lower()) and ("tart:" in small or "nd:" in small)):
        text = _MARKER.sub(lambda match: _APART[match[0].lower()], text)
    if "::" in text:
        prefix, text = (text[:1], text[1:]) if within else ("", text)
        text = prefix + (_FIRST.sub(r"\1: ", text) if not prefix else _later(text))
    return text


def defuse_bytes(data: bytes) -> bytes:
    """Return the content of a UTF-8 file without the CI commands that work anywhere in a printed line."""
    small = data.lower()
    if b"##" not in data and b"section_start:" not in small and b"section_end:" not in small:
        return data
    return _MARKER_BYTES.sub(lambda match: _APART[match[0].decode().lower()].encode(), data)


def _later(text: str) -> str:
    """Return the text with markers broken up in all lines but the first, which continues a line."""
    first, end, rest = text.partition("\n")
    return first + end + _FIRST.sub(r"\1: ", rest)
