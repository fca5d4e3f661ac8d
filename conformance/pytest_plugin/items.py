"""The pytest item of a check on a connection. It is light: a fleet has hundreds of thousands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check
from conformance.probing.probe import CONNECTION, PROBES
from conformance.pytest_plugin.cases import CASE, Case, describe, properties, pytest_outcome, status_of

Judge = Callable[[Case], Outcome]


class CheckItem(pytest.Item):
    """A check that needs nothing but evidence. ``judged`` gives its outcome as the session takes it."""

    def __init__(self, *, case: Case, function: Any, judged: Judge, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case, self._function, self._judged = case, function, judged
        self.own_markers = [mark(name) for name in (case.check.area, *case.check.marks)]

    @classmethod
    def of(cls, module: pytest.Collector, name: str, case: Case, function: Any, judged: Judge) -> CheckItem:
        """``name`` is the function's, with connection and check in brackets."""
        # The node id is given as text: pytest reads its brackets then as it does from its cache (--lf).
        made: CheckItem = cls.from_parent(
            module, name=name, nodeid=f"{module.nodeid}::{name}", case=case, function=function, judged=judged
        )
        return made

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._function.__code__.co_firstlineno - 1, self.name

    def runtest(self) -> None:
        """What pytest's own protocol would do; the session reports :meth:`reports` instead, which is quicker."""
        outcome = self._judged(self.case)
        ended, text = pytest_outcome(outcome), describe(self.case, outcome)
        if ended == "failed":
            pytest.fail(text, pytrace=False)
        if ended == "skipped":
            pytest.skip(text)

    def reports(self) -> Iterator[pytest.TestReport]:
        """The call and its end, as pytest's own protocol would report them for a test without fixtures."""
        started = time.time()
        outcome = self._judged(self.case)
        ended, text = pytest_outcome(outcome), describe(self.case, outcome)
        path, line, _ = self.reportinfo()
        said = {"passed": None, "failed": text, "skipped": (str(path), line + 1, f"Skipped: {text}")}[ended]
        facts = properties(self.case, outcome)
        for when in ("call", "teardown"):
            yield pytest.TestReport(
                nodeid=self.nodeid,
                location=self.location,
                keywords={mark.name: 1 for mark in self.own_markers},
                outcome=ended if when == "call" else "passed",
                longrepr=said if when == "call" else None,
                when=when,
                duration=self.case.duration if when == "call" else 0.0,
                start=started,
                stop=time.time(),
                user_properties=facts,
                sentinel=status_of(outcome),
            )


@cache
def mark(name: str) -> pytest.Mark:
    """The mark of a name; all items share it."""
    found: pytest.Mark = getattr(pytest.mark, name).mark
    return found


def needs_other_fixtures(function: Any, checks: Sequence[Check]) -> bool:
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


def run_items(session: pytest.Session, items: Sequence[pytest.Item], after: pytest.Item | None) -> None:
    """Runs items as pytest's own loop does; ``after`` is what comes next."""
    for item, following in pairwise([*items, after]):
        assert item is not None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
