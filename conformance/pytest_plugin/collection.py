"""How checks become items of pytest: one for each check and connection, in the order of a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.checks.registry import Check, order
from conformance.pytest_plugin.cases import CASE, Case, Run
from conformance.pytest_plugin.items import CheckItem, Judge, case_of, needs_other_fixtures


class CollectionPlugin:
    """The hooks of collection. ``offered`` says of a case whether its source can answer it, ``note`` takes a remark."""

    def __init__(
        self, runs: Sequence[Run], judged: Judge, offered: Callable[[Case], bool], note: Callable[[str], None]
    ) -> None:
        self._runs, self._judged, self._offered, self._note = runs, judged, offered, note

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: Any) -> list[CheckItem] | None:
        """Checks that need nothing but evidence; those with fixtures of pytest beside are made by pytest."""
        checks: list[Check] = getattr(obj, "__checks__", [])
        if not checks or needs_other_fixtures(obj, checks):
            return None
        return [
            CheckItem.of(collector, f"{name}[{run.connection.name}-{check.id}]", Case(run, check), obj, self._judged)
            for run in self._runs
            for check in checks
        ]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give a check function an item for each of its checks and each connection."""
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
        """In the order of a connection; the negative control only where its marker is asked for."""
        if "negative" not in (config.option.markexpr or ""):
            leave_out(config, items, [item for item in items if item.get_closest_marker("negative") and case_of(item)])
        unknown = [item for item in items if (item_case := case_of(item)) and not self._offered(item_case)]
        if unknown:
            leave_out(config, items, unknown)
            self._note(f"{len(unknown)} selected checks are left out: the cassette was recorded without them")
        items.sort(key=lambda item: (0, case.run.place, order(case.check)) if (case := case_of(item)) else (1,))


def leave_out(config: pytest.Config, items: list[pytest.Item], out: list[pytest.Item]) -> None:
    """Takes some of the items away, and tells pytest."""
    if out:
        config.hook.pytest_deselected(items=out)
        deselected = {*out}
        items[:] = [item for item in items if item not in deselected]
