"""The runs with which every form of the report is tested."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conformance.report.document import document
from conformance.report.model import Document
from tests.verified_reports import report_of

COMMAND = "pytest --sentinel-config=conn.toml"
DOWN = "host-unknown+connection-refused+no-answer"
RUNS: Mapping[str, tuple[str, ...]] = {
    "healthy": ("healthy",),
    "one-fault": ("no-azure-role",),
    "two-faults": ("no-graph-consent+table-missing",),
    "everything-down": (DOWN,),
    "five-connections": ("healthy", "expired-secret", "healthy", "healthy", "healthy"),
    "twenty-connections": ("healthy", "expired-secret", DOWN, "no-graph-consent+no-azure-role", "healthy") * 4,
}
"""The names of the runs, each with the scenarios of its connections."""


@cache
def run(*scenarios: str) -> Document:
    """Return the report of a run over connections in these scenarios."""
    names = ["contoso"] if len(scenarios) == 1 else [f"customer-{number:02}" for number in range(1, len(scenarios) + 1)]
    reports = [report_of(scenario, name=name) for name, scenario in zip(names, scenarios, strict=True)]
    return document(reports, command=COMMAND)
