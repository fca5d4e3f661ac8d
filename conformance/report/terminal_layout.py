"""Lines for a terminal of any width, colour and encoding: their content is in ``terminal``."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO

from rich.console import Console
from rich.text import Text

from conformance.redaction import Outlet
from conformance.report.wording import Sign

WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*'|["'])+""")
"""A word of a command line as it was typed."""
WIDEST = 100
HEIGHT = 25
"""Lines of a screen; as many as 80 columns allow on a narrower one."""
LABEL = 8
ASCII = {ord("·"): "-", ord("…"): "...", ord("–"): "-", ord("’"): "'", ord("→"): "->"}


def console(file: IO[str] | None = None, *, width: int | None = None, color: bool | None = None) -> Console:
    """Return a console for the report: as wide as the terminal, 100 columns at most. NO_COLOR is honoured."""
    terminal = Console(
        file=Outlet.of(file or sys.stdout),
        highlight=False,
        soft_wrap=False,
        no_color=None if color is None else not color,
        force_terminal=color or None,
        emoji=False,
        markup=False,
    )
    terminal.width = min(width or terminal.width, WIDEST)
    return terminal


@dataclass(frozen=True, slots=True)
class Line:
    """A text after a sign with a name in bold, or after a label, or bare.

    ``rank`` says how soon it is left out where the screen is too small (0: never); ``brief`` is what is shown instead.
    ``wrap`` breaks it into lines of a width.
    """

    text: str
    label: str | None = None
    sign: Sign | None = None
    name: str = ""
    style: str = ""
    indent: int = 0
    rank: int = 0
    brief: str | None = None
    wrap: Callable[[str, int], list[str]] | None = None

    def texts(self, console: Console, *, brief: bool = False) -> list[Text]:
        """Return its lines; none if it is to be left out."""
        if brief and self.brief is None:
            return []
        text = self.brief if brief and self.brief is not None else self.text
        if self.sign is not None:
            return self._signed(text, self.sign, console)
        margin = self.indent + (LABEL if self.label is not None else 0)
        lines = (self.wrap or wrapped)(text, console.width - margin)
        return [
            Text.assemble(
                " " * self.indent,
                ((self.label or "" if number == 0 else "").ljust(margin - self.indent), "dim"),
                (line, self.style),
            )
            for number, line in enumerate(lines)
        ]

    def _signed(self, text: str, sign: Sign, console: Console) -> list[Text]:
        """Return a sign, a name in bold, and a text that hangs below its own beginning."""
        hang = self.indent + 2
        text_with_name = f"{self.name}  {text}".strip()
        lines = wrapped(text_with_name, console.width - hang)
        symbol = sign.plain if plain(console) else sign.sign
        first = Text.assemble(" " * self.indent, (symbol, sign.color), " ")
        bold = len(self.name) if lines[0].startswith(self.name) else 0
        first.append(lines[0][:bold], "bold").append(lines[0][bold:], self.style)
        return [first, *(Text.assemble(" " * hang, (line, self.style)) for line in lines[1:])]


def show(console: Console, lines: Sequence[Line], height: int | None = None) -> None:
    """Prints the lines; with a height, the least needed are left out until the others fit."""
    for text in fitted(console, lines, height):
        text.rstrip()
        if plain(console):
            encoding = console.encoding or "ascii"
            text.plain = text.plain.translate(ASCII).encode(encoding, "replace").decode(encoding)
        console.print(text, soft_wrap=True)


def fitted(console: Console, lines: Sequence[Line], height: int | None) -> list[Text]:
    """Return what is shown of the lines in so many, lower ranks before higher ones."""
    ranks = sorted({line.rank for line in lines if line.rank}, reverse=True)
    left_out = max(ranks, default=0) + 1
    texts = _texts(console, lines, left_out)
    for rank in ranks if height is not None else ():
        if sum(max(1, -(-text.cell_len // console.width)) for text in texts) <= (height or 0):
            break
        texts = _texts(console, lines, rank)
    return texts


def _texts(console: Console, lines: Iterable[Line], left_out: int) -> list[Text]:
    return [text for line in lines for text in line.texts(console, brief=line.rank >= left_out)]


def height(console: Console) -> int:
    """Return lines that hold as much as a screen of 80 columns."""
    return max(HEIGHT, HEIGHT * 80 // console.width)


def plain(console: Console) -> bool:
    """Return whether only ASCII is sure to be shown."""
    return not (console.encoding or "").lower().startswith("utf")


def wrapped(text: str, width: int) -> list[str]:
    """Return lines of a width; a word that is longer, such as a URL, stays whole so that it can be copied."""
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]


def message_lines(text: str, width: int, prefix: str = "") -> str:
    """Return a message with its sentences wrapped to a width; commands, which are indented by four, stay whole.

    ``prefix`` is the text before its first line.
    """
    lines: list[str] = []
    for line in (prefix + text).splitlines():
        indent = len(line) - len(line.lstrip())
        hang = " " * (indent + 2)
        broken = textwrap.wrap(
            line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
        lines += [line] if indent >= 4 or not broken else broken
    return "\n".join(lines).removeprefix(prefix)


def option_lines(command: str) -> list[str]:
    """Return a command in pieces that each begin a line: one option with its value each.

    Joined without anything between, they are the command again.
    """
    pieces = re.split(r"(?<= )(?=-)", command)
    lines = [pieces[0]]
    for piece in pieces[1:]:
        quotes = lines[-1].count('"') % 2 or (lines[-1].count("'") % 2 and '"' not in lines[-1])
        if quotes or lines[-1] == "- ":
            lines[-1] += piece
        else:
            lines.append(piece)
    return lines


def continued(command: str, width: int) -> list[str]:
    """Return a command over several lines, each but the last ending in a backslash: it can be pasted unchanged.

    What stands in quotes stays on one line, with the quotes that it has.
    """
    words = WORD.findall(command) or [command]
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > width:
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def row(
    label: str,
    text: str,
    *,
    style: str = "",
    indent: int = 2,
    rank: int = 0,
    brief: str | None = None,
    wrap: Callable[[str, int], list[str]] | None = None,
) -> Line:
    """Return a text beside its label, below the line that has the sign."""
    return Line(text, label=label, style=style, indent=indent, rank=rank, brief=brief, wrap=wrap)
