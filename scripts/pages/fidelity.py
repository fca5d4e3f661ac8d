"""docs/fidelity.md: comparison of the virtual tenant's answers with published descriptions, and the differences."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

from conformance.apis.endpoint import APIS
from conformance.fakes.services.routes import ENDPOINTS
from scripts.pages.markdown import NOTE, code, table
from scripts.pages.operations import ROOT

DESCRIPTIONS = ROOT / "tests" / "descriptions"
HEAD = """\
# How true the virtual tenant is

Each answer of the [virtual tenant](fakes.md), in every scenario, is compared with the published descriptions of the
services: keys, types, members of enumerations, formats, paging, headers, and the columns of a workspace's tables. The
same holds for the body of each [fault](fakes.md#faults) that is an API's own error document. If others recorded or
published an answer of the same operation, it must have the same keys, kinds of values and headers. A difference is
fixed, or listed below with its reason; a reason that no longer applies fails the tests. The descriptions are in
[tests/descriptions](../tests/descriptions/README.md).
"""
BY_TO = {
    "descriptions": (
        "## Differences to the descriptions\n",
        "Deviations of the services themselves, and those that the virtual tenant needs.\n",
    ),
    "samples": (
        "## Differences to samples\n",
        "Most samples are older than the descriptions, shortened by their publishers, or from another resource.\n",
    ),
}


def page() -> str:
    """Return the text of docs/fidelity.md."""
    declared = tomllib.loads((DESCRIPTIONS / "operations.toml").read_text(encoding="utf-8"))
    samples = json.loads((DESCRIPTIONS / "samples.json").read_text(encoding="utf-8"))
    explained = tomllib.loads((DESCRIPTIONS / "differences.toml").read_text(encoding="utf-8"))
    parts = [NOTE, HEAD, "## Operations\n", table(("operation", "answers", "samples"), operations(declared, samples))]
    parts += ["## Refusals\n", table(("API", "answers"), refusals(declared))]
    for to, head in BY_TO.items():
        parts += [*head, table(("subject", "place", "difference", "reason"), differences(to, explained["difference"]))]
    parts += ["## Answers of others\n", table(("scenario", "API", "why"), strangers(explained["stranger"]))]
    return "\n".join(parts)


def operations(declared: dict[str, Any], samples: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each operation: its name, the model of its answer, the samples."""
    for name in ENDPOINTS:
        if operation := declared["operations"].get(name):
            many = "a page of " if "items" in operation else ""
            yield (
                code(name),
                many + model(operation.get("items") or operation["body"]),
                ", ".join(samples.get(name, {}).get("of", ())),
            )


def refusals(declared: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each API: its title, the model of its errors."""
    for api, name in sorted(declared["errors"].items()):
        yield APIS[api].title, model(name)


def differences(to: str, rows: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each explained difference: from the descriptions or from the samples (``to``)."""
    for row in rows:
        if row["to"] == to:
            yield ", ".join(map(code, row["subjects"])), ", ".join(map(code, row["places"])), row["what"], row["reason"]


def strangers(rows: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each scenario in which another system answers instead of an API."""
    for row in rows:
        yield code(row["scenario"]), APIS[row["api"]].title, row["reason"]


def model(name: str) -> str:
    """Return a link to a model in its file."""
    file, _, of = name.partition("#")
    return f"[{code(of)}](../tests/descriptions/{file}.schema.json)"
