"""The leak scan: a recording must not contain any value of a real tenant.

It is independent of the scrubber: it knows the forbidden values, not the way in which a recording was scrubbed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.files.regular import FileError, read_file
from conformance.recording.leaks import identities, secrets, words
from conformance.recording.leaks.known import known_rule, known_values
from conformance.recording.leaks.passages import Passage, passages
from conformance.recording.leaks.rule import Rule

__all__ = ["RULES", "Leak", "ScanError", "known_values", "leaks", "read"]

RULES: tuple[Rule, ...] = (*secrets.RULES, *identities.RULES, *words.RULES)
EXCERPT = 48
LARGEST = 64 * 1024 * 1024
"""The maximum size of a file in bytes."""
PLAIN = re.compile(r"[$@A-Za-z_][\w.@$-]{0,63}")


class ScanError(UsageError):
    """A file cannot be scanned. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that must not be committed: its place and kind. ``excerpt`` shows only its form."""

    file: str
    where: str
    rule: str
    title: str
    excerpt: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.title} ({self.rule}): {self.excerpt}"


def leaks(texts: Mapping[str, str], *, own_values: Iterable[str] = (), pseudonyms: Collection[str] = ()) -> list[Leak]:
    """Return the leaks in these files (name to content), one for each place and rule.

    ``own_values`` are real values to search for in any encoding. ``pseudonyms`` are allowed although they may look
    real.
    """
    own = known_rule(own_values)
    rules, of_names = (own, *RULES), (own, *identities.RULES)
    pseudonyms_lower = {pseudonym.lower() for pseudonym in pseudonyms}
    unique: dict[Leak, None] = {}
    for name, content in texts.items():
        for rule, value in _matches(of_names, Passage((), "", name), pseudonyms_lower):
            unique.setdefault(Leak(name, "its name", rule.name, rule.title, mask(value)))
        for passage in passages(name, content):
            for rule, value in _matches(rules, passage, pseudonyms_lower):
                unique.setdefault(
                    Leak(name, where(passage, rules, pseudonyms_lower), rule.name, rule.title, mask(value))
                )
    return list(unique)


def _matches(rules: Iterable[Rule], passage: Passage, pseudonyms: Collection[str]) -> Iterator[tuple[Rule, str]]:
    for rule in rules:
        for value in rule.find(passage) if rule.as_written or not passage.encoded else ():
            if value.lower() not in pseudonyms:
                yield rule, value


def where(passage: Passage, rules: Iterable[Rule], pseudonyms: Collection[str]) -> str:
    """Return the path to a passage. A member whose name is itself a leak, or is not plain, is shown as ``*``."""
    steps = []
    for step in passage.path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif PLAIN.fullmatch(step) and not any(_matches(rules, Passage((), "", step), pseudonyms)):
            steps.append(f".{step}")
        else:
            steps.append(".*")
    return "".join(steps).lstrip(".") or "the file"


def mask(value: str) -> str:
    """Return the form of a value without the value: letters as x and X, digits as 9."""
    masked = re.sub(r"[^\W\d_]", lambda letter: "X" if letter[0].isupper() else "x", value[:EXCERPT])
    masked = re.sub(r"\s", " ", re.sub(r"\d", "9", masked))
    return masked + ("…" if len(value) > EXCERPT else "")


def read(paths: Iterable[Path]) -> dict[str, str]:
    """Return the content of the files at these paths and in these folders, by path. Raises :class:`ScanError`."""
    texts: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            raise ScanError(f"{path}: no such file or folder")
        for file in sorted(child for child in path.rglob("*") if child.is_file()) if path.is_dir() else [path]:
            try:
                texts[file.as_posix()] = read_file(file, LARGEST).decode("utf-8", "replace")
            except FileError as error:
                raise ScanError(f"{file}: {error}") from None
    return texts
