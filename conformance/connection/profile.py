"""Profiles: the purpose of a connection, as data. A profile is a file in ``profiles/`` with its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from conformance.connection.requirement import AppPermission, Route, read_action, read_permission, read_route
from conformance.toml_file.tables import table

DEFAULT = "airmdr"
FOLDER = "profiles"
SUBSCRIPTION, GROUP, WORKSPACE, RULE = SCOPES = ("subscription", "resource group", "workspace", "data collection rule")
"""The scopes at which sources assign a role; the last is the rule of ``[connection.ingestion]``."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A page with the needs of a tool, and the day on which it was read."""

    url: str
    read: date


@dataclass(frozen=True, slots=True)
class Profile:
    """The needs of a tool, according to its source. An empty tuple: the source does not mention any.

    ``permissions`` are required; ``optional`` permissions are for a part of the tool. ``roles`` are built-in Azure
    roles at ``scope`` (one of :data:`SCOPES`); ``actions`` are Azure actions. ``routes`` are the reads of the tool:
    only these are sent. ``unasked`` are its other operations, which are never sent. ``unverified`` are statements of
    the source that no check verifies, ``inferred`` are conclusions from it, ``silent`` are points that it does not
    mention. ``guide``: the profile is the onboarding guide's connection.
    """

    name: str
    title: str
    about: str = ""
    sources: tuple[Reference, ...] = ()
    permissions: tuple[AppPermission, ...] = ()
    optional: tuple[AppPermission, ...] = ()
    roles: tuple[str, ...] = ()
    scope: str = GROUP
    actions: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    unasked: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    guide: bool = False


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of all shipped profiles, the default first."""
    folder = resources.files(__package__).joinpath(FOLDER)
    names = sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


@cache
def get_profile(name: str) -> Profile:
    """Return a shipped profile. Raises KeyError for an unknown name."""
    if name not in profile_names():
        raise KeyError(name)
    return profile_of(name, table(__package__, FOLDER, f"{name}.toml"))


def profile_of(name: str, row: Mapping[str, Any]) -> Profile:
    """Return the profile in a table. Raises TypeError for an unknown key, ValueError for a wrong value."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    values["permissions"] = _each(read_permission, values, "permissions")
    values["optional"] = _each(read_permission, values, "optional")
    values["actions"] = _each(read_action, values, "actions")
    values["routes"] = _each(read_route, values, "routes")
    values["sources"] = tuple(
        Reference(source["url"], date.fromisoformat(source["read"])) for source in row.get("sources", ())
    )
    profile = Profile(name, **values)
    if profile.scope not in SCOPES:
        raise ValueError(f"{name}: scope {profile.scope!r} is none of {', '.join(SCOPES)}")
    return profile


def _each(read: Any, values: Mapping[str, Sequence[str]], key: str) -> tuple[Any, ...]:
    return tuple(read(text) for text in values.get(key, ()))
