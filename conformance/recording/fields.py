"""The treatment of each member of an answer, read from ``fields.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from conformance.toml_file.tables import table

FREE_TEXT = "text"


@dataclass(frozen=True)
class Treatment:
    """A way to scrub members: ``members`` are their names, ``does`` describes it."""

    name: str
    does: str
    members: tuple[str, ...]


@cache
def treatments() -> Mapping[str, Treatment]:
    """Return all treatments by name."""
    rows = table(__package__, "fields.toml")
    return {name: Treatment(name, row["does"], tuple(row["members"].split())) for name, row in rows.items()}


@cache
def _by_member() -> Mapping[str, str]:
    # The first treatment that lists a member applies; `map` is about keys and has its own lookup.
    result: dict[str, str] = {}
    for treatment in treatments().values():
        if treatment.name != "map":
            for member in treatment.members:
                parent, _, _ = member.rpartition("/")
                result.setdefault(f"{normal(parent)}/{normal(member)}" if parent else normal(member), treatment.name)
    return result


@cache
def normal(member: str) -> str:
    """Return a member's own name for comparison: in lower case, without punctuation, since services differ in both."""
    return re.sub(r"[^a-z0-9]", "", member.rpartition("/")[2].lower())


@cache
def treatment(member: str) -> str | None:
    """Return the name of the treatment of ``member`` or ``parent/member``; None if it is not declared."""
    treatments = _by_member()
    parent, _, _ = member.rpartition("/")
    return treatments.get(f"{normal(parent)}/{normal(member)}") or treatments.get(normal(member))


@cache
def has_own_keys(member: str) -> bool:
    """Return whether the keys of the object in this member are names given by the customer."""
    return normal(member) in {normal(member) for member in treatments()["map"].members}
