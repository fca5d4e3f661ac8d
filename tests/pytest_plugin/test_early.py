"""Early requests: discovery documents and tokens are requested while checks are collected, but only if allowed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.contoso import FILE, SECRET
from tests.python_path import python_path

PLUGIN = """
import json, os, threading, pytest
from conformance.probing.guard import Guard

asked, tokens = [], threading.Event()
send = Guard.handle_async_request

async def noted(self, request):
    asked.append(f"{request.method} {request.url.path}")
    if request.method == "POST" and request.url.path.endswith("/token"):
        tokens.set()
    return await send(self, request)

Guard.handle_async_request = noted

@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session):
    if "EARLY" in os.environ:
        assert tokens.wait(60)
        if os.environ["EARLY"] == "interrupted":
            raise KeyboardInterrupt
    session.config.asked_before = list(asked)

def pytest_unconfigure(config):
    threads = [thread.name for thread in threading.enumerate() if thread.name == "sentinel-gathering"]
    with open("asked.json", "w") as file:
        json.dump({"before": getattr(config, "asked_before", []), "all": asked, "threads": threads}, file)
"""


@pytest.fixture(autouse=True)
def _folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("PYTHONPATH", python_path(pytester.path))
    Path("conn.toml").write_text(FILE, encoding="utf-8")
    Path("conn.toml").chmod(0o600)
    Path("asked_plugin.py").write_text(PLUGIN, encoding="utf-8")


def run(pytester: pytest.Pytester, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run pytest; return its exit code, and the requests during collection, all requests and the threads left."""
    ended = pytester.runpytest_subprocess(
        "-p", "asked_plugin", "--sentinel-config=conn.toml", "--sentinel-source=fake", *arguments
    )
    return int(ended.ret), json.loads(Path("asked.json").read_text(encoding="utf-8"))


def test_tokens_are_requested_while_checks_are_collected_and_only_once(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARLY", "yes")
    code, hosts = run(pytester, "--sentinel-report=out")
    assert code == 0
    assert all(path.endswith(("/openid-configuration", "/token")) for path in hosts["before"]), hosts["before"]
    assert max(Counter(path for path in hosts["all"] if "openid" in path).values()) == 1
    assert sum(path.endswith("/token") for path in hosts["all"]) == 4
    (connection,) = json.loads(Path("out/report.json").read_bytes())["connections"]
    assert connection["verdict"]["status"] == "conformant"
    assert len(connection["requests"]) == len(hosts["all"])


def test_an_interrupt_during_collection_ends_early_requests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARLY", "interrupted")
    code, hosts = run(pytester)
    assert code == 2
    assert hosts["all"]
    assert not hosts["threads"]


def test_nothing_is_sent_before_the_selection_is_known(pytester: pytest.Pytester, subtests: pytest.Subtests) -> None:
    Path("known.toml").write_text("no baseline", encoding="utf-8")
    Path("conftest.py").write_text("", encoding="utf-8")
    Path("leaves_out.py").write_text("def pytest_collection_modifyitems(items):\n    del items[5:]\n", encoding="utf-8")
    for arguments in (["-k", "CONN-001"], ["-m", "hygiene"], ["-p", "leaves_out"]):
        with subtests.test(arguments=arguments):
            _, hosts = run(pytester, *arguments)
            assert not hosts["before"]
    for arguments in (
        ["--collect-only"],
        ["--fixtures"],
        ["--markers"],
        ["--help"],
        ["--sentinel-baseline=known.toml"],
    ):
        with subtests.test(arguments=arguments):
            _, hosts = run(pytester, *arguments)
            assert not hosts["all"]
