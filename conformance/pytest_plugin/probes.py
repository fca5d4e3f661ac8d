"""Probes as pytest fixtures, for the user's own checks; only a verification registers them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from conformance.checks.registry import catalogue
from conformance.probing.probe import CONNECTION, PROBES
from conformance.pytest_plugin.cases import CASE, Case, Run


def fixtures() -> ModuleType:
    """Return a plugin with a fixture for the evidence of each probe, for the connection, and for the case of an
    item.
    """
    catalogue()  # imports the probes with the checks
    holder = ModuleType("sentinel fixtures")  # pytest searches fixtures in modules and classes
    for name in (CONNECTION, *PROBES):
        setattr(holder, f"fixture_{name}", _evidence(name))
    setattr(holder, CASE, pytest.fixture(sentinel_case))
    return holder


def sentinel_case(request: pytest.FixtureRequest) -> Case:
    """Return the check and connection of this item."""
    case: Case = request.param
    return case


def _evidence(name: str) -> Any:
    def evidence(request: pytest.FixtureRequest) -> Any:
        run: Run = request.getfixturevalue(CASE).run
        return run.connection if name == CONNECTION else run.evidence[name]

    evidence.__doc__ = PROBES[name].function.__doc__ if name in PROBES else "The connection under verification."
    return pytest.fixture(name=name)(evidence)
