"""Removal of the layout that mail, tickets, logs, spreadsheets and browsers add to a text."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

from conformance.findings.lazy_pattern import lazy_pattern

_REFERENCE = lazy_pattern(r"&(?:quot|#0?3[49]|#x27|apos|[lg]t|amp;(?:quot|#0?3[49]|#x27|apos|[lg]t));")
_FRAGMENT = lazy_pattern(r"^<(?:p|pre|code|div|span|td|li|br|blockquote)\b[^>]*>", re.IGNORECASE)
_TAG = lazy_pattern(r"</?(?:p|pre|code|div|span|td|tr|li|ul|br|b|i|em|strong|blockquote)\b[^>]{0,200}>", re.IGNORECASE)
_ERROR = lazy_pattern(r"\{\s*[\"']|AADSTS[0-9]|\b[45][0-9]{2} (?:Client|Server) Error")
_QUOTED = lazy_pattern(r"[ \t]*(?:[>|│][ \t]?)+")
_STAMPED = lazy_pattern(
    r"(?:[\w.-]+ +\| +)?[\[(]?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:.,]{8,20}(?:Z|[+-][0-9:]{4,5})?[\])]?"
    r"(?: +(?:std(?:err|out) [FP]|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG)\]?))? "
)
_SYSLOG = lazy_pattern(r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [\w.-]+ [\w./-]+(?:\[[0-9]+\])?: ")
_TERMINALS = (80, 100, 120, 132)
"""Columns of terminals."""
_WARNING = lazy_pattern(
    r"^.*\b(?:Deprecation|PendingDeprecation|Future|User|Runtime|InsecureRequest|Resource)Warning: .*\n(?:[ \t]+.*\n)?",
    re.MULTILINE,
)
"""A warning of Python's about the program, with the line of source that it shows."""
_FOLD = lazy_pattern(r"(?<=[a-z,;])[ \t]?\r?\n[ \t]*(?=[a-z][a-z']*[ ,.])")
"""A line break within a sentence. Names of headers, which a colon follows, begin lines of their own."""


def flowing(text: str) -> str:
    """Return the text without added layout: character references, quote marks, a time before each line, doubled quotes,
    percent-encoding, and line breaks within sentences.
    """
    for _ in range(3):
        if not _REFERENCE.search(text):
            break
        text = html.unescape(text)
    if _FRAGMENT.match(text) and _ERROR.search(text):
        text = _TAG.sub(" ", text)
    if "%20" in text and "://" not in text and not re.search(r"\s", text.strip()):
        text = unquote(text)
    if re.search(r"[{\[,:]\s*\"\"\w", text):
        text = text.replace('""', '"')
    without = _WARNING.sub("", text)
    text = without if without.strip() else text
    return _FOLD.sub(" ", _without_margin(text))


def _without_margin(text: str) -> str:
    """Return the lines without their common prefix, joined where a terminal broke them."""
    lines = [line for line in text.splitlines() if line.strip()]
    for margin in (_QUOTED, _STAMPED, _SYSLOG):
        if len(lines) > 1 and all(margin.match(line) for line in lines) and not _several(lines, margin):
            lines = [margin.sub("", line, count=1) for line in lines]
            text = "\n".join(lines)
    return "".join(lines) if _is_cut_at_width(lines) else text


def _several(lines: list[str], margin: re.Pattern[str]) -> bool:
    """Return whether the lines are separate records: each has another time, and the first one is complete."""
    stamps = {match[0] for line in lines if (match := margin.match(line))}
    return margin is not _QUOTED and len(stamps) > 1 and lines[0].count("{") <= lines[0].count("}")


def _is_cut_at_width(lines: list[str]) -> bool:
    """Return whether all lines but the last have exactly the same width."""
    widths = {len(line) for line in lines[:-1]}
    width = max(widths, default=0)
    return len(widths) == 1 and (len(lines) > 2 or width in _TERMINALS) and width >= 60 and len(lines[-1]) <= width
