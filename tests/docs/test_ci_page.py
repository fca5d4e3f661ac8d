"""docs/ci.md contains exactly the results of the matrix of plugins."""

from __future__ import annotations

import json

import pytest

from scripts.pages.ci import page
from scripts.plugins import MATRIX, SITUATIONS, plugins


def test_every_plugin_of_the_page_was_run_in_every_situation(subtests: pytest.Subtests) -> None:
    listed = {(plugin.name, plugin.version, *plugin.arguments) for plugin in plugins()}
    text = page()
    for run in json.loads(MATRIX.read_text(encoding="utf-8"))["runs"]:
        key = (run["plugin"], run["version"], *run["arguments"])
        with subtests.test(key=key):
            assert key in listed
            assert run["problems"] == {situation.name: [] for situation in SITUATIONS}
            assert f"| {run['plugin']} | {run['version']} |" in text


def test_each_known_flaw_of_a_plugin_is_on_the_page() -> None:
    flaws = [plugin for plugin in plugins() if plugin.flaw]
    assert flaws
    assert not [plugin.name for plugin in flaws if f"- {plugin.name} {plugin.version}: {plugin.flaw}." not in page()]
