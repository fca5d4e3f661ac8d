"""The command that scans a folder for leaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conformance.recording.__main__ import main
from tests.contoso import SECRET
from tests.recording.carriers import recorded

# The command line


def test_a_clean_folder_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(recorded('{"value": []}')))
    assert main(["scan", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no leaks in 1 files\n"


def test_a_leak_ends_with_1_and_is_reported_with_file_and_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep" / "a.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"mail": "ada@firma.de"}))
    assert main(["scan", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}: mail: a mail address or user name (mail): xxx@xxxxx.xx" in out
    assert "ada" not in out


def test_values_of_a_connection_file_are_found(tmp_path: Path) -> None:
    connection = tmp_path / "conn.toml"
    connection.write_text(
        "[connection]\n" + "".join(f'{key} = "{value}"\n' for key, value in {**FILE, "client_secret": SECRET}.items())
    )
    recording = tmp_path / "a.txt"
    recording.write_text("group rg.7 it was")
    assert main(["scan", str(recording)]) == 0
    assert main(["scan", str(recording), f"--connection={connection}"]) == 1


FILE = {
    "name": "contoso",
    "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
    "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
    "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
    "resource_group": "rg.7",
    "workspace_id": "30a40000-0c0f-4c0f-a11c-000000000004",
    "workspace_name": "law-security",
}


@pytest.mark.parametrize("arguments", [["missing"], [".", "--connection=missing.toml"]])
def test_a_path_that_cannot_be_scanned_ends_with_4_in_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["scan", *arguments]) == 4
    assert capsys.readouterr().err.count("\n") == 1
