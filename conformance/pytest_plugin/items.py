"""The pytest item of a check on a connection. It is light: a fleet has hundreds of thousands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check
from conformance.probing.probe import CONNECTION, PROBES
from conformance.pytest_plugin.cases import CASE, Case, describe, properties, pytest_outcome

Judge = Callable[[Case], Outcome]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What tells items of one function apart, under the names that plugins read from ``item.callspec`` of pytest."""

    id: str
    params: Mapping[str, str]


class CheckItem(pytest.Item):
    """A check that needs nothing but evidence. ``judged`` gives its outcome as the session takes it.

    It runs through pytest's own protocol. Other plugins find what they read from a test function: its function as
    ``obj`` and, while it runs, its parameters as ``callspec``.
    """

    def __init__(self, *, case: Case, function: Any, judged: Judge, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case, self.obj, self._judged = case, function, judged
        self.own_markers = [mark(name) for name in (case.check.area, *case.check.marks)]
        self.keywords.update({mark.name: mark for mark in self.own_markers})

    @classmethod
    def of(cls, module: pytest.Collector, name: str, case: Case, function: Any, judged: Judge) -> CheckItem:
        """``name`` is the function's, with connection and check in brackets."""
        # The node id is given as text: pytest reads its brackets then as it does from its cache (--lf).
        item: CheckItem = cls.from_parent(
            module, name=name, nodeid=f"{module.nodeid}::{name}", case=case, function=function, judged=judged
        )
        return item

    @property
    def function(self) -> Any:
        """The test function, under the name that pytest's own items have for it too."""
        return self.obj

    def begin(self) -> None:
        """Show the parameters. Before, pytest would take them for those of fixtures, and order items by them."""
        connection, check = self.case.run.asked.name, self.case.check.id
        self.callspec = Parameters(f"{connection}-{check}", {"connection": connection, "check": check})

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file and line (from 0) of the check function, and the item's name."""
        return self.path, self.obj.__code__.co_firstlineno - 1, self.name

    def runtest(self) -> None:
        """Report the outcome of the check."""
        conclude(self, self.case, self._judged(self.case))

    def _initrequest(self) -> None:
        """Nothing: pytest-retry calls it before each attempt, and a check has no fixtures to set up again."""


class Boundary(pytest.Item):
    """What comes after the last item of a connection: it has no collector but the session, so all others end."""

    def runtest(self) -> None:
        """Raise an error: pytest never runs it."""
        raise AssertionError("it is never run")


def conclude(item: pytest.Item, case: Case, outcome: Outcome) -> None:
    """End the call of an item as its outcome does: return, or raise pytest's exceptions that fail or skip a test."""
    facts = properties(case, outcome)
    item.user_properties[:] = [*(fact for fact in item.user_properties if fact not in facts), *facts]
    text = describe(case, outcome)
    if outcome.status == "warning":
        item.add_report_section("call", "warning", text)
    ended = pytest_outcome(outcome)
    if ended == "failed":
        pytest.fail(text, pytrace=False)
    if ended == "skipped":
        pytest.skip(text)


@cache
def mark(name: str) -> pytest.Mark:
    """Return the mark of a name; all items share it."""
    found: pytest.Mark = getattr(pytest.mark, name).mark
    return found


def needs_other_fixtures(function: Any, checks: Sequence[Check]) -> bool:
    """Whether a check asks for fixtures of pytest, beside probes, the connection and what it is given."""
    known = {*PROBES, CONNECTION}
    return any(name not in {*known, *(c.using or {}), *(c.given or {})} for c in checks for name in c.parameters)


def case_of(item: pytest.Item) -> Case | None:
    """Return the case that an item stands for; None for anybody's other tests."""
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
