"""The tests of docs/connector-tests.md, extracted from the page and run as a reader would."""

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
SHOWN = dict(re.findall(r"^<!-- connector:(\w+) -->\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
MAX_LINES = 15


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a shell has in which `. virtual-tenant/environment` was read."""
    with serve_tenant() as stage:
        yield {**os.environ, **read(stage, tmp_path)}


def read(stage: ServedTenant, folder: Path) -> dict[str, str]:
    """The variables of the environment's file."""
    write(folder, stage.connection, stage.server.environment, stage.server.ca_file.read_bytes())
    done = subprocess.run(
        ["sh", "-c", f". {folder}/environment; env -0"], capture_output=True, text=True, check=True, env={}
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)


def test_each_is_short() -> None:
    assert SHOWN.keys() == {"python", "javascript", "curl", "java", "go"}
    assert {name: text for name, text in SHOWN.items() if len(text.splitlines()) > MAX_LINES} == {}


def test_python(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(test_shown=SHOWN["python"])
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)


def test_javascript(installed: str, environment: dict[str, str]) -> None:
    file = FOLDER / "connector.test.mjs"  # beside node_modules, where Node looks for what it imports
    file.write_text(SHOWN["javascript"], encoding="utf-8")
    try:
        done = subprocess.run(
            [installed, "--test", str(file)], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        file.unlink()
    assert done.returncode == 0, done.stdout
    assert "# pass 1" in done.stdout


def test_curl(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["sh", "-c", SHOWN["curl"]], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "passed\n", "")


def test_java(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("javac") is None:
        pytest.skip("no JDK is installed")
    file = tmp_path / "Connector.java"
    file.write_text(SHOWN["java"], encoding="utf-8")
    done = subprocess.run(
        ["java", str(file)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "passed\n", done.stderr


def test_go(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")
    file = tmp_path / "connector.go"
    file.write_text(SHOWN["go"], encoding="utf-8")
    done = subprocess.run(
        ["go", "run", str(file)],
        env={**environment, "GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "passed\n", done.stderr
