"""The module search path of processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def python_path(*folders: Path) -> str:
    """Return a ``PYTHONPATH``: the folders, this project, and ``tests/absent``.

    The empty modules in ``tests/absent`` replace packages that a user's environment does not have; importing those
    takes half of the time of a short session.
    """
    return os.pathsep.join(map(str, (*folders, ROOT, ROOT / "tests" / "absent")))
