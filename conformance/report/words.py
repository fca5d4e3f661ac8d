"""The words that every form of the report uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

OWNERS: Mapping[str, str] = {
    "connection": "whoever filled in the connection",
    "entra-admin": "Entra administrator",
    "azure-admin": "Azure administrator",
    "workspace-owner": "owner of the workspace",
    "security-admin": "security administrator (Defender portal)",
    "network-admin": "network administrator",
    "provider": "Microsoft",
    "nobody": "nobody: wait",
    "suite": "the maintainers of this suite",
}
"""Who can mend a cause."""


def ranges(ids: Sequence[str]) -> str:
    """Check ids with neighbours folded: ``LA-001, LA-010..013``."""
    told: list[str] = []
    for prefix, group in groupby(ids, key=lambda id: id.rpartition("-")[0]):
        numbers = [int(id.rpartition("-")[2]) for id in group]
        start = previous = numbers[0]
        for number in [*numbers[1:], -1]:
            if number == previous + 1:
                previous = number
                continue
            told.append(f"{prefix}-{start:03}" + (f"..{previous:03}" if previous > start else ""))
            start = previous = number
    return ", ".join(told)
