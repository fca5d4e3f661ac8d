"""Collection of checks as pytest items: one for each check and connection, sorted by connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.checks.registry import Check, order
from conformance.pytest_plugin.cases import CASE, Case, Run
from conformance.pytest_plugin.items import CheckItem, Judge, case_of, needs_other_fixtures


class CollectionPlugin:
    """The hooks of collection. ``offered`` returns whether the source of a case can answer it; ``note`` is called with
    a remark for the user.
    """

    def __init__(
        self, runs: Sequence[Run], judge: Judge, offered: Callable[[Case], bool], note: Callable[[str], None]
    ) -> None:
        self._runs, self._judge, self._offered, self._note = runs, judge, offered, note

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: Any) -> list[CheckItem] | None:
        """Return the items of checks that need only evidence; pytest creates the items of checks with other
        fixtures.
        """
        checks: list[Check] = getattr(obj, "__checks__", [])
        if not checks or needs_other_fixtures(obj, checks):
            return None
        return [CheckItem.of(collector, Case(run, check), self._judge) for run in self._runs for check in checks]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrize a check function: one item for each of its checks and each connection."""
        checks: list[Check] = getattr(metafunc.function, "__checks__", [])
        if not checks:
            return
        direct = [
            name
            for name in metafunc.fixturenames
            if any(name in (c.using or {}) or name in (c.given or {}) for c in checks)
        ]
        metafunc.fixturenames.append(CASE)
        rows = []
        for run in self._runs:
            for check in checks:
                marks = [getattr(pytest.mark, check.area), *(getattr(pytest.mark, mark) for mark in check.marks)]
                values = (Case(run, check), *(None for _ in direct))
                rows.append(pytest.param(*values, id=f"{run.connection.name}-{check.id}", marks=marks))
        metafunc.parametrize([CASE, *direct], rows, indirect=[CASE])

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Sort items by connection; leave out the negative control unless its marker is selected."""
        if "negative" not in (config.option.markexpr or ""):
            leave_out(
                config, items, [item for item in items if (case := case_of(item)) and "negative" in case.check.marks]
            )
        unknown = [item for item in items if (case := case_of(item)) and not self._offered(case)]
        if unknown:
            leave_out(config, items, unknown)
            self._note(f"{len(unknown)} selected checks are left out: the cassette was recorded without them")

        def place(item: pytest.Item) -> tuple[object, ...]:
            case = case_of(item)
            return (0, case.run.place, order(case.check)) if case else (1,)

        items.sort(key=place)


def leave_out(config: pytest.Config, items: list[pytest.Item], out: list[pytest.Item]) -> None:
    """Remove the items ``out``, and report them to pytest as deselected."""
    if out:
        config.hook.pytest_deselected(items=out)
        deselected = {*out}
        items[:] = [item for item in items if item not in deselected]
