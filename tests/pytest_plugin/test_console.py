"""The console command: it sets the plugin's options, and ignores pytest's files in the current folder."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.pytest_plugin.completion import command_parser
from conformance.pytest_plugin.console import main, verify_arguments
from conformance.pytest_plugin.parsers import run_settings
from tests.python_path import python_path

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "demo.toml"


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from conformance.pytest_plugin.console import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"SENTINEL_DEMO_SECRET": "made-up", "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        check=False,
    )


COMMANDS = ("verify", "explain", "init", "list", "scenarios", "profiles", "serve", "fleet", "fleet trend", "completion")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    with suppress(SystemExit):  # raised by argparse, if the command uses it
        assert main(words) == 0
    return capsys.readouterr().out.splitlines()


def test_help_is_one_screen(capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests) -> None:
    for command in ("", *COMMANDS):
        with subtests.test(command):
            lines = printed(capsys, *command.split(), "--help")
            assert lines[0].startswith("usage: ")
            assert len(lines) <= 24
            assert max(map(len, lines)) <= 80


def test_the_help_lists_every_option_and_the_full_help_explains_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"source", "report", "wait", "strict-retirements"} <= {name for name, _ in run_settings()}
    for help_ in (printed(capsys, "verify", "--help"), printed(capsys, "verify", "--help-all")):
        assert all(f"--{name}" in " ".join(help_) for name, _ in run_settings())


def test_the_help_and_the_completion_have_the_same_commands(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {line.split()[0] for line in printed(capsys, "--help") if re.match("  [a-z]", line)}
    assert listed == {command.split()[0] for command in COMMANDS}
    (commands,) = (action for action in command_parser()._actions if action.choices)
    assert listed == set(commands.choices or ())


@pytest.mark.slow
def test_bash_completes_commands_options_and_values(tmp_path: Path, subtests: pytest.Subtests) -> None:
    folder = Path(sys.executable).parent
    if not (folder / "sentinel-conformance").exists():
        pytest.skip("the console command is not installed")
    script = """
        eval "$(sentinel-conformance completion bash)"
        COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _python_argcomplete sentinel-conformance
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    for typed, offered in (
        ("ver", "verify"),
        ("verify --sou", "--source"),
        ("verify --source fake:no-az", "fake:no-azure-role"),
        ("explain secret_exp", "secret_expired"),
        ("completion f", "fish"),
    ):
        with subtests.test(typed):
            completed = subprocess.run(
                ["bash", "-c", script, "bash", f"sentinel-conformance {typed}"],
                env={"PATH": f"{folder}:/usr/bin:/bin"},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
            )
            assert offered.rpartition(":")[2] in (
                line.strip().rpartition(":")[2] for line in completed.stdout.splitlines()
            )


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
def test_pytest_files_of_the_current_folder_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemError('not of this run')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    completed = start(tmp_path, "verify", str(DEMO), "--source=fake:no-azure-role", "-k", "RBAC-001")
    assert completed.returncode == 1, completed.stderr
    assert "contoso does not work" in completed.stdout
    assert "warnings summary" not in completed.stdout + completed.stderr
    listed = start(tmp_path, "list")
    assert listed.returncode == 0
    assert "RBAC-001" in listed.stdout
