"""The onboarding form: the place of each value of a connection file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from conformance.toml_file.tables import table

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """The place of the values of some keys."""

    keys: tuple[str, ...]
    portal: str
    command: str


@cache
def places() -> tuple[Place, ...]:
    """Return the rows of ``form.toml``."""
    return tuple(
        Place(tuple(row["keys"]), row["portal"], row["command"]) for row in table(__package__, "form.toml")["place"]
    )


def help_for(keys: Collection[str], values: Mapping[str, str]) -> Iterator[str]:
    """Yield lines with the owner of these keys, the places of their values, and the commands that print the values.

    ``values`` are the well-formed values of the connection. They fill in the commands; hints replace missing ones.
    """
    places_of_keys = [place for place in places() if set(place.keys) & set(keys)]
    if not places_of_keys:
        return
    yield "Whoever filled in the connection finds the values here:"
    for place in places_of_keys:
        listing = ", ".join(key for key in place.keys if key in keys)
        yield f"  {listing}: {place.portal}"
        yield f"    {_PLACEHOLDER.sub(lambda match: _filled(match[1], values), place.command)}"


def help_for_variables(names: Collection[str]) -> Iterator[str]:
    """Yield lines that explain how to set the environment variables of a connection file in each shell."""
    if names:
        yield "Set what the file refers to, in the shell that runs this:"
    for name in names:
        yield f'  bash, zsh:   export {name}="..."'
        yield f'  PowerShell:  $env:{name} = "..."'


def _filled(key: str, values: Mapping[str, str]) -> str:
    return values.get(key) or f'"<{key.replace("_", "-")}>"'
