"""A run of pytest within the process of its test, in a fraction of the time that a process of its own takes.

For runs that change nothing in their process: no checks of their own, no signals.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import conformance
from conformance.checks.registry import catalogue

PARTS = ("pytest_plugin", "report", "outputs", "results", "verification", "fakes.services", "recording")
"""Packages whose modules a run imports where it needs them."""
APART = ("-n", "--way=IsInterrupted")
"""Arguments of runs that cannot share a process with their test."""


def import_all() -> None:
    """Import what a run may import. It has to stay imported: a check is declared once in a process."""
    catalogue()
    for name in PARTS:
        package = importlib.import_module(f"{conformance.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def run_inside(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Return the result of ``pytest`` with the plugin and these arguments, in the folder of the pytester.

    A run that has modules of its own or workers, or is interrupted on purpose, gets a process of its own.
    """
    options = ("-p", "conformance.plugin", *arguments)
    own = any(pytester.path.glob("*.py"))
    if own or any(argument.startswith(APART) for argument in arguments):
        return pytester.runpytest_subprocess(*options)
    return pytester.runpytest_inprocess(*options)
