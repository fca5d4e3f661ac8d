"""Runs of pytest within the process of their test, which takes a fraction of the time of a separate process.

Such a run must not change its process: it declares no checks and sends no signals.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import conformance
from conformance.checks.registry import catalogue

PARTS = ("pytest_plugin", "report", "outputs", "results", "verification", "fakes.services", "recording")
"""Packages whose modules a run imports only when it needs them."""
APART = ("-n", "--way=IsInterrupted")
"""Arguments of runs that cannot share a process with their test."""


def import_all() -> None:
    """Import all modules that a run may import. They must stay imported: a check is declared once per process."""
    catalogue()
    for name in PARTS:
        package = importlib.import_module(f"{conformance.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def run_inside(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Return the result of ``pytest`` with the plugin and these arguments, in the folder of the pytester.

    A run is started in a separate process if its folder has modules, or if it has workers or is interrupted.
    """
    options = ("-p", "conformance.plugin", *arguments)
    own = any(pytester.path.glob("*.py"))
    if own or any(argument.startswith(APART) for argument in arguments):
        return pytester.runpytest_subprocess(*options)
    return pytester.runpytest_inprocess(*options)
