"""The pipelines of docs/nightly: they are valid, use options that exist, and contain no secret."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import load, plugin
from conformance.connection.credential import EXCHANGE_AUDIENCE
from conformance.recording.__main__ import main
from conformance.sources.resolve import source
from tests.python_path import python_path

ROOT = Path(__file__).parents[2]
NIGHTLY = ROOT / "docs" / "nightly"
FILES = ("github-actions.yml", "azure-pipelines.yml")
README = (NIGHTLY / "README.md").read_text(encoding="utf-8")
each_pipeline = pytest.mark.parametrize("name", FILES)


def parsed(name: str) -> Any:
    return yaml.safe_load((NIGHTLY / name).read_text(encoding="utf-8"))


def scripts(node: Any) -> Iterator[str]:
    """Yield every shell script of a pipeline."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script", "bash", "inlineScript") and isinstance(value, str):
                yield value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(text: str, start: str) -> list[list[str]]:
    """Return the commands of a script that start with a text, each up to its first pipe and as a list of words."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [shlex.split(line.split("|")[0], comments=True) for line in lines if line.strip().startswith(start)]
    return [[word for word in words if not word.startswith("$")] for words in commands]


def jobs(name: str) -> dict[str, Any]:
    listed = parsed(name)["jobs"]
    return listed if isinstance(listed, dict) else {job["job"]: job for job in listed}


@cache
def everything() -> list[tuple[str, str]]:
    """Return the scripts of both pipelines and of the page, each after the name of its file."""
    all_scripts = [(name, script) for name in FILES for script in scripts(parsed(name))]
    return [*all_scripts, *(("README.md", script) for script in blocks("sh"))]


@each_pipeline
def test_there_is_a_live_and_an_offline_job(name: str) -> None:
    assert set(jobs(name)) == {"live", "offline"}


def test_every_script_is_valid_bash(subtests: pytest.Subtests) -> None:
    for name, script in everything():
        with subtests.test(name=name, script=script):
            subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=60)


def calls_of_pytest() -> list[tuple[str, list[str]]]:
    return [(name, words) for name, script in everything() for words in commands(script, "pytest")]


def test_both_pipelines_and_the_page_call_pytest() -> None:
    assert [name for name, _ in calls_of_pytest()] == [*(name for name in FILES for _ in range(2)), "README.md"]


def test_pytest_is_called_with_options_that_exist(pytestconfig: pytest.Config, subtests: pytest.Subtests) -> None:
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    group = parser.getgroup("others")
    group.addoption("--junitxml")
    group.addoption("--record-mode", choices=["once", "new_episodes", "all", "rewrite", "none"])
    for name, words in calls_of_pytest():
        with subtests.test(name=name, words=words):
            options, unknown = parser.parse_known_and_unknown_args(words[1:])
            assert unknown == []
            source(options.sentinel_source, cassettes=Path("cassettes"))
    for option in ("junitxml", "record_mode"):
        assert pytestconfig.getoption(f"--{option.replace('_', '-')}", "missing") != "missing", "the option exists"


def test_the_offline_job_needs_no_connection_and_no_network() -> None:
    for name in FILES:
        script = "\n".join(scripts(jobs(name)["offline"]))
        (words,) = commands(script, "pytest")
        assert "--sentinel-source=cassette:contoso" in words
        assert not [word for word in words if word.startswith("--sentinel-config")]


@each_pipeline
def test_recordings_are_scanned_before_they_are_replayed(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (words,) = commands("\n".join(scripts(jobs(name)["offline"])), "python -m")
    assert words[:3] == ["python", "-m", "conformance.recording"]
    monkeypatch.chdir(ROOT)
    assert main(words[3:]) == 0, capsys.readouterr().out


@each_pipeline
def test_no_secret_is_needed(name: str) -> None:
    text = (NIGHTLY / name).read_text(encoding="utf-8")
    assert not re.search(r"secrets\.|client_secret|password|SYSTEM_ACCESSTOKEN", text, re.IGNORECASE)


def test_only_the_live_job_can_request_a_token_of_github() -> None:
    workflow = parsed("github-actions.yml")
    assert workflow["permissions"] == {}
    assert jobs("github-actions.yml")["live"]["permissions"]["id-token"] == "write"
    assert jobs("github-actions.yml")["offline"]["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("reference", ["github", "env:idToken"])
def test_the_connection_file_of_the_page_can_be_loaded(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("idToken", ASSERTION)
    (connection,) = load(str(connection_file(tmp_path, reference)))
    assert connection.credential.origin == reference  # type: ignore[union-attr]


def connection_file(folder: Path, reference: str) -> Path:
    (text,) = blocks("toml")
    path = folder / "connections" / "contoso.toml"
    path.parent.mkdir()
    path.write_text(text.replace('"github"', f'"{reference}"'), encoding="utf-8")
    return path


def test_the_command_of_the_page_trusts_the_audience_that_is_sent() -> None:
    (words,) = commands(blocks("sh")[0].replace("\n  ", " ").replace("\n}", " }"), "az ad app")
    assert json.loads(words[-1])["audiences"] == [EXCHANGE_AUDIENCE]


def test_every_link_of_the_page_has_a_target() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (NIGHTLY / link).exists(), link


# The hook for pre-commit


def test_the_hook_scans_recordings() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert f"- id: {hook['id']}" in README
    assert hook["entry"] == "python -m conformance.recording scan"
    for path in ("cassettes/contoso/manifest.json", "cassettes/contoso/interactions.json", "tests/cassettes/a.yaml"):
        assert re.search(hook["files"], path), path
    assert not re.search(hook["files"], "docs/cassettes.md")


# Runs of the pipelines


ASSERTION = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in (
        {"alg": "RS256", "typ": "JWT"},
        {
            "iss": "https://issuer.example",
            "sub": "sc://contoso/security/sentinel",
            "aud": EXCHANGE_AUDIENCE,
            "exp": 4102444800,
        },
        "signature",
    )
)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_pipeline_reports_the_changes_of_a_second_night(name: str, tmp_path: Path) -> None:
    """The step that verifies is run as in the pipelines, on the virtual tenant, which is broken in the second night."""
    connection_file(tmp_path, "env:idToken")
    (script,) = [text for text in scripts(jobs(name)["live"]) if "pytest --sentinel-config" in text]

    def night(scenario: str, compare: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": python_path(),
            "PYTEST_ADDOPTS": f"-p conformance.plugin -p no:cacheprovider --sentinel-source=fake:{scenario}",
            "idToken": ASSERTION,
            "COMPARE": compare,
        }
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    first = night("healthy", "")
    assert first.returncode == 0, first.stdout + first.stderr
    (tmp_path / "report").rename(tmp_path / "previous")
    second = night("no-azure-role", "--sentinel-compare=previous/report.json")
    assert second.returncode == 1, second.stdout + second.stderr
    summary = (tmp_path / "report" / "summary.md").read_text(encoding="utf-8")
    assert "- failing: RBAC-001: rbac\\_role\\_missing" in summary
    assert (tmp_path / "report" / "junit.xml").exists()
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["comparison"]["connections"]["contoso"]["newly_failing"]
