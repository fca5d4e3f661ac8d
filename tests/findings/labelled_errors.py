"""Real refused answers with their root causes, if the checkout has them beside it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2].parent / "shared"
ERRORS = SHARED / "samples" / "errors.jsonl"
LABELS = SHARED / "samples" / "labels.toml"

# Our vocabulary is finer than the labels: the description of each label covers these causes.
FINER: Mapping[str, frozenset[str]] = {
    "cert_assertion_invalid": frozenset({"assertion_expired"}),
    "app_not_in_tenant": frozenset({"service_principal_missing"}),
    "app_disabled": frozenset({"resource_disabled"}),
    "ip_blocked_conditional_access": frozenset({"ip_blocked"}),
}


@dataclass(frozen=True)
class LabelledError:
    """An error as a service answered it, with the causes that may explain it."""

    id: str
    service: str
    status: int
    headers: Mapping[str, str]
    body: Any
    causes: frozenset[str]


@cache
def load() -> list[LabelledError]:
    """Return the labelled errors of the shared folder; none where it is missing."""
    if not (ERRORS.exists() and LABELS.exists()):
        return []
    labels = tomllib.loads(LABELS.read_text(encoding="utf-8"))
    errors = []
    for line in ERRORS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        names = [row["label"], *row["also_ok"]]
        causes = {labels[name] for name in names}.union(*(FINER.get(name, frozenset()) for name in names))
        errors.append(
            LabelledError(row["id"], row["service"], row["status"], row["headers"], row["body"], frozenset(causes))
        )
    return errors
