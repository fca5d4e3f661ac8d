"""Command lines that work in bash, zsh, PowerShell and cmd.exe alike: ``"`` is the only quote that all of them know."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cache

from conformance.findings.lazy_pattern import lazy_pattern

PLAIN = lazy_pattern(r"[A-Za-z0-9_./:=-]+")
"""A word that no shell reads anything into, so that it needs no quotes."""
UNSAFE = lazy_pattern(r"^[@-]|[\"$`\\!%^“”„\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters with a meaning for a shell even within ``"``, or for ``az`` at the start of a value: a file, an option."""
_HINT = lazy_pattern(r"<[a-z-]+>")
_BREAKS_AZ_CMD = lazy_pattern(r"[&|<>()]")
"""On Windows ``az`` is a batch file. PowerShell takes the quotes off a word without blanks, and cmd.exe reads these."""


def quote(word: str) -> str:
    """Return one word of a command line, in ``"`` where it needs quotes."""
    return word if PLAIN.fullmatch(word) else f'"{word}"'


def join(words: Iterable[str]) -> str:
    """Return a command line of these words, for bash, zsh and cmd.exe."""
    return " ".join(map(quote, words))


def powershell(words: Iterable[str]) -> str:
    """Return the same for PowerShell on Windows: words that would reach cmd.exe without their quotes get a second
    pair.
    """
    return " ".join(f"'\"{word}\"'" if _loses_quotes(word) else quote(word) for word in words)


def _loses_quotes(word: str) -> bool:
    return " " not in word and bool(_BREAKS_AZ_CMD.search(_HINT.sub("", word)))


@cache
def split(template: str) -> tuple[str, ...]:
    """Return the words of a command template, split like in a POSIX shell."""
    return tuple(shlex.split(template))
