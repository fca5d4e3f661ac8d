"""The commands of docs/virtual-tenant.md, run in a shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "virtual-tenant.md").read_text(encoding="utf-8")
FIRST, DIRECT, CONTROL = re.findall(r"^<!-- runs -->\n```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield an empty folder in which `sentinel-fakes serve` is running."""
    folder = tmp_path_factory.mktemp("stranger")
    server = subprocess.Popen(
        [sys.executable, "-m", "conformance.fakes", "serve"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    with server.stdout:
        for line in server.stdout:
            if "Ctrl-C" in line:
                break
        yield folder
        server.terminate()
        assert server.wait(60) == 0


def types(folder: Path, commands: str) -> str:
    """Run commands in a shell that has read the file ``environment``; return their output."""
    script = f"set -e\n. virtual-tenant/environment\n{commands}"
    completed = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert (completed.returncode, completed.stderr) == (0, "")
    return completed.stdout


def values(text: str) -> list[Any]:
    """Return the JSON values of a text that consists of several of them."""
    documents, at, decoder = [], 0, json.JSONDecoder()
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        value, at = decoder.raw_decode(text, at)
        documents.append(value)
    return documents


def test_curl_is_answered(folder: Path) -> None:
    (listed,) = values(types(folder, FIRST))
    assert isinstance(listed, dict)
    assert listed["value"][0]["type"] == "Microsoft.SecurityInsights/Incidents"


def test_the_port_answers_without_the_proxy_settings(folder: Path) -> None:
    (refused,) = values(types(folder, DIRECT))
    assert isinstance(refused, dict)
    assert refused["error"]["code"] == "InvalidAuthenticationToken"


def test_every_control_request_of_the_page_works(folder: Path) -> None:
    types(folder, DIRECT)
    documents = values(types(folder, CONTROL.replace("--json", JSON)))
    first, switched, faulty, canned, throttled, late, *log, reset = documents
    assert isinstance(first, dict)
    assert "expired-secret" in first["scenarios"]
    assert [state["scenario"] for state in (switched, faulty, reset)] == ["expired-secret", "expired-secret", "healthy"]
    assert [fault["name"] for fault in canned["faults"]] == ["service-down", "entra/AADSTS50076"]
    assert throttled["faults"][-1]["name"] == "throttled: graph"
    assert late["latency"] == {"seconds": 0.2, "jitter": 0.1}
    assert {"time", "method", "host", "path", "status", "duration_ms"} == log[-1].keys()
    assert reset["faults"] == []


JSON = "-H 'Content-Type: application/json' -d"
"""The options that the page gives for curl before 7.82."""


def test_the_options_are_those_of_the_command_line() -> None:
    completed = subprocess.run(
        [sys.executable, "-m", "conformance.fakes", "serve", "--help-all"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    there = set(re.findall(r"^  (--[\w-]+)", completed.stdout, re.MULTILINE)) - {"--help-all"}
    assert there == set(re.findall(r"`(--[\w-]+) [A-Z=]+`", PAGE))


def test_the_tests_of_the_page_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    pytester.makepyfile(test_shown=example)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = pytester.runpytest_subprocess("-p", "conformance.plugin", "-W", "error", "-p", "no:randomly")
    result.assert_outcomes(passed=4)
