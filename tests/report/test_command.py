"""The command that looks again."""

from __future__ import annotations

import shlex

import pytest

from conformance.report.command import command


def test_what_selects_is_left_out(subtests: pytest.Subtests) -> None:
    for given, again in [
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
        with subtests.test(given=given, again=again):
            assert command(shlex.split(given)) == again
