"""Command lines with help that fits on one screen: one option per line, rare options only by name."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Collection, Iterable, Sequence
from typing import Any

WIDTH, HEIGHT = 80, 24
"""Columns and lines of a screen."""
COLUMN = 24
"""The column of an option's explanation."""


class OneScreenParser(argparse.ArgumentParser):
    """An argument parser with a short ``--help`` and the full help in ``--help-all``.

    ``rare`` are the options (``--jobs``) that the short help only lists by name.
    """

    def __init__(self, *, rare: Collection[str] = (), **settings: Any) -> None:
        super().__init__(**settings, add_help=False)
        self.rare = rare
        self.whole_help = False
        self.add_argument("-h", "--help", action=_Help, help="show this screen")
        self.add_argument("--help-all", action=_HelpAll, help="explain every option")

    def format_help(self) -> str:
        """Return the help cut to one screen of 80 columns, or the full help."""
        return super().format_help() if self.whole_help else self._short_help()

    def _short_help(self) -> str:
        visible = [action for action in self._actions if not isinstance(action, _Help)]
        rare = [option for option in visible if set(option.option_strings) & set(self.rare)]
        head = [self._usage(visible), *(["", *textwrap.wrap(self.description, WIDTH)] if self.description else []), ""]
        tail = [*self._rare_options(rare), *([self.epilog] if self.epilog else [])]
        room = HEIGHT - len(head) - len(tail) - len(visible) + len(rare)
        body: list[str] = []
        for action in visible:
            if action not in rare:
                lines = self._explained(action)
                if len(lines) - 1 <= room:
                    room -= len(lines) - 1
                    body += lines
                else:
                    body.append(_cut(" ".join(part.strip() for part in lines[1:]), lines[0]))
        return "\n".join([*head, *body, *tail]) + "\n"

    def _usage(self, visible: Iterable[argparse.Action]) -> str:
        options = ["[options]"] if any(action.option_strings for action in visible) else []
        values = [
            f"{action.metavar or action.dest}{'...' if action.nargs in ('*', '+') else ''}"
            for action in self._positional
        ]
        return " ".join(["usage:", self.prog, *options, *values])

    @property
    def _positional(self) -> list[argparse.Action]:
        return [action for action in self._actions if not action.option_strings]

    def _rare_options(self, rare: Sequence[argparse.Action]) -> list[str]:
        if not rare:
            return []
        names = (
            "also: " + " ".join(action.option_strings[-1] for action in rare) + "; --help-all explains every option."
        )
        return ["", *textwrap.wrap(names, WIDTH, subsequent_indent="  ", break_on_hyphens=False)]

    def _explained(self, action: argparse.Action) -> list[str]:
        """Return the help lines of an option."""
        value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper()).replace("%%", "%")
        name = f"  {', '.join(action.option_strings)} {value}".rstrip() if value else f"  {action.option_strings[-1]}"
        name = f"  {value}" if not action.option_strings else name
        text = self._get_formatter()._expand_help(action) if action.help else ""
        first = f"{name:<{COLUMN - 2}}  "
        return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * COLUMN) or [name]


def _cut(rest: str, line: str) -> str:
    """Return the first line of a text without ``rest``, and without a parenthesis that is not closed in it."""
    if line.count("(") > line.count(")"):
        return line[: line.rindex("(")].rstrip(" ,;:")
    return f"{line[: WIDTH - 4].rpartition(' ')[0] if len(line) > WIDTH - 4 else line} ..." if rest else line


class _Help(argparse.Action):
    """The action that prints the short or the ``whole`` help."""

    whole = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, nargs=0, default=argparse.SUPPRESS)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        assert isinstance(parser, OneScreenParser)
        parser.whole_help = self.whole
        parser.print_help()
        parser.exit()


class _HelpAll(_Help):
    whole = True
