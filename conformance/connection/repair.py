"""Repair of a connection file: invalid lines are reported and corrected, so that reading can continue.

Without it, only one mistake would be reported at a time: a TOML parser stops at the first.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass

from conformance.connection.correction import invisible, visible
from conformance.redaction import name_of

HEADER = re.compile(r"\s*\[\[?\s*[\w.\"' -]+\]\]?\s*(#.*)?$")
NEARLY_HEADER = re.compile(r"[\s\[(<{]*connections?[\s\])>}:]*", re.IGNORECASE)
PAIR = re.compile(r"\s*(?P<key>[A-Za-z_][\w.-]*)\s*(?P<sign>:=|=>|==|=|:)\s*(?P<rest>.*)$")
COMMENT = re.compile(r"\s+#.*$|^#.*$")
OTHER_COMMENT = re.compile(r"(?P<sign>//|;|--|/\*|%|,)")
SMART = "“”„‟«»‘’‚‛″＂"
QUOTES = f"\"'`{SMART}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a line; ``key`` is the key of the line, or None."""

    line: int
    text: str
    key: str | None = None


def repair(text: str, keys: Collection[str]) -> tuple[str, list[Mistake]]:
    """Return the text with corrections of lines that are not TOML, and the mistakes in them.

    Line numbers do not change. ``keys`` are the keys whose values need quotes. Values are never shown: one may be a
    secret.
    """
    if '"""' in text or "'''" in text:
        return text, []
    mistakes: list[Mistake] = []
    lines = text.split("\n")
    counts: dict[str, int] = {}
    depth = 0
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if HEADER.match(line) and not depth:
            counts.clear()
            continue
        if not depth and NEARLY_HEADER.fullmatch(COMMENT.sub("", visible(line))):
            lines[number - 1] = _line(line, number, keys, mistakes)
            continue
        before, depth = depth, max(0, depth + _opened(line))
        if before or depth:  # inside a list of several lines
            continue
        lines[number - 1] = _line(line, number, keys, mistakes)
        pair = PAIR.match(lines[number - 1])
        if pair and pair["sign"] == "=":
            key = pair["key"]
            if key in counts:
                mistakes.append(Mistake(number, f"{name_of(key)}: is in line {counts[key]} already", key))
                lines[number - 1] = ""
            counts.setdefault(key, number)
    return "\n".join(lines), mistakes


def _opened(line: str) -> int:
    """Return the number of brackets that a line of a list opens, minus those that it closes."""
    bare = COMMENT.sub("", re.sub(r"\"[^\"]*\"|'[^']*'", "", line))
    value = bare.partition("=")[2] if "=" in bare else bare
    return value.count("[") - value.count("]") if value.strip()[:1] in "[]" or "=" not in bare else 0


def _line(line: str, number: int, keys: Collection[str], into: list[Mistake]) -> str:
    """Return a line with corrections, and add its mistakes to ``into``."""
    pair = PAIR.match(visible(line))
    key = pair["key"] if pair else None
    prefix = f"{key}: " if key else ""
    if hidden := invisible(COMMENT.sub("", line)):
        into.append(Mistake(number, f"{prefix}{hidden} in this line, which is invisible; type the line again", key))
        line = visible(line)
    if _is_toml(line):
        return line
    if pair and pair["key"] in keys:
        mistakes, value = _value(pair["sign"], pair["rest"])
        into += [Mistake(number, f"{pair['key']}: {text}", pair["key"]) for text in mistakes]
        return f"{pair['key']} = {json.dumps(value, ensure_ascii=False)}"
    if NEARLY_HEADER.fullmatch(COMMENT.sub("", line)):
        into.append(Mistake(number, f"found {line.strip()!r}, expected [connection]"))
        return "[connection]"
    if pair:
        return line  # the parser reports its error
    into.append(Mistake(number, "is neither a comment, which begins with #, nor a key with = and a value in quotes"))
    return ""


def _value(sign: str, rest: str) -> tuple[list[str], str]:
    """Return the mistakes between a key and the end of its line, and the corrected value."""
    mistakes = [] if sign == "=" else [f"{sign} where = belongs"]
    rest = rest.strip()
    opening = rest[:1] if rest[:1] in QUOTES else ""
    body = rest[len(opening) :]
    ends = [at for at, letter in enumerate(body) if letter in QUOTES]
    closing = body[ends[-1]] if ends else ""
    value, tail = (body[: ends[-1]], body[ends[-1] + 1 :].strip()) if ends else (COMMENT.sub("", body).strip(), "")
    if not ends and (other := re.search(r"\s(//|;|--).*$", value)):
        mistakes.append(f"{other[1]} begins no comment in this file; # does")
        value = value[: other.start()].strip()
    if tail and not tail.startswith("#"):
        sign_of_comment = OTHER_COMMENT.match(tail)
        if sign_of_comment and sign_of_comment["sign"] == ",":
            mistakes.append("a comma at the end, which does not belong there")
        elif sign_of_comment:
            mistakes.append(f"{sign_of_comment['sign']} begins no comment in this file; # does")
        else:
            mistakes.append("there is text after the value; a comment begins with #")
    if {opening, closing} & set(SMART):
        mistakes.append('typographic quotes, as a word processor makes them; type "')
    if not opening and not closing:
        mistakes.append('no quotes around the value; put it into "')
    elif not closing:
        mistakes.append("the quote at the end is missing")
    elif not opening:
        mistakes.append("the quote at the beginning is missing")
    if "`" in (opening, closing):
        mistakes.append('` is no quote in this file; type "')
    if opening == '"' and "\\" in value:
        mistakes.append("\\ has a meaning within \"; write the value in ' or use /")
    return mistakes or ["is no key with = and a value in quotes"], value


def _is_toml(line: str) -> bool:
    try:
        tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return False
    return True
