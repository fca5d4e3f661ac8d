"""The closed vocabulary of causes, each with its owner and its fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from conformance.findings.command import Command
from conformance.findings.data import load

UNKNOWN = "unknown"
KINDS = ("managed_identity", "lighthouse", "multi_tenant", "sending")
"""Kinds of connections whose fixes differ from those of an app with a credential of its own. ``sending``: the fix is
about log ingestion.
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. If ``conclusive`` is false, no service confirms it, so it is never a failure.

    ``fix``, ``commands`` and ``portal`` are templates with ``{placeholders}``, which ``remedies`` fills.
    """

    id: str
    group: str
    owner: str
    means: str
    explanation: str
    fix: str
    tell: str | None = None
    """The way to check for this cause, if an answer allows several."""
    commands: tuple[Command, ...] = ()
    portal: str | None = None
    again: str | None = None
    conclusive: bool = True
    interrupts: bool = False
    """Data stops: where a connection does not work, it is one of the things to fix, even as a warning."""
    key: str | None = None
    """The key of the connection file whose value to look at."""
    instead: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """Fields that differ for a kind of connection, by :data:`KINDS`."""

    def of(self, kinds: str | None) -> Cause:
        """Return the cause as it applies to a connection of these kinds, separated by spaces."""
        cause = self
        for kind in (kinds or "").split():
            cause = replace(cause, **self.instead.get(kind, {}))
        return cause


@cache
def _causes() -> Mapping[str, Cause]:
    return MappingProxyType(
        {
            name: Cause(
                name,
                group,
                **_fields({key: value for key, value in row.items() if key not in KINDS}),
                instead={key: _fields(row[key]) for key in KINDS if key in row},
            )
            for group, rows in load("causes").items()
            for name, row in rows.items()
        }
    )


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a cause for a row of ``causes.toml``."""
    return {**row, **({"commands": tuple(map(Command.of, row["commands"]))} if "commands" in row else {})}


class _Causes(Mapping[str, Cause]):
    """The causes, read at their first use, so that importing findings costs nothing."""

    def __getitem__(self, name: str) -> Cause:
        return _causes()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_causes())

    def __len__(self) -> int:
        return len(_causes())


CAUSES: Mapping[str, Cause] = _Causes()
"""All causes by id, in the order of ``causes.toml``."""
