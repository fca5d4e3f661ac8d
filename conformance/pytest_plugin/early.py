"""Whether the first requests may leave while checks are still collected: only where nearly all checks are selected."""

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
"""Options of pytest with which checks are left out, or none is run."""
ALL_KEPT = frozenset({"_pytest", "conformance", "_hypothesis_pytestplugin", "anyio", "pytest_randomly", "xdist"})
"""The packages whose plugins look at the collected items, but take none away beside these options."""


def selects_all(config: pytest.Config, options: RunOptions) -> bool:
    """Return whether it is known before the collection that all checks will run, and that nothing else is read before.

    A baseline and a journal to go on from are: where they cannot be used, nothing is sent.
    """
    if options.resume or options.baseline_file or any(getattr(config.option, name, None) for name in SELECTING):
        return False
    if list(config.args) != [str(folder) for folder in map(Path, checks.__path__)]:
        return False
    hooks = config.hook.pytest_collection_modifyitems.get_hookimpls()
    return {hook.function.__module__.partition(".")[0] for hook in hooks} <= ALL_KEPT
