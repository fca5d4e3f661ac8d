"""The option `--sentinel-compare`, run as by users."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.python_path import python_path

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "cassettes" / "healthy" / "manifest.json"


def run(pytester: pytest.Pytester, previous: object, *arguments: str) -> pytest.RunResult:
    plugins = ("-p", "conformance.plugin", "-p", "no:randomly", "-p", "no:cacheprovider")
    return pytester.runpytest_subprocess(
        *plugins, "--sentinel-source=cassette:healthy", f"--sentinel-compare={previous}", *arguments
    )


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", python_path())


@pytest.mark.parametrize("content", [None, "", "{}", '{"schema": "sentinel-conformance/report/1"}'])
def test_a_file_that_cannot_be_compared_ends_with_4_in_one_line(pytester: pytest.Pytester, content: str | None) -> None:
    if content is not None:
        (pytester.path / "previous.json").write_text(content)
    result = run(pytester, "previous.json", "--sentinel-report=out")
    assert result.ret == 4
    (line,) = [line for line in result.errlines if line]
    assert line.startswith("ERROR: previous.json: ")
    assert not (pytester.path / "out").exists()


def test_a_replay_has_not_changed_since_its_manifest(pytester: pytest.Pytester) -> None:
    result = run(pytester, MANIFEST, "--sentinel-report=out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["since   *: nothing changed"])
    again = run(pytester, "out/report.json")
    again.stdout.fnmatch_lines(["since   *: nothing changed"])


def test_changes_are_printed_and_reported_and_do_not_change_the_exit_code(pytester: pytest.Pytester) -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    before = [
        {**result, "outcome": "failed", "cause": "data_stale"} if result["id"] == "LA-001" else result
        for result in manifest["checks"]
    ]
    (pytester.path / "before.json").write_text(json.dumps({**manifest, "checks": before[1:]}))
    result = run(pytester, "before.json", "--sentinel-report=out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["passing LA-001: passed, was data_stale", f"new     {manifest['checks'][0]['id']}"])
    report = json.loads((pytester.path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["comparison"]["connections"]["healthy"]["newly_passing"][0]["check"] == "LA-001"
