"""The scripts and benchmarks of this repository: each can be imported, and cassettes can be recorded again."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from scripts import cassettes

ROOT = Path(__file__).parents[2]
APART = ("agreement", "sdk")
"""These need the clients of `make test-clients`."""


def test_each_can_be_imported(subtests: pytest.Subtests) -> None:
    for folder in ("scripts", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            with subtests.test(module=name):
                if path.stem in APART:
                    pytest.importorskip("azure.identity", reason="make test-clients installs it")
                importlib.import_module(name)


def test_a_cassette_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make cassettes` does the same, into its own folder; the environment is restored afterwards."""
    monkeypatch.setattr(cassettes, "FOLDER", tmp_path)
    with patch.dict(os.environ):
        assert cassettes.main(["expired-secret"]) == 0
    manifest = json.loads((tmp_path / "expired-secret" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tier"] == "virtual"
    assert "secret_expired" in json.dumps(manifest)
