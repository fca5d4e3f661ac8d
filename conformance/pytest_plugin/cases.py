"""Cases: one check on one connection, represented by a pytest item, and its outcome in pytest's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, order
from conformance.connection import Connection
from conformance.probing.evidence import Evidence
from conformance.redaction import clean
from conformance.sources.base import Source
from conformance.verification.pipeline import Examination

CASE = "sentinel_case"
WORDS: Mapping[str, tuple[str, str]] = {
    "passed": (".", "PASSED"),
    "warning": ("w", "WARNING"),
    "failed": ("F", "FAILED"),
    "blocked": ("b", "BLOCKED"),
    "not_applicable": ("n", "NOT APPLICABLE"),
    "not_configured": ("n", "NOT CONFIGURED"),
    "inconclusive": ("?", "INCONCLUSIVE"),
    "error": ("E", "ERROR"),
    "accepted": ("a", "ACCEPTED"),
}
"""The letter and the word in pytest's own output, by outcome."""


@dataclass(eq=False)
class Run:
    """A connection under test; ``examination`` is set between gathering and reporting."""

    configured: Connection
    """As configured."""
    place: int
    source: Source
    cases: list[Case] = field(default_factory=list)
    selected: int = 0
    """Number of cases that the session has selected."""
    left: int = 0
    """Number of cases that are not reported to pytest yet."""
    examination: Examination | None = None

    @property
    def connection(self) -> Connection:
        """Return the connection as used by the source, once its evidence is gathered."""
        return self.examination.connection if self.examination else self.configured

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Return the evidence by the name of its probe."""
        assert self.examination is not None
        return self.examination.gathered.evidence

    def drop(self) -> None:
        """Release evidence, outcomes and cases after the report."""
        self.examination = None
        for case in self.cases:
            case.outcome = None
        self.cases.clear()

    @property
    def ran(self) -> list[Case]:
        """Return the cases whose items ran, in the order of the checks: other plugins, or ``-x``, may prevent some."""
        return sorted((case for case in self.cases if case.outcome), key=lambda case: order(case.check))

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes of the selected checks, in their order, before strict mode and baseline."""
        return [case.judge({}) for case in sorted(self.cases, key=lambda case: order(case.check))]


@dataclass(eq=False, slots=True)
class Case:
    """One check on one connection, represented by a pytest item."""

    run: Run
    check: Check
    outcome: Outcome | None = None
    """Set once the check has run."""

    @property
    def duration(self) -> float:
        """Return the seconds of the request behind the outcome, including retries: the time of the check itself is
        negligible.
        """
        exchange = self.outcome and ((self.outcome.root and self.outcome.root.exchange) or self.outcome.exchange)
        return exchange.elapsed if exchange else 0.0

    def judge(self, others: Mapping[str, Any]) -> Outcome:
        """Return the outcome; ``others`` are the values of pytest fixtures other than probes, by parameter."""
        assert self.run.examination is not None
        check = self.check
        if others:
            check = replace(check, given={**(check.given or {}), **others})
        return self.run.examination.judge.outcome(check)


def status_of(outcome: Outcome) -> str:
    """Return the name of the outcome in ``WORDS``."""
    return "accepted" if outcome.accepted else outcome.status


def pytest_outcome(outcome: Outcome) -> Literal["passed", "failed", "skipped"]:
    """Map an outcome to passed, failed or skipped."""
    if outcome.accepted is None and outcome.status in ("failed", "error"):
        return "failed"
    return "passed" if outcome.accepted is None and outcome.status in ("passed", "warning") else "skipped"


def properties(case: Case, outcome: Outcome) -> list[tuple[str, object]]:
    """Return the properties of an outcome for JUnit and other reports of pytest."""
    facts = {
        "id": case.check.id,
        "connection": case.run.connection.name,
        "area": case.check.area,
        "outcome": outcome.status,
        "cause": outcome.cause,
        "blocked_by": outcome.blocked_by,
        "accepted": outcome.accepted and outcome.accepted.reason,
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def describe(case: Case, outcome: Outcome) -> str:
    """Return an outcome as one paragraph for pytest's own output."""
    text = f"{case.check.id}: {case.check.title}: {outcome.status}"
    if outcome.blocked_by:
        text += f" by {outcome.blocked_by}"
    if outcome.cause:
        text += f" ({outcome.cause})"
    if outcome.reason:
        text += f": {outcome.reason}"
    if outcome.accepted:
        text += f"\naccepted until {outcome.accepted.expires}: {outcome.accepted.reason}"
    if outcome.root and outcome.status in ("failed", "inconclusive"):
        fix = outcome.root.finding.fix
        text += f"\nfix ({outcome.root.finding.owner}): {fix.text}" + "".join(
            f"\n    {command}" for command in fix.commands
        )
    return clean(text)
