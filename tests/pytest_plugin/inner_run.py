"""Runs of pytest within the process of their test, which takes a fraction of the time of a separate process.

Such a run must not change its process: it has no workers and declares no checks.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

import pytest

import conformance
from conformance.checks.registry import catalogue

PARTS = ("pytest_plugin", "report", "outputs", "results", "verification", "fakes.services", "recording")
"""Packages whose modules a run imports only when it needs them."""
DECLARES = "@check("
"""A module with this text declares a check, which stays declared for as long as its process lives."""


def import_all() -> None:
    """Import all modules that a run may import. They must stay imported: a check is declared once per process."""
    catalogue()
    for name in PARTS:
        package = importlib.import_module(f"{conformance.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def run_inside(pytester: pytest.Pytester, *arguments: str, plugins: Sequence[object] = ()) -> pytest.RunResult:
    """Return the result of ``pytest`` with the plugin and these arguments, in the folder of the pytester.

    A run that has workers, or whose folder declares checks, is started in a separate process; others take ``plugins``,
    objects with hooks.
    """
    options = ("-p", "conformance.plugin", *arguments)
    has_workers = any(argument.startswith("-n") for argument in arguments)
    if has_workers or any(DECLARES in module.read_text(encoding="utf-8") for module in pytester.path.glob("*.py")):
        assert not plugins, "objects do not reach another process"
        return pytester.runpytest_subprocess(*options)
    return pytester.runpytest_inprocess(*options, syspathinsert=True, plugins=plugins, no_reraise_ctrlc=True)
