"""The closed vocabulary of causes: what can be wrong, who can fix it, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from conformance.findings.command import Command
from conformance.findings.data import load

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. ``conclusive`` is false where no service gave a positive sign, so that it is never a failure.

    ``fix``, ``commands`` and ``portal`` are templates with ``{placeholders}``, which ``remedies`` fills.
    """

    id: str
    group: str
    owner: str
    means: str
    explanation: str
    fix: str
    tell: str | None = None
    """How to find out whether it is this one, where an answer allows several."""
    commands: tuple[Command, ...] = ()
    portal: str | None = None
    again: str | None = None
    conclusive: bool = True
    interrupts: bool = False
    """Data stops: where a connection does not work, it is one of the things to fix, even as a warning."""
    key: str | None = None
    """The key of the connection file whose value to look at."""


@cache
def _causes() -> Mapping[str, Cause]:
    return MappingProxyType(
        {
            name: Cause(name, group, commands=tuple(map(Command.of, row.pop("commands", ()))), **row)
            for group, rows in load("causes").items()
            for name, row in rows.items()
        }
    )


class _Causes(Mapping[str, Cause]):
    """Read when first looked at, so that importing findings costs nothing."""

    def __getitem__(self, name: str) -> Cause:
        return _causes()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_causes())

    def __len__(self) -> int:
        return len(_causes())


CAUSES: Mapping[str, Cause] = _Causes()
"""All causes by id, in the order of ``causes.toml``."""
