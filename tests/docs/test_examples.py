"""The examples of tests for other projects, run as those projects would run them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_small_connector_is_tested_against_each_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("connector.py", "test_connector.py"):
        shutil.copy(EXAMPLES / name, pytester.path)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES.parent))
    result = pytester.runpytest_subprocess("-p", "conformance.plugin", "-W", "error", "-p", "no:randomly")
    assert result.ret == 0, result.stdout.str()
    assert result.parseoutcomes()["passed"] > 50
