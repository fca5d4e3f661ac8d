"""The promises of the services, by id. Each assertion of a check relies on one. Declared in ``promises.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from conformance.toml_file.tables import table

Tier = Literal["documented", "specified", "recorded", "inferred", "field"]

BINDING: frozenset[Tier] = frozenset({"documented", "specified", "recorded"})
"""Tiers of the promises whose breach may be a failure; that of any other is a warning."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise and its ``source``: a URL, or a sentence that explains how the promise is known."""

    id: str
    text: str
    tier: Tier
    source: str

    @property
    def binding(self) -> bool:
        """Return whether a broken promise may be a failure; otherwise it is at worst a warning."""
        return self.tier in BINDING


def _declared() -> Mapping[str, Promise]:
    return MappingProxyType({id: Promise(id, **row) for id, row in table(__package__, "promises.toml").items()})


PROMISES: Mapping[str, Promise] = _declared()
"""All promises by id."""
