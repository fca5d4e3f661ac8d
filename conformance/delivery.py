"""Where the reports of a run go, once they are made: into a folder, and to those who want to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.report.model import Document


class DeliveryError(Exception):
    """An option that says where to deliver to, and cannot be used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be delivered, in one line. Only what was asked for as a result is ``fatal``."""

    text: str
    fatal: bool

    @property
    def level(self) -> str:
        return "ERROR" if self.fatal else "WARNING"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where to: the folder of ``--sentinel-report``."""

    folder: Path | None = None

    @classmethod
    def of(cls, option: Callable[[str], Any]) -> Delivery:
        """What the options of a command line say. Raises :class:`DeliveryError`."""
        folder = option("--sentinel-report")
        return cls(Path(folder) if folder else None)

    def deliver(self, document: Document) -> list[Problem]:
        """Delivers to all of them; what could not be."""
        problems = []
        if self.folder:
            from conformance.report.files import write

            try:
                write(self.folder, document)
            except OSError as error:
                problems.append(Problem(f"{self.folder}: the report cannot be written: {error.strerror}", fatal=True))
        return problems
