"""What stands for a check on a connection in a pytest session: its item, and what pytest is told of its outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from conformance.checks.judge import judge
from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, order
from conformance.connection import Connection
from conformance.probing.engine import Gathered
from conformance.probing.probe import CONNECTION, PROBES

CASE = "sentinel_case"
FAILING = ("failed", "error")


@dataclass(eq=False)
class Run:
    """One connection in this session: its cases, and its evidence from when it is gathered until it is reported."""

    connection: Connection
    place: int
    cases: list[Case] = field(default_factory=list)
    gathered: Gathered | None = None
    duration: float = 0.0
    left: int = 0
    """Cases that have not been reported to pytest."""

    def outcomes(self) -> list[Outcome]:
        """In the order of a connection."""
        return [case.outcome or case.judge() for case in sorted(self.cases, key=lambda case: order(case.check))]

    def drop(self) -> None:
        """Lets go of evidence and outcomes, once they are reported."""
        self.gathered = None
        for case in self.cases:
            case.outcome = None


@dataclass(eq=False, slots=True)
class Case:
    """One check on one connection."""

    run: Run
    check: Check
    outcome: Outcome | None = None

    def judge(self, others: Mapping[str, Any] | None = None) -> Outcome:
        """The outcome; ``others`` are the values of pytest fixtures that are no probes."""
        assert self.run.gathered is not None
        check = replace(self.check, given={**(self.check.given or {}), **others}) if others else self.check
        self.outcome = judge(check, self.run.connection, self.run.gathered.evidence)
        return self.outcome


class CheckItem(pytest.Item):
    """A check that needs nothing but evidence. Light: a fleet has hundreds of thousands of these."""

    def __init__(self, *, case: Case, function: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case, self._function = case, function
        self.own_markers = [getattr(pytest.mark, name).mark for name in (case.check.area, *case.check.marks)]

    @classmethod
    def of(cls, module: pytest.Collector, name: str, case: Case, function: Any) -> CheckItem:
        """``name`` is the function's, with connection and check in brackets."""
        # The node id is given as text: pytest reads its brackets then as it does from its cache (--lf).
        made: CheckItem = cls.from_parent(
            module, name=name, nodeid=f"{module.nodeid}::{name}", case=case, function=function
        )
        return made

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._function.__code__.co_firstlineno - 1, self.name

    def runtest(self) -> None:
        tell(self.case, self.case.judge())

    def reports(self) -> Iterator[pytest.TestReport]:
        """The call and the end of it, as pytest's own protocol would report them for a test without fixtures."""
        started = time.time()
        outcome = self.case.judge()
        status, text = reported(outcome), told(self.case, outcome)
        seconds = time.time() - started
        longrepr: Any = None
        if status == "skipped":
            path, line, _ = self.reportinfo()
            longrepr = (str(path), line + 1, f"Skipped: {text}")
        elif status == "failed":
            longrepr = text
        facts = properties(self.case, outcome)
        for when, ended, said in (("call", status, longrepr), ("teardown", "passed", None)):
            yield pytest.TestReport(
                nodeid=self.nodeid,
                location=self.location,
                keywords={mark.name: 1 for mark in self.own_markers},
                outcome=ended,  # type: ignore[arg-type]
                longrepr=said,
                when=when,  # type: ignore[arg-type]
                duration=seconds if when == "call" else 0.0,
                start=started,
                stop=started + seconds,
                user_properties=facts,
                sentinel=outcome.status,
            )


def foreign(function: Any, checks: list[Check]) -> bool:
    """Whether a check asks for fixtures of pytest, beside probes, the connection and what it is given."""
    known = {*PROBES, CONNECTION}
    return any(name not in {*known, *(c.using or {}), *(c.given or {})} for c in checks for name in c.parameters)


def case_of(item: pytest.Item) -> Case | None:
    """The case that an item stands for; None for anybody's other tests."""
    if isinstance(item, CheckItem):
        return item.case
    spec = getattr(item, "callspec", None)
    case = spec.params.get(CASE) if spec else None
    return case if isinstance(case, Case) else None


def reported(outcome: Outcome) -> Literal["passed", "skipped", "failed"]:
    """An outcome in pytest's three words."""
    if outcome.status in FAILING:
        return "failed"
    return "passed" if outcome.status in ("passed", "warning") else "skipped"


def tell(case: Case, outcome: Outcome) -> None:
    """Ends a test as pytest wants it. Raises what makes it failed or skipped."""
    if reported(outcome) == "failed":
        pytest.fail(told(case, outcome), pytrace=False)
    if reported(outcome) == "skipped":
        pytest.skip(told(case, outcome))


def properties(case: Case, outcome: Outcome) -> list[tuple[str, object]]:
    """What JUnit and other reports of pytest say of an outcome beside its text."""
    facts = {
        "check_id": case.check.id,
        "connection": case.run.connection.name,
        "area": case.check.area,
        "outcome": outcome.status,
        "cause": outcome.cause,
        "blocked_by": outcome.blocked_by,
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def told(case: Case, outcome: Outcome) -> str:
    """An outcome as one paragraph for pytest's own output."""
    text = f"{case.check.id}: {case.check.title}: {outcome.status}"
    if outcome.blocked_by:
        text += f" by {outcome.blocked_by}"
    if outcome.cause:
        text += f" ({outcome.cause})"
    if outcome.reason:
        text += f": {outcome.reason}"
    if outcome.root and outcome.status in ("failed", "inconclusive"):
        fix = outcome.root.finding.fix
        text += f"\nfix ({outcome.root.finding.owner}): {fix.text}" + "".join(f"\n    {one}" for one in fix.commands)
    return text
