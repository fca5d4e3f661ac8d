"""Outcomes of the checks in the scenarios of the virtual tenant, each verified once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.checks.outcome import Outcome
from conformance.fakes import SCENARIOS, Fake
from conformance.verification.api import verify
from scripts.pages.operations import START, demo

FINDS = ("failed", "inconclusive", "warning")


@dataclass(frozen=True, slots=True)
class ScenarioOutcomes:
    """The outcomes of all checks. ``finds`` are a check's own findings by scenario; ``blockers`` are the ids of the
    checks that blocked it. Both are by the check's id.
    """

    finds: Mapping[str, Mapping[str, Outcome]]
    blockers: Mapping[str, frozenset[str]]

    def blocked_by(self, check: str) -> frozenset[str]:
        """Return the ids of the checks that this check has blocked."""
        return frozenset(id for id, blockers in self.blockers.items() if check in blockers)


def run_scenarios(scenarios: Iterable[str] = tuple(SCENARIOS)) -> ScenarioOutcomes:
    """Verify the demo's connection in each scenario and return the outcomes by check."""
    finds: dict[str, dict[str, Outcome]] = defaultdict(dict)
    blockers: dict[str, set[str]] = defaultdict(set)
    for name in scenarios:
        for outcome in verify(demo(), source=Fake(name, START)).outcomes:
            if outcome.blocked_by:
                blockers[outcome.check].add(outcome.blocked_by)
            elif outcome.status in FINDS:
                finds[outcome.check][name] = outcome
    return ScenarioOutcomes(finds, {name: frozenset(ids) for name, ids in blockers.items()})
