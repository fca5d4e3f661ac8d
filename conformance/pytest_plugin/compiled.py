"""The package's own modules are imported from their compiled form, past pytest's rewriting of assertions.

pytest rewrites every module of a package with a plugin, and compiles it again at each start wherever it cannot write
its own bytecode beside them: in a read-only image, or with ``PYTHONDONTWRITEBYTECODE``. Checks say what they found by
:mod:`conformance.checks.expect`, so nothing here needs it. Users' own checks and tests are rewritten as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

PREFIX = "conformance."


class CompiledModules(MetaPathFinder):
    """Finds the modules of this package as Python itself does, and no others."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module as ``importlib.abc.MetaPathFinder`` has to."""
        return PathFinder.find_spec(name, path, target) if name.startswith(PREFIX) else None


def import_compiled() -> None:
    """Import what follows of this package in its compiled form. To be called once pytest's import hook is in place."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, CompiledModules)]
    sys.meta_path.insert(0, CompiledModules())
