"""The pipelines of examples/pipelines and the action: their shell steps run, on the virtual tenant."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import plugin
from scripts.action import ACTION, steps
from tests.contoso import FILE
from tests.python_path import python_path

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "examples" / "pipelines"


def read(name: str) -> Any:
    return yaml.safe_load((PIPELINES / name).read_text(encoding="utf-8"))


def shell_steps() -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each example and its scripts in order; for GitHub these are the scripts of the action."""
    yield "action.yml", list(steps({"connections": "connections"}).values())
    yield (
        "azure-pipelines.yml",
        [step["bash"] for step in read("azure-pipelines.yml")["jobs"][0]["steps"] if "bash" in step],
    )
    job = read("gitlab-ci.yml")["sentinel"]
    yield "gitlab-ci.yml", [*job["before_script"], *job["script"]]
    text = (PIPELINES / "Jenkinsfile").read_text(encoding="utf-8")
    yield "Jenkinsfile", re.findall(r"'''\n(.*?)'''", text, re.DOTALL)


SCRIPTS = dict(shell_steps())


def shell(script: str, work: Path, scenario: str) -> subprocess.CompletedProcess[str]:
    """Run a step like a job; pip does nothing, because this project can already be imported."""
    (work / "bin").mkdir(exist_ok=True)
    python = work / "bin" / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = pip ] && exit 0\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=work,
        env={
            **os.environ,
            "PATH": f"{work / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": python_path(),
            "PYTEST_ADDOPTS": f"-p conformance.plugin -p no:cacheprovider --sentinel-source=fake:{scenario}",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(work / "output"),
            "GITHUB_STEP_SUMMARY": str(work / "job-summary.md"),
            "CONTOSO_SECRET": "made-up-for-a-test",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scenario", "code"), [(name, "expired-secret", 1) for name in SCRIPTS])
def test_the_shell_steps_of_an_example_run(tmp_path: Path, name: str, scenario: str, code: int) -> None:
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "contoso.toml").write_text(FILE)
    codes = []
    for script in SCRIPTS[name]:
        ran = shell(script, tmp_path, scenario)
        codes.append(ran.returncode)
        assert "Traceback" not in ran.stderr, ran.stderr
    assert [exit_code for exit_code in codes if exit_code] == [code]
    report = tmp_path / "sentinel-report"
    assert {"report.html", "report.json", "badge.svg", "summary.md", "junit.xml"} <= {
        file.name for file in report.iterdir()
    }
    if name == "action.yml":
        assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
        assert (tmp_path / "job-summary.md").read_text() == (report / "summary.md").read_text()
    if name == "azure-pipelines.yml":
        assert ran.stdout == f"##vso[task.uploadsummary]{report / 'summary.md'}\n"


def test_every_example_keeps_the_report_after_any_verdict() -> None:
    upload = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"][-1]
    assert (upload["if"], upload["with"]["path"]) == ("always()", "${{ inputs.report }}")
    published = read("azure-pipelines.yml")["jobs"][0]["steps"][-1]
    assert (published["condition"], published["inputs"]["targetPath"]) == ("always()", "sentinel-report")
    artifacts = read("gitlab-ci.yml")["sentinel"]["artifacts"]
    assert (artifacts["when"], artifacts["paths"]) == ("always", ["sentinel-report"])
    assert "always {\n      junit" in (PIPELINES / "Jenkinsfile").read_text(encoding="utf-8")


def test_the_example_for_github_uses_inputs_of_the_action() -> None:
    inputs = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"]
    (step,) = [candidate for candidate in read("github-actions.yml")["jobs"]["verify"]["steps"] if "with" in candidate]
    assert step["with"].keys() <= inputs.keys()
    assert {name for name, row in inputs.items() if row.get("required")} <= step["with"].keys()


def test_no_script_of_the_action_contains_an_expression() -> None:
    for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_options_of_the_suite_in_the_examples_exist(subtests: pytest.Subtests) -> None:
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    for name, scripts in SCRIPTS.items():
        for option in re.findall(r"--sentinel-\w+", "\n".join(scripts)):
            with subtests.test(name=name, option=option):
                assert not parser.parse_known_and_unknown_args([f"{option}=x"])[1]
