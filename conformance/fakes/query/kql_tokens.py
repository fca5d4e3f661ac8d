"""The words of a KQL text: names, literals, comments and signs, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
    |(?P<string>[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'|[hH]?"(?:\\.|[^"\\\n])*"|[hH]?'(?:\\.|[^'\\\n])*'|```.*?```)
    |(?P<number>\d[\w.]*)
    |(?P<operator>(?<=\|)\s*(?:project-\w+|make-\w+|mv-\w+|top-\w+|parse-\w+|sample-distinct|graph-[\w-]+))
    |(?P<name>\$?[A-Za-z_]\w*)
    |(?P<space>\s+)
    |(?P<sign>==|=~|!=|!~|<=|>=|<\||\.\.|.)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word and its offset. ``kind``: ``string``, ``number``, ``operator``, ``name`` or ``sign``. ``depth`` counts the
    brackets around it.
    """

    kind: str
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        """Return the position behind its last character."""
        return self.start + len(self.text)


def tokens(text: str) -> list[Token]:
    """Return the words of a text; blanks and comments are left out. Brackets count to the depth outside of them."""
    result: list[Token] = []
    depth = 0
    for match in TOKEN.finditer(text):
        kind, word, start = str(match.lastgroup), match[0], match.start()
        if kind in ("space", "comment"):
            continue
        if kind == "operator":
            start += len(word) - len(word.lstrip())
            word = word.lstrip()
        if word in ")]}":
            depth -= 1
        result.append(Token(kind, word, start, depth))
        if word in "([{":
            depth += 1
    return result


def closing(words: list[Token], opening: int) -> int | None:
    """Return the index of the bracket that closes the one at an index; None where there is none."""
    depth = words[opening].depth
    return next((n for n in range(opening + 1, len(words)) if words[n].depth == depth and words[n].text in ")]}"), None)


def replace(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with parts (start, end, new) replaced. They must not overlap."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text
