"""The command that repeats a run."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from conformance.report.command import command, program


def test_options_that_select_tests_are_left_out(subtests: pytest.Subtests) -> None:
    for arguments, again in [
        ("--sentinel-config=conn.toml", "pytest --sentinel-config=conn.toml"),
        ("--sentinel-config conn.toml -k AUTH-003 -vv", "pytest --sentinel-config conn.toml"),
        ("-kAUTH --sentinel-config=a.toml -m 'not slow' --lf -x -q", "pytest --sentinel-config=a.toml"),
        ("--sentinel-config=a.toml --sentinel-report out --junitxml=j.xml", "pytest --sentinel-config=a.toml"),
        ("--deselect=a::b --deselect c::d --sentinel-config=a.toml", "pytest --sentinel-config=a.toml"),
        (
            "--sentinel-config='my conn.toml' --sentinel-strict",
            "pytest '--sentinel-config=my conn.toml' --sentinel-strict",
        ),
    ]:
        with subtests.test(given=arguments, again=again):
            assert command(shlex.split(arguments)) == again


def test_the_command_names_the_program_that_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "pytest"
    script.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program(str(script), "/python") == ["pytest"], "found by its bare name"
    assert program(".venv/bin/pytest", "/python") == [".venv/bin/pytest"], "another one is found by that name"
    assert program("/site-packages/pytest/__main__.py", "/venv/bin/python") == ["/venv/bin/python", "-m", "pytest"]
    assert program("/bin/ide-runner", "/python") == ["pytest"]


def test_options_that_the_console_command_adds_are_left_out() -> None:
    arguments = [
        "--noconftest",
        "--disable-warnings",
        "-pno:cacheprovider",
        "--config-file=/dev/null",
        "--rootdir=/x",
        "--sentinel-config=a.toml",
    ]
    started = program("/bin/sentinel-conformance", "/python")
    assert command(arguments, started) == "sentinel-conformance verify --sentinel-config=a.toml"
