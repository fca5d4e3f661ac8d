"""Set-up for runs of pytest within the process of their test."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.inner_run import import_all


@pytest.fixture(scope="session", autouse=True)
def _everything_imported() -> None:
    """Import the product before the first pytester, which removes all modules that are imported after its set-up."""
    import_all()
