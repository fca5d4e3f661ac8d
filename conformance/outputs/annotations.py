"""Annotations of a CI system: commands that show each root cause at its line of the connection file.

A run prints no other CI commands, and prints these only within a system that reads them: GitHub Actions sets
``GITHUB_ACTIONS=true``, Azure Pipelines ``TF_BUILD=True``. Their text is the suite's own: names, check and cause, the
meaning of the cause and its owner. They contain no part of a service's answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from conformance.connection.location import locations
from conformance.findings import CAUSES
from conformance.redaction import hide, printable
from conformance.report.entry import Entry
from conformance.report.wording import OWNERS

MAX_ANNOTATIONS = 10
"""The maximum number of annotations that GitHub shows for one step."""
Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text at a line of a file; lines count from 1."""

    level: Level
    text: str
    file: str
    line: int


def github(annotation: Annotation) -> str:
    """Return the workflow command of GitHub Actions."""
    file = _escape(annotation.file, {"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
    text = _escape(annotation.text, {"%": "%25", "\r": "%0D", "\n": "%0A"})
    return f"::{annotation.level} file={file},line={annotation.line}::{text}"


def azure(annotation: Annotation) -> str:
    """Return the logging command of Azure Pipelines."""
    signs = {"%": "%AZP25", "\r": "%0D", "\n": "%0A", ";": "%3B", "]": "%5D"}
    place = f"type={annotation.level};sourcepath={_escape(annotation.file, signs)};linenumber={annotation.line}"
    return f"##vso[task.logissue {place}]{_escape(annotation.text, signs)}"


def _escape(text: str, signs: Mapping[str, str]) -> str:
    return "".join(signs.get(sign, sign) for sign in text)


SYSTEMS: tuple[tuple[str, str, str, Callable[[Annotation], str]], ...] = (
    ("GITHUB_ACTIONS", "true", "GITHUB_WORKSPACE", github),
    ("TF_BUILD", "True", "BUILD_SOURCESDIRECTORY", azure),
)
"""For each CI system: the variable that identifies it, the value of this variable, the variable with the folder of the
checkout, and the function that makes the command.
"""


@dataclass
class Annotations:
    """The annotations of a run over the connections of these ``files``, collected as connections are finished."""

    files: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _causes: list[tuple[str, str, str]] = field(default_factory=list, init=False)
    """Connection, check and cause."""

    def add(self, entry: Entry) -> None:
        """Add a finished connection."""
        if len(self._causes) < MAX_ANNOTATIONS and any(self._systems()):
            self._causes += [(entry.name, root.check, root.cause) for root in entry.part.root_causes]

    def commands(self) -> Iterator[str]:
        """Yield the commands, each one line, for each CI system that this process runs in."""
        for command, root in self._systems():
            places = locations(self.files) if self._causes else {}
            for name, check, cause in self._causes[:MAX_ANNOTATIONS]:
                cause_text = CAUSES[cause]
                text = f"{name}: {check}: {cause}: {cause_text.means} (to fix by: {OWNERS[cause_text.owner]})"
                if place := places.get(name):
                    level: Level = "error" if cause_text.conclusive else "warning"
                    where = place.line(cause_text.key)
                    yield command(Annotation(level, printable(hide(text)), _within(place.file, root), where))

    def _systems(self) -> Iterator[tuple[Callable[[Annotation], str], str | None]]:
        for variable, value, root, command in SYSTEMS:
            if self.environ.get(variable) == value:
                yield command, self.environ.get(root)


def _within(file: Path, root: str | None) -> str:
    """Return the path of a file relative to the checkout, with forward slashes; unchanged if it is elsewhere."""
    base = Path(root) if root else Path.cwd()
    path = file.resolve()
    return (path.relative_to(base.resolve()) if path.is_relative_to(base.resolve()) else path).as_posix()
