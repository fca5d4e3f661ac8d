"""The command that looks again."""

from __future__ import annotations

import shlex

import pytest

from conformance.report.command import command


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ("--sentinel-config=conn.toml", "pytest --sentinel-config=conn.toml"),
        ("--sentinel-config conn.toml -k AUTH-003 -vv", "pytest --sentinel-config conn.toml"),
        ("-kAUTH --sentinel-config=a.toml -m 'not slow' --lf -x -q", "pytest --sentinel-config=a.toml"),
        ("--sentinel-config=a.toml --sentinel-report out --junitxml=j.xml", "pytest --sentinel-config=a.toml"),
        ("--deselect=a::b --deselect c::d --sentinel-config=a.toml", "pytest --sentinel-config=a.toml"),
        (
            "--sentinel-config='my conn.toml' --sentinel-strict",
            "pytest '--sentinel-config=my conn.toml' --sentinel-strict",
        ),
    ],
)
def test_what_selects_is_left_out(given: str, again: str) -> None:
    assert command(shlex.split(given)) == again
