"""Line numbers of the keys in a TOML text: ``tomllib`` does not report lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')
"""The marks of a long string, and the tokens that can contain these marks."""
ENDS = {'"""': re.compile(r'(?:\\.|[^"\\]|"(?!""))*"{3,5}'), "'''": re.compile(r"(?:[^']|'(?!''))*'{3,5}")}


@dataclass
class Table:
    """A table as written: the line of its header and of each of its keys."""

    path: str
    line: int
    keys: dict[str, int] = field(default_factory=dict)


def tables(text: str) -> Sequence[Table]:
    """Return the tables of a TOML text in order, including the first one, which has no name. Lines count from 1."""
    result = [Table("", 1)]
    within: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if within is None:
            if header := HEADER.match(line):
                result.append(Table(_plain(header.group(2)), number))
                continue
            if key := KEY.match(line):
                name, _, rest = _plain(key.group(1)).partition(".")
                result[-1].keys.setdefault(name, number)
                if rest:
                    result[-1].keys.setdefault(f"{name}.{rest}", number)
        within = _within(line, within)
    return result


def _within(line: str, mark: str | None) -> str | None:
    """Return the quotes of the long string that is open at the end of a line; ``mark`` are those open at its start."""
    at = 0
    while token := ENDS[mark].match(line, at) if mark else TOKEN.search(line, at):
        mark = None if mark else token.group() if token.group() in ENDS else None
        at = token.end()
    return mark


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def line_of(table: Table | None, key: str, nested: Mapping[str, Table]) -> int:
    """Return the line of a key of a table, or of ``part.key`` in a sub-table; if not found, the line of the table."""
    if table is None:
        return 1
    if key in table.keys:
        return table.keys[key]
    part, _, rest = key.partition(".")
    if part in nested:
        return nested[part].keys.get(rest, nested[part].line)
    return table.keys.get(part, table.line)
