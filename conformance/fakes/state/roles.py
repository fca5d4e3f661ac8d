"""Azure role definitions of the virtual tenant, and the actions that they allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from conformance.apis.actions import covers


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A built-in or custom role."""

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    custom: bool = False


def _load() -> Mapping[str, RoleDefinition]:
    text = resources.files(__package__).joinpath("roles.json").read_text(encoding="utf-8")
    roles = (
        RoleDefinition(
            row["id"],
            row["name"],
            tuple(row["actions"]),
            tuple(row["notActions"]),
            tuple(row["dataActions"]),
            tuple(row["notDataActions"]),
        )
        for row in json.loads(text)
    )
    return MappingProxyType({role.name: role for role in roles})


BUILT_IN = _load()
"""Microsoft's built-in roles that a connection uses, by name."""


def allows(patterns: Iterable[str], action: str) -> bool:
    """Return whether patterns of a role cover an action.

    A pattern covers the resource itself too: ``workspaces/*/read`` allows ``workspaces/read`` (inferred: the portal
    shows a workspace to a Sentinel Reader; Microsoft does not state it).
    """
    return _allows(tuple(patterns), action)


@lru_cache(maxsize=4096)
def _allows(patterns: tuple[str, ...], action: str) -> bool:
    return covers(patterns, action) or covers((pattern.replace("/*/", "/") for pattern in patterns), action)
