"""The pytest item of a check on a connection. It needs little memory: a fleet has hundreds of thousands of items."""

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


LATER = frozenset(
    (
        *("name", "obj", "_id", "_nodeid"),
        *("keywords", "own_markers", "extra_keyword_matches", "stash", "_store", "_report_sections", "user_properties"),
    )
)
"""Attributes that pytest sets when it creates an item, and that a check's item creates when they are first read."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters that distinguish items of one function, with the names that plugins read from
    ``item.callspec``.
    """

    id: str
    params: Mapping[str, str]


class CheckItem(pytest.Item):
    """A check that needs only evidence. ``judge`` returns its outcome as it counts in the session: after strict mode
    and baseline.

    It runs through pytest's own protocol. It has the attributes that other plugins read from a test function: its
    function as ``obj`` and, while it runs, its parameters as ``callspec``.

    It has no keywords, marks or other tables until it runs, or until a plugin reads more than its names.
    """

    __slots__ = ("_judge", "case")
    case: Case
    _judge: Judge

    @classmethod
    def of(cls, module: pytest.Collector, case: Case, judge: Judge) -> CheckItem:
        """Return the item of a check in the collector of its module."""
        item = cls.__new__(cls)
        item.parent, item.config, item.session, item.path = module, module.config, module.session, module.path
        item.case, item._judge = case, judge
        return item

    def __getattr__(self, name: str) -> Any:
        """Return an attribute that is not stored yet: a name, or a table of the item."""
        if name not in LATER:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        function, parent = self.case.check.function, self.parent
        assert parent is not None
        if name == "obj":
            return function
        if name == "name":
            return f"{function.__name__}[{self._parameters}]"
        if name == "_nodeid":
            return f"{parent.nodeid}::{self.name}"
        if name == "_id":
            return _function_id(parent.id, function.__name__).with_params(self._parameters)
        self._complete()
        return getattr(self, name)

    @property
    def _parameters(self) -> str:
        return f"{self.case.run.configured.name}-{self.case.check.id}"

    def _complete(self) -> None:
        """Give the item all attributes of pytest's items."""
        super().__init__(self.name, self.parent, nodeid=getattr(self, "id", None) or self.nodeid)
        self.own_markers = [mark(name) for name in (self.case.check.area, *self.case.check.marks)]
        self.keywords.update({mark.name: mark for mark in self.own_markers})

    @property
    def function(self) -> Any:
        """Return the test function, also under the name that pytest's own items use."""
        return self.obj

    def begin(self) -> None:
        """Show the parameters. If shown earlier, pytest would treat them as fixture parameters, and sort items by
        them.
        """
        if "keywords" not in vars(self):
            self._complete()
        connection, check = self.case.run.configured.name, self.case.check.id
        self.callspec = Parameters(self._parameters, {"connection": connection, "check": check})

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file and line (from 0) of the check function, and the item's name."""
        return self.path, self.obj.__code__.co_firstlineno - 1, self.name

    def runtest(self) -> None:
        """Report the outcome of the check."""
        conclude(self, self.case, self._judge(self.case))

    def _initrequest(self) -> None:
        """Do nothing: pytest-retry calls it before each attempt, and a check has no fixtures to set up again."""


class Boundary(pytest.Item):
    """The next item after a connection's last: its only collector is the session, so pytest tears down all other
    collectors.
    """

    def runtest(self) -> None:
        """Raise an error: pytest never runs it."""
        raise AssertionError("it is never run")


def conclude(item: pytest.Item, case: Case, outcome: Outcome) -> None:
    """End the call of an item by its outcome: return, or raise pytest's exceptions that fail or skip a test."""
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
def _function_id(module: Any, name: str) -> Any:
    """Return pytest's structured id of a function, which has no parameters yet; all its items share it."""
    return module.child(name)


@cache
def mark(name: str) -> pytest.Mark:
    """Return the mark of a name; all items share it."""
    shared_mark: pytest.Mark = getattr(pytest.mark, name).mark
    return shared_mark


def needs_other_fixtures(function: Any, checks: Sequence[Check]) -> bool:
    """Return whether a check needs other pytest fixtures than probes, the connection and its given values."""
    probes = {*PROBES, CONNECTION}
    return any(name not in {*probes, *(c.using or {}), *(c.given or {})} for c in checks for name in c.parameters)


def case_of(item: pytest.Item) -> Case | None:
    """Return the case of an item; None for other tests."""
    if isinstance(item, CheckItem):
        return item.case
    spec = getattr(item, "callspec", None)
    case = spec.params.get(CASE) if spec else None
    return case if isinstance(case, Case) else None


def run_items(session: pytest.Session, items: Sequence[pytest.Item], after: pytest.Item | None) -> None:
    """Run items as pytest's own loop does; ``after`` is the next item."""
    for item, following in pairwise([*items, after]):
        assert item is not None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
