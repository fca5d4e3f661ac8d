"""Flaws of other plugins that a verification cannot make up for, told in one line before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Flaw:
    """What goes wrong where the option ``option`` of another plugin is set."""

    option: str
    text: str


FLAWS = (
    Flaw(
        "nunit_xmlpath",
        "pytest-nunit writes a blocked or inconclusive check as passed into its file: publish --junitxml=FILE instead",
    ),
)


def flaws(config: pytest.Config) -> Iterator[str]:
    """Yield a warning for each flaw that this run meets."""
    for flaw in FLAWS:
        if config.getoption(flaw.option, None):
            yield f"WARNING: {flaw.text}"
