"""How each member of an answer is treated, read from ``fields.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from conformance.toml_file.tables import table

FREE_TEXT = "text"


@dataclass(frozen=True)
class Treatment:
    """How the members that it names are scrubbed."""

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
    # The first treatment that names a member has it; `map` is about keys, and looked up by itself.
    result: dict[str, str] = {}
    for treatment in treatments().values():
        if treatment.name != "map":
            for member in treatment.members:
                parent, _, _ = member.rpartition("/")
                result.setdefault(f"{normal(parent)}/{normal(member)}" if parent else normal(member), treatment.name)
    return result


@cache
def normal(member: str) -> str:
    """Return a member's own name as it is compared: services differ in case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", member.rpartition("/")[2].lower())


@cache
def treatment(member: str) -> str | None:
    """Return the name of the treatment of a member, or ``parent/member``; None for one that is not declared."""
    treatments = _by_member()
    parent, _, _ = member.rpartition("/")
    return treatments.get(f"{normal(parent)}/{normal(member)}") or treatments.get(normal(member))


@cache
def has_own_keys(member: str) -> bool:
    """Return whether the keys of a table are the customer's."""
    return normal(member) in {normal(member) for member in treatments()["map"].members}
