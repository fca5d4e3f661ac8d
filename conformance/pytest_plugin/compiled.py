"""Import of the package's own modules in their compiled form, without pytest's rewriting of assertions.

pytest rewrites every module of a package with a plugin, and compiles it again at each start wherever it cannot write
its own bytecode beside them: in a read-only image, or with ``PYTHONDONTWRITEBYTECODE``. Checks report their findings by
:mod:`conformance.checks.expect`, so this package does not need it. The user's own checks and tests are rewritten as
usual.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

PREFIX = "conformance."


class CompiledModules(MetaPathFinder):
    """Finds only the modules of this package, as Python itself does."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module, by the protocol of ``importlib.abc.MetaPathFinder``."""
        return PathFinder.find_spec(name, path, target) if name.startswith(PREFIX) else None


def import_compiled() -> None:
    """Import later modules of this package in their compiled form. Must be called after pytest has set its import
    hook.
    """
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, CompiledModules)]
    sys.meta_path.insert(0, CompiledModules())
