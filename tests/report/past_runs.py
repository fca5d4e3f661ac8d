"""Past runs with which another is compared, and the lines of the comparison."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance.report.changes import changes
from conformance.report.comparison import ChangesPart, PastCheck, PastConnection, PastRun, PastSuite, compare

WHEN = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)
SUITE = PastSuite("0.1.0", "2026.11")


def run(*checks: PastCheck, name: str = "contoso", when: datetime = WHEN, **shapes: list[str]) -> PastRun:
    fields_by_endpoint = {endpoint.replace("_", "."): tuple(fields) for endpoint, fields in shapes.items()}
    return PastRun(when, SUITE, {name: PastConnection(name, checks, fields_by_endpoint)})


def changed(previous: PastRun, current: PastRun) -> ChangesPart:
    return compare(previous, current).connections["contoso"]


def change_lines(previous: PastRun, current: PastRun) -> list[str]:
    return [f"{label:9}{text}" for label, text in changes(compare(previous, current), "contoso")]


PASSES = PastCheck("LA-001", "passed")
FAILS = PastCheck("LA-001", "failed", "rbac_role_missing")
