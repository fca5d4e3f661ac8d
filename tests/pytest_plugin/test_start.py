"""The cost of a start: the modules imported, their form, and the objects that the garbage collector visits."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import pytest

import conformance
from conformance.pytest_plugin.garbage import paused_collector
from tests.contoso import FILE, SECRET
from tests.python_path import python_path

LOADERS = """
import json, sys

def pytest_unconfigure(config):
    loaders = {name: type(module.__spec__.loader).__name__ for name, module in list(sys.modules.items())
               if module is not None and getattr(module, "__spec__", None)}
    with open("loaders.json", "w") as file:
        json.dump(loaders, file)
"""
REWRITTEN = "AssertionRewritingHook"
NOT_NEEDED = {
    "conformance.fleet",
    "conformance.recording",
    "conformance.report.handback.page",
    "conformance.report.html",
    "conformance.results.history",
    "apprise",
    "distributed",
    "jinja2",
    "sqlite3",
    "yaml",
}
"""Modules that a run without reports, history and recordings never imports."""
INERT = {
    "conformance._version",
    "conformance.deadline",
    "conformance.plugin",
    "conformance.pytest_plugin",
    "conformance.pytest_plugin.compiled",
    "conformance.pytest_plugin.loopback",
    "conformance.pytest_plugin.options",
    "conformance.testing",
}
"""All modules of the package that a session without its options imports."""


def loaders(pytester: pytest.Pytester, *arguments: str) -> dict[str, str]:
    """Run pytest; return, by module, the name of its loader at the end of the run, which must pass."""
    Path("loaders_plugin.py").write_text(LOADERS, encoding="utf-8")
    ended = pytester.runpytest_subprocess("-p", "loaders_plugin", "-p", "no:randomly", *arguments)
    assert ended.ret == 0, ended.outlines
    loader_names: dict[str, str] = json.loads(Path("loaders.json").read_text(encoding="utf-8"))
    return loader_names


def test_package_is_compiled_and_users_tests_are_rewritten(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("PYTHONPATH", python_path(pytester.path))
    Path("conn.toml").write_text(FILE, encoding="utf-8")
    Path("conn.toml").chmod(0o600)
    Path("test_own.py").write_text("def test_own():\n    assert True\n", encoding="utf-8")
    loader_names = loaders(
        pytester,
        "--sentinel-config=conn.toml",
        "--sentinel-source=fake",
        "test_own.py",
        "--pyargs",
        "conformance.checks",
    )
    assert loader_names["test_own"] == REWRITTEN
    ours = {name: loader for name, loader in loader_names.items() if name.startswith("conformance.")}
    assert "conformance.checks.test_auth" in ours
    assert {name for name, loader in ours.items() if loader == REWRITTEN} <= INERT
    assert not NOT_NEEDED & loader_names.keys()


def test_the_inert_plugin_imports_only_its_options(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", python_path(pytester.path))
    Path("test_own.py").write_text("def test_own():\n    assert True\n", encoding="utf-8")
    loader_names = loaders(pytester, "-p", "conformance.plugin", "test_own.py")
    assert {name for name in loader_names if name.startswith("conformance.")} == INERT


def test_the_collector_is_off_while_modules_are_imported_and_on_afterwards() -> None:
    gc.unfreeze()
    with paused_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert not gc.get_freeze_count(), "other packages ask it who refers to an object"


LOGGERS = """
import logging, threading
import pytest

collected, late = [], []
create = logging.Manager.getLogger

def get_logger(manager, name):
    if collected and name not in manager.loggerDict and threading.current_thread() is not threading.main_thread():
        late.append(name)
    return create(manager, name)

logging.Manager.getLogger = get_logger

@pytest.hookimpl(wrapper=True)
def pytest_runtestloop():
    collected.append(True)
    return (yield)

def pytest_unconfigure():
    assert collected
    print("late loggers:", late)
"""


@pytest.mark.parametrize("own", [(), ("-m", "auth")], ids=["gathering while collecting", "gathering afterwards"])
def test_no_other_thread_creates_a_logger_while_items_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, own: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("PYTHONPATH", python_path(pytester.path))
    pytester.makefile(".toml", conn=FILE)
    Path("loggers_plugin.py").write_text(LOGGERS, encoding="utf-8")
    verification = ("--noconftest", "--sentinel-config=conn.toml", "--sentinel-source=fake")
    result = pytester.runpytest_subprocess("-s", "-p", "loggers_plugin", *verification, *own)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["late loggers: []"])


TWICE = """
import gc, sys
import pytest

BEFORE = {before}
if BEFORE:
    gc.freeze()
before = gc.get_freeze_count()

class Start:
    def pytest_sessionstart(self):
        print("frozen in a run:", gc.get_freeze_count() > before)

for _ in range(2):
    assert pytest.main(["-q", "-p", "conformance.plugin", *sys.argv[1:]], plugins=[Start()]) == 0
    print("frozen after a run:", gc.get_freeze_count() > before)
"""


@pytest.mark.parametrize(
    ("before", "arguments", "frozen"),
    [
        pytest.param(False, ["--sentinel-config=conn.toml"], True, id="checks"),
        pytest.param(False, ["--sentinel-config=conn.toml", "conformance", "test_own.py"], False, id="other tests too"),
        pytest.param(False, ["test_own.py"], False, id="inert"),
        pytest.param(True, ["--sentinel-config=conn.toml"], False, id="frozen by the program itself"),
    ],
)
def test_objects_of_an_ended_run_are_frozen_until_the_next_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, before: bool, arguments: list[str], frozen: bool
) -> None:
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    pytester.makefile(".toml", conn=FILE)
    pytester.makepyfile(test_own="def test_own():\n    pass\n")
    if "conformance" in arguments:
        arguments[arguments.index("conformance")] = str(Path(conformance.__file__).parent / "checks")
    script = pytester.makefile(".txt", twice=TWICE.format(before=before))
    result = pytester.run(sys.executable, script, "--noconftest", "--sentinel-source=fake", *arguments)
    assert result.ret == 0
    lines = [line for line in result.outlines if line.startswith("frozen")]
    assert lines == ["frozen in a run: False", f"frozen after a run: {frozen}"] * 2


def test_the_collector_of_an_embedding_program_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "isenabled", lambda: False)
    for name in ("disable", "enable"):
        monkeypatch.setattr(gc, name, lambda name=name: pytest.fail(f"gc.{name} was called"))
    with paused_collector():
        pass
