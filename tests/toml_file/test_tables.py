"""The tables of the package have the same content in TOML and in the compiled form of the wheel."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from conformance.toml_file.compiled import SUFFIX, compiled_tables
from conformance.toml_file.tables import table

ROOT = Path(__file__).parents[2]


def test_wheel_holds_every_table_with_the_same_data(subtests: pytest.Subtests) -> None:
    compiled = dict(compiled_tables(ROOT))
    tables = sorted((ROOT / "conformance").rglob("*.toml"))
    assert len(compiled) == len(tables)
    for file in tables:
        with subtests.test(file.name):
            text = compiled[f"{file.relative_to(ROOT).as_posix()}{SUFFIX}"]
            assert json.loads(text) == tomllib.loads(file.read_text(encoding="utf-8"))


def test_compiled_table_is_preferred_if_it_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("conformance.toml_file.tables.resources.files", lambda package: tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "some.toml").write_text('[row]\nsource = "toml"\n', encoding="utf-8")
    assert table("any", "folder", "some.toml") == {"row": {"source": "toml"}}
    (tmp_path / "folder" / f"some.toml{SUFFIX}").write_text('{"row": {"source": "json"}}', encoding="utf-8")
    assert table("any", "folder", "some.toml") == {"row": {"source": "json"}}
