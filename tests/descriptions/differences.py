"""The intended differences between the virtual tenant and its models, each with its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

DECLARED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "differences.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, order=True)
class Difference:
    """One difference from the descriptions or the samples (``to``): subject of the answer, place, and kind."""

    to: Literal["descriptions", "samples"]
    subject: str
    where: str
    what: str


def explained_differences() -> Iterator[tuple[Difference, str]]:
    """Yield each intended difference with its reason."""
    for row in DECLARED["difference"]:
        for subject in row["subjects"]:
            for where in row["places"]:
                yield Difference(row["to"], subject, where, row["what"]), row["reason"]


EXPLAINED: dict[Difference, str] = dict(explained_differences())
STRANGERS: dict[str, str] = {row["scenario"]: row["api"] for row in DECLARED["stranger"]}
"""Scenarios in which another server answers in place of an API: the descriptions of that API do not apply."""
