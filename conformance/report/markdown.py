"""Text of others in Markdown: shown as it is, whatever it says."""

from __future__ import annotations

import re

from conformance.findings.redact import printable

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~]")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")
_ENTITIES = {"&": "&amp;", "#": "&#35;", "@": "&#64;", ":": "&#58;"}


def plain(text: str) -> str:
    """Return a text as the content of a paragraph, a list item or a table cell: no markup, link, mention or
    reference.
    """
    line = " ".join(printable(text).split())
    line = re.sub(r"&(?=[#\w])|[#@]|:(?=//)|(?<=www)\.", lambda match: _ENTITIES.get(match[0], "&#46;"), line)
    line = _SPECIAL.sub(r"\\\g<0>", line)
    return _AT_START.sub(lambda match: f"{match[1]}&#{ord(match[2][0])};{match[2][1:]}", line)


def code(text: str) -> str:
    """Return a text as code within a line."""
    line = " ".join(printable(text).split()).replace("|", "\\|")
    fence = "`" * (_longest(line) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def link(label: str, where: str) -> str:
    """Return what is Markdown already, as a link where there is an address."""
    return f"[{label}]({where})" if "://" in where else label


def block(text: str, language: str = "sh") -> str:
    """Return a command as a block of code, to be copied."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{printable(text)}\n{fence}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table of cells that are Markdown already."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _longest(text: str) -> int:
    """Return the longest run of backticks in a text."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
