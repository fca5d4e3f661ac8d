"""Early requests, sent while checks are still collected: only if nearly all checks are selected."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import checks
from conformance.run_options import RunOptions

SELECTING = (
    "keyword",
    "markexpr",
    "deselect",
    "collectonly",
    "lf",
    "stepwise",
    "ignore",
    "ignore_glob",
    "setuponly",
    "setupplan",
)
"""Options of pytest that leave out checks, or run none."""
ALL_KEPT = frozenset({"_pytest", "conformance", "_hypothesis_pytestplugin", "anyio", "pytest_randomly", "xdist"})
"""Packages whose plugins read the collected items, but remove items only by these options."""


def selects_all(config: pytest.Config, options: RunOptions) -> bool:
    """Return whether it is known before the collection that all checks will run, and that no other file must be read
    first.

    A baseline and a journal to resume must be read first: if they are unusable, nothing is sent.
    """
    if options.resume or options.baseline_file or any(getattr(config.option, name, None) for name in SELECTING):
        return False
    if list(config.args) != [str(folder) for folder in map(Path, checks.__path__)]:
        return False
    hooks = config.hook.pytest_collection_modifyitems.get_hookimpls()
    return {hook.function.__module__.partition(".")[0] for hook in hooks} <= ALL_KEPT
