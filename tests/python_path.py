"""Where a process that a test starts finds its modules."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def python_path(*folders: Path) -> str:
    """Return ``PYTHONPATH``: the folders, this project, and the empty modules of ``tests/absent`` in place of what the
    environment of a user does not have: importing those takes half of the time of a short session.
    """
    return os.pathsep.join(map(str, (*folders, ROOT, ROOT / "tests" / "absent")))
