"""The commands of a fix as data: their form for each shell, the role that they need, and the command to undo them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Literal

from conformance.findings.data import load
from conformance.findings.lazy_pattern import lazy_pattern

OPTION = lazy_pattern(r"\{(--[a-z-]+)\}")
"""A placeholder in the template of an ``undo``: the value of an option of the command itself."""


@dataclass(frozen=True, slots=True)
class Command:
    """A template of a command, with ``{placeholders}``.

    ``run`` is the form for bash, zsh and every shell that is not in ``shells``. ``shells`` has the forms for
    ``powershell``, ``cmd`` and ``macos``, each used unchanged.
    """

    run: str
    shells: Mapping[str, str]

    @classmethod
    def of(cls, row: str | Mapping[str, str]) -> Command:
        """Return the command of a row of ``causes.toml``: a text, or a table with ``run`` and names of shells."""
        if isinstance(row, str):
            return cls(row, {})
        return cls(row["run"], {name: text for name, text in row.items() if name != "run"})

    @property
    def templates(self) -> tuple[str, ...]:
        """Return the forms for all shells."""
        return (self.run, *self.shells.values())


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a fix, with its placeholders filled in.

    ``shells`` are the forms for ``powershell``, ``cmd`` and ``macos`` if they differ from ``command``. ``role`` is the
    least role that may run it. ``undo`` revokes the access that it grants (bash, zsh, PowerShell).
    """

    command: str
    shells: Mapping[str, str] = field(default_factory=dict, hash=False)
    role: str | None = None
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Verb:
    """A kind of command: the role that it needs and the command that undoes it. It fits commands that begin with
    ``start`` and contain ``within``.
    """

    start: str
    role: str
    source: str
    actions: tuple[str, ...] = ()
    """Azure actions that the role allows; empty for roles of Entra."""
    evidence: Literal["documented", "inferred"] = "documented"
    """Evidence for the role."""
    within: str = ""
    undo: str | None = None

    def fits(self, command: str) -> bool:
        """Return whether a command begins with the words of ``start`` and contains ``within``."""
        return f"{command} ".startswith(f"{self.start} ") and self.within in command


@cache
def verbs() -> tuple[Verb, ...]:
    """Return the rows of ``verbs.toml``, in their order."""
    return tuple(Verb(**{**row, "actions": tuple(row.get("actions", ()))}) for row in load("verbs")["verb"])


def verb_of(command: str) -> Verb | None:
    """Return the first kind that fits a command, or None."""
    return next((verb for verb in verbs() if verb.fits(command)), None)


def options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of a command line with their first values."""
    for name, value in pairwise(words):
        if name.startswith("--"):
            yield name, value
