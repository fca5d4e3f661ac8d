"""A strict TOML file during reading. Its problems are collected with their lines, not raised one by one."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conformance.files.regular import FileError, read_file
from conformance.redaction import clean, describe, printable

MAX_BYTES = 1024 * 1024
"""The largest size, in bytes, of a file written by hand."""


@dataclass
class TomlDocument:
    """A file and its problems. Each problem is ``file:line: text``, with the line number for sorting."""

    path: Path
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def add_problem(self, text: str, line: int | None = None) -> None:
        """Add a problem of the file, with its line (counted from 1) if it has a line."""
        where = printable(str(self.path))
        self.wrong.append((line or 0, f"{where}:{line}: {text}" if line else f"{where}: {text}"))

    @property
    def problems(self) -> list[str]:
        """Return the problems, ordered by line."""
        return [clean(text) for _, text in sorted(self.wrong)]

    def parse(self) -> tuple[str, dict[str, Any]] | None:
        """Return the text and its values. If it is not TOML, add a problem and return None."""
        text = self.text()
        document = None if text is None else self.decode(text)
        return None if text is None or document is None else (text, document)

    def decode(self, text: str) -> dict[str, Any] | None:
        """Return the values of a text. If it is not TOML, add a problem and return None."""
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            where = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            reason = re.sub(r" \(.*|: .*", "", str(error))  # without the text found: it may be a secret
            column = f", column {where.group(2)}" if where else ""
            self.add_problem(f"no valid TOML: {reason}{column}", int(where.group(1)) if where else None)
        except RecursionError:
            self.add_problem("no valid TOML: nested too deeply")
        except ValueError:  # Python refuses decimal numbers of more than 4300 digits
            self.add_problem("no valid TOML: a number is too long")
        return None

    def text(self) -> str | None:
        """Return the file's text. If it cannot be read, add a problem and return None."""
        try:
            content = read_file(self.path, MAX_BYTES)
        except FileError as error:
            self.add_problem(str(error))
            return None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.add_problem("is no text in UTF-8", content[: error.start].count(b"\n") + 1)
            return None
        if "\0" in text:
            self.add_problem("is a binary file, no TOML")
            return None
        return text.replace("\r\n", "\n")


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` with a similar known word, or with several that have the same beginning; else an
    empty text.
    """
    if not isinstance(word, str) or not word:
        return ""
    lower = {name.lower(): name for name in choices}
    matches = difflib.get_close_matches(word.lower(), lower, 1, 0.6)
    matches = matches or [name for name in lower if name.startswith(f"{word.lower()}-")]
    return f" (did you mean {' or '.join(repr(lower[name]) for name in matches)}?)" if matches else ""


def repr_short(value: object) -> str:
    """Return a value for a message: shortened, and safe for huge numbers that Python refuses to print."""
    if isinstance(value, str):
        return describe(value)
    if isinstance(value, int) and value.bit_length() > 64:  # Python refuses to print numbers of more than 4300 digits
        return "a number of more than 64 bits"
    return f"{kind(value)} {value}"[:80] if isinstance(value, bool | int | float) else kind(value)


def kind(value: object) -> str:
    """Return the type of a value in plain words, for readers who do not know TOML's types."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "the boolean"),
        (int, "the number"),
        (float, "the number"),
        (str, "an empty text"),
        (list, "a list"),
        (dict, "a table"),
        (datetime, "a date with a time"),
        (date, "a date"),
    )
    return next((name for type_, name in kinds if isinstance(value, type_)), "a time")


def day(value: object) -> date | None:
    """Return a date, given as a TOML date or in quotes; None for anything else."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    return None
