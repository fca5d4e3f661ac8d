"""The console command: a face of the plugin's options, undisturbed by the folder that it is started in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.pytest_plugin.console import main, run_settings, verify_arguments, verify_parser

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo.toml"


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from conformance.pytest_plugin.console import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"SENTINEL_DEMO_SECRET": "made-up", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_is_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 84


def test_every_option_of_a_run_is_there() -> None:
    assert {"source", "report", "wait", "strict-retirements"} <= {name for name, _ in run_settings()}
    help_ = verify_parser().format_help()
    assert all(f"--{name}" in help_ for name, _ in run_settings())


def test_options_become_those_of_pytest() -> None:
    assert verify_arguments(
        ["a.toml", "b", "--source=fake", "--strict", "-k", "RBAC", "-vv", "--notify=env:X", "-x"]
    ) == [
        "--sentinel-config=a.toml",
        "--sentinel-config=b",
        "--sentinel-source=fake",
        "--sentinel-notify=env:X",
        "--sentinel-strict",
        "-vv",
        "-k",
        "RBAC",
        "-x",
    ]


def test_an_unknown_command_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verfiy"]) == 4
    assert "no command 'verfiy'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_conftest_of_the_current_folder_does_not_disturb(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemError('not of this run')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    done = start(tmp_path, "verify", str(DEMO), "--source=fake:no-azure-role", "-k", "RBAC-001")
    assert done.returncode == 1, done.stderr
    assert "contoso does not work" in done.stdout
    assert "warnings summary" not in done.stdout + done.stderr
    listed = start(tmp_path, "list")
    assert listed.returncode == 0
    assert "RBAC-001" in listed.stdout
