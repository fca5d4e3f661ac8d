"""The exits: all printed text goes through :class:`Outlet`, all content of files through ``clean_bytes``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import IO, Any, cast

from conformance.redaction.markers import defuse, defuse_bytes, printable
from conformance.redaction.register import hide, hide_bytes

_OBEYED = re.compile(
    r"\x1b(?!\[[0-9;?]*[A-Za-z])|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e"
    r"\u2066-\u2069\U000e0000-\U000e0fff]"
)
"""Characters that control a terminal, except the sequences of pytest and rich that colour text or redraw a line."""


def clean(text: str) -> str:
    """Return text for printing, without known secrets, control characters and CI commands. Line breaks are kept."""
    return "\n".join(defuse(printable(line)) for line in hide(text).split("\n"))


def clean_bytes(data: bytes) -> bytes:
    """Return the content of a file, or a part of it, without known secrets and CI commands that work anywhere in a
    line.
    """
    return defuse_bytes(hide_bytes(data))


class Outlet:
    """A text stream that removes known secrets and commands; all other behaviour is that of the wrapped stream."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._within = False
        """True if the current line already has text."""

    @classmethod
    def of(cls, stream: IO[str]) -> IO[str]:
        """Return the stream wrapped in an outlet, or unchanged if it is an outlet already."""
        return stream if isinstance(stream, Outlet) else cast("IO[str]", cls(stream))

    def write(self, text: str) -> int:
        """Write the cleaned text; return the number of characters of the original text."""
        hidden = defuse(_OBEYED.sub("", hide(text)), within=self._within)
        if hidden:
            self._within = bool(hidden.rpartition("\n")[2].strip(" \t\r") or (self._within and "\n" not in hidden))
        self._stream.write(hidden)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each line as :meth:`write` does."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def say(*lines: str, error: bool = False, end: str = "\n") -> None:
    """Print lines on standard output or standard error."""
    stream = Outlet(sys.stderr if error else sys.stdout)
    for line in lines:
        stream.write(line + end)
    stream.flush()
