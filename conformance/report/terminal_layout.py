"""Layout of lines for any terminal width, colour and encoding. Their content comes from ``terminal``."""

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
"""A word of a command line, with its quotes."""
WIDEST = 100
HEIGHT = 25
"""The lines of a screen of 80 columns; narrower screens get more lines for the same text."""
LABEL = 8
ASCII = {ord("·"): "-", ord("…"): "...", ord("–"): "-", ord("’"): "'", ord("→"): "->"}


def console(file: IO[str] | None = None, *, width: int | None = None, color: bool | None = None) -> Console:
    """Return a console for the report, as wide as the terminal but at most 100 columns. It respects NO_COLOR."""
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
    """A text after a sign and a name in bold, or after a label, or alone.

    On a small screen, lines with the highest ``rank`` are left out first (0: never); ``brief`` is then shown instead.
    ``wrap`` breaks the text into lines of a given width.
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
        """Return the lines to print; with ``brief``, those of the brief text, or none without one."""
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
        """Return a sign, the name in bold, and the text; further lines are indented to the start of the first."""
        hang = self.indent + 2
        text_with_name = f"{self.name}  {text}".strip()
        lines = wrapped(text_with_name, console.width - hang)
        symbol = sign.plain if plain(console) else sign.sign
        first = Text.assemble(" " * self.indent, (symbol, sign.color), " ")
        bold = len(self.name) if lines[0].startswith(self.name) else 0
        first.append(lines[0][:bold], "bold").append(lines[0][bold:], self.style)
        return [first, *(Text.assemble(" " * hang, (line, self.style)) for line in lines[1:])]


def show(console: Console, lines: Sequence[Line], height: int | None = None) -> None:
    """Print the lines; with a ``height``, lines of high rank are left out until the rest fits."""
    for text in fitted(console, lines, height):
        text.rstrip()
        if plain(console):
            encoding = console.encoding or "ascii"
            text.plain = text.plain.translate(ASCII).encode(encoding, "replace").decode(encoding)
        console.print(text, soft_wrap=True)


def fitted(console: Console, lines: Sequence[Line], height: int | None) -> list[Text]:
    """Return the texts of the lines that fit in ``height``; the lines with the highest rank are left out first."""
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
    """Return the number of lines that hold as much text as a screen of 80 columns."""
    return max(HEIGHT, HEIGHT * 80 // console.width)


def plain(console: Console) -> bool:
    """Return whether only ASCII is safe to print, since the console's encoding is not a UTF."""
    return not (console.encoding or "").lower().startswith("utf")


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text wrapped to a width; longer words, such as URLs, stay whole so that they can
    be copied.
    """
    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]


def message_lines(text: str, width: int, prefix: str = "") -> str:
    """Return a message wrapped to a width; commands, which are indented by four spaces, stay whole.

    ``prefix`` is the text before the first line of the message.
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
    """Return the pieces of a command, one for each option with its value.

    Joined without separators, they are the command again.
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
    """Return the lines of a command; each but the last ends in a backslash, so that it can be pasted unchanged.

    Quoted text stays on one line and keeps its quotes.
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
    """Return a line with a label, placed below a line with a sign."""
    return Line(text, label=label, style=style, indent=indent, rank=rank, brief=brief, wrap=wrap)
