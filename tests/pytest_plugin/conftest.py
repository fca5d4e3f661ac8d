"""What runs of pytest within the process of their test need."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.inner_run import import_all


@pytest.fixture(scope="session", autouse=True)
def _everything_imported() -> None:
    """Import the product before the first pytester, which forgets what is imported after it was set up."""
    import_all()
