"""docs/ci.md says what the matrix of plugins saw, and nothing else."""

from __future__ import annotations

import json

import pytest

from scripts.pages.ci import page
from scripts.plugins import MATRIX, SITUATIONS, plugins


def test_what_the_page_says_was_run_in_every_situation(subtests: pytest.Subtests) -> None:
    listed = {(one.name, one.version, *one.arguments) for one in plugins()}
    text = page()
    for run in json.loads(MATRIX.read_text(encoding="utf-8"))["runs"]:
        key = (run["plugin"], run["version"], *run["arguments"])
        with subtests.test(key=key):
            assert key in listed
            assert run["problems"] == {one.name: [] for one in SITUATIONS}
            assert f"| {run['plugin']} | {run['version']} |" in text


def test_each_flaw_of_the_list_is_on_the_page() -> None:
    flaws = [one for one in plugins() if one.flaw]
    assert flaws
    assert not [one.name for one in flaws if f"- {one.name} {one.version}: {one.flaw}." not in page()]
