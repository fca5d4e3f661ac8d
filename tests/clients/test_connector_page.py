"""The tests of docs/connector-tests.md, extracted from the page and run as a reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.fakes.network.client_files import write
from conformance.fakes.network.served import ServedTenant, serve_tenant
from tests.clients.test_javascript import FOLDER, installed

__all__ = ["installed"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "connector-tests.md").read_text(encoding="utf-8")
CODE = dict(re.findall(r"^<!-- connector:(\w+) -->\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
MAX_LINES = 15


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a shell after `. virtual-tenant/environment`."""
    with serve_tenant() as stage:
        yield {**os.environ, **environment_of(stage, tmp_path)}


def environment_of(stage: ServedTenant, folder: Path) -> dict[str, str]:
    """Write the files of a served tenant to a folder; return the variables that its file ``environment`` sets."""
    write(folder, stage.connection, stage.server.environment, stage.server.ca_file.read_bytes())
    process = subprocess.run(
        ["sh", "-c", f". {folder}/environment; env -0"], capture_output=True, text=True, check=True, env={}
    )
    return dict(line.split("=", 1) for line in process.stdout.split("\0") if "=" in line)


def test_each_example_is_short() -> None:
    assert CODE.keys() == {"python", "javascript", "curl", "java", "go"}
    assert {name: text for name, text in CODE.items() if len(text.splitlines()) > MAX_LINES} == {}


def test_python(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(test_shown=CODE["python"])
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)


def test_javascript(installed: str, environment: dict[str, str]) -> None:
    file = FOLDER / "connector.test.mjs"  # beside node_modules, where Node looks for imported packages
    file.write_text(CODE["javascript"], encoding="utf-8")
    try:
        process = subprocess.run(
            [installed, "--test", str(file)], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        file.unlink()
    assert process.returncode == 0, process.stdout
    assert "# pass 1" in process.stdout


def test_curl(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    process = subprocess.run(
        ["sh", "-c", CODE["curl"]], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "passed\n", "")


def test_java(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("javac") is None:
        pytest.skip("no JDK is installed")
    file = tmp_path / "Connector.java"
    file.write_text(CODE["java"], encoding="utf-8")
    process = subprocess.run(
        ["java", str(file)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert process.stdout == "passed\n", process.stderr


def test_go(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")
    file = tmp_path / "connector.go"
    file.write_text(CODE["go"], encoding="utf-8")
    process = subprocess.run(
        ["go", "run", str(file)],
        env={**environment, "GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.stdout == "passed\n", process.stderr
