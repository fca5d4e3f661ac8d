"""Escaping of untrusted text in Markdown."""

from __future__ import annotations

import re

from conformance.findings.redact import printable

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~]")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
_ENTITIES = {"&": "&amp;", "#": "&#35;", "@": "&#64;", ":": "&#58;"}


def plain(text: str) -> str:
    """Return a text for a paragraph, a list item or a table cell, without markup, links, mentions or references."""
    line = " ".join(printable(text).split())
    line = re.sub(r"&(?=[#\w])|[#@]|:(?=//)|(?<=www)\.", lambda match: _ENTITIES.get(match[0], "&#46;"), line)
    line = _SPECIAL.sub(r"\\\g<0>", line)
    return _AT_START.sub(lambda match: f"{match[1]}&#{ord(match[2][0])};{match[2][1:]}", line)


def code(text: str) -> str:
    """Return a text as inline code."""
    line = " ".join(printable(text).split()).replace("|", "\\|")
    fence = "`" * (_longest(line) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def link(label: str, where: str) -> str:
    """Return a link with a label that is Markdown already; only the label if ``where`` is not a URL."""
    return f"[{label}]({where})" if "://" in where else label


def block(text: str, language: str = "sh") -> str:
    """Return a command as a block of code."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{printable(text)}\n{fence}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table whose cells are Markdown already."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _longest(text: str) -> int:
    """Return the longest run of backticks in a text."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
