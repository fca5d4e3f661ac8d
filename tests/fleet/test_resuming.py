"""Runs that are ended at any moment lose no finished connection, and after resuming have the results of an
undisturbed run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.results.history import History
from conformance.results.journal import FILE
from tests.contoso import SECRET
from tests.fleet import mixed_fleet
from tests.fleet.clusters import ROOT, write_fleet
from tests.python_path import python_path

pytestmark = pytest.mark.slow
COUNT = 22
"""The number of connections: enough for the view of a fleet."""
DIFFERS = {"started", "duration_s", "started_s", "request_id", "date", "answer", "command", "selection", "again"}
"""Members that differ between two runs (refusals have times and ids in their answers) or two faces."""
PLUGINS = ("conformance.plugin", "tests.fleet.killed_runs", "tests.fleet.mixed_fleet", "no:cacheprovider")
PYTEST = ["-m", "pytest", *(f"-p{name}" for name in PLUGINS), "-m", "auth", "--sentinel-config=connections"]
COMMAND = ["-m", "tests.fleet.mixed_command", "connections", "--checks=auth"]
FACES = {
    "pytest": PYTEST,
    "xdist": [*PYTEST, "-n2"],
    "command": [*COMMAND, "--processes=1"],
    "processes": [*COMMAND, "--processes=2"],
}
IN_ONE_PROCESS = {"pytest": "pytest", "xdist": "pytest", "command": "command", "processes": "command"}
"""For each face, the one with the fewest processes that can resume its runs: both faces of a command share journals."""
OPTIONS = ("source=fake", "report=out", "history=history.db", "jobs=4")


@dataclass
class Ended:
    """The exit code of a run, and its output on both streams."""

    code: int
    output: str


def run(face: str, *more: str, **dies: str) -> Ended:
    """Run a face in the current folder, in a new process group; ``dies`` sets the variables of ``killed_runs``."""
    prefix = "--" if face in ("command", "processes") else "--sentinel-"
    arguments = [*FACES[face], *(f"{prefix}{option}" for option in (*OPTIONS, *more))]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DIES_", "PYTEST_"))}
    environ |= {f"DIES_{name.upper()}": value for name, value in dies.items()}
    process = subprocess.run(
        [sys.executable, *arguments], env=environ, capture_output=True, text=True, timeout=120, start_new_session=True
    )
    return Ended(process.returncode, process.stdout + process.stderr)


@pytest.fixture(autouse=True)
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(tmp_path, monkeypatch)


def set_up(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Write a fleet, a third of it broken, to a folder, and change to this folder."""
    patch.chdir(folder)
    patch.setenv("FLEET_SECRET", SECRET)
    patch.setenv("COLUMNS", "100")
    patch.setenv("FLEET_PAUSE", "0.02")
    patch.setenv(mixed_fleet.OPENED, "opened.txt")
    patch.setenv("PYTHONPATH", python_path(ROOT / "tests", ROOT / "tests/fleet"))
    write_fleet(folder / "connections", COUNT)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the results of a run that is not disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        set_up(tmp_path_factory.mktemp("undisturbed"), patch)
        assert run("command").code == 1
        assert len(finished()) == COUNT
        return results()


def results() -> dict[str, Any]:
    """Return the report, without values that differ from run to run, and the names of all its files."""
    report = json.loads(Path("out/report.json").read_bytes())
    return {"report": same(report), "files": sorted(str(path) for path in Path("out").rglob("*"))}


def same(value: Any) -> Any:
    if isinstance(value, dict):
        members = {key: same(member) for key, member in value.items() if key not in DIFFERS}
        if "requests" in members and isinstance(members["requests"], list):  # requests are sent concurrently
            members["requests"].sort(key=lambda request: str(request["probe"]))
        return members
    return [same(element) for element in value] if isinstance(value, list) else value


def finished() -> list[str]:
    """Return the names in the complete lines of the journal and of the workers' files beside it."""
    files = sorted(Path("out").glob(f"{FILE}*"))
    lines = [line for file in files for line in file.read_bytes().splitlines(keepends=True)]
    return [json.loads(line)["name"] for line in lines if line.endswith(b"\n")]


def assert_resumes_as_if_undisturbed(undisturbed: dict[str, Any], face: str) -> None:
    """Resume the run of this folder with a face, and compare its results."""
    finished_before, opened_before = set(finished()), len(mixed_fleet.notes())
    ended = run(face, "resume")
    assert ended.code == 1, ended.output
    assert results() == undisturbed
    assert Counter(finished()) == Counter({part["name"]: 1 for part in undisturbed["report"]["connections"]})
    assert not finished_before & set(mixed_fleet.notes()[opened_before:]), "finished connections are opened again"
    with History(Path("history.db")) as history:
        observations = history.observations()
    assert len(observations) == COUNT
    assert len({observation.started for observation in observations}) == 1, "it is one run"


@pytest.mark.parametrize(
    ("face", "moment"),
    [
        *((face, "line 5") for face in FACES),
        ("command", "entry 1"),
        ("pytest", "report.json"),
        ("command", "index.html"),
    ],
)
def test_a_run_killed_with_all_its_processes_can_be_resumed(
    face: str, moment: str, undisturbed: dict[str, Any]
) -> None:
    assert run(face, at=moment, by="SIGKILL", all="yes").code == -9
    assert finished()
    assert_resumes_as_if_undisturbed(undisturbed, face)


@pytest.mark.parametrize("face", ["pytest", "command", "processes"])
def test_a_run_that_is_interrupted_reports_the_finished_connections_and_how_to_resume(
    face: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mixed_fleet.HOLD, "10")  # so that some connections are unfinished
    ended = run(face, at="entry 5", by="SIGINT")
    monkeypatch.delenv(mixed_fleet.HOLD)
    assert ended.code == 2, ended.output
    names = set(finished())
    report = json.loads(Path("out/report.json").read_bytes())
    assert sorted(part["name"] for part in report["connections"]) == sorted(names)
    assert report["run"]["unfinished"] == COUNT - len(names) > 0
    assert f"; {COUNT - len(names)} others are not finished" in Path("out/summary.md").read_text(encoding="utf-8")
    assert "resume verifies those alone" in " ".join(ended.output.split())
    assert_resumes_as_if_undisturbed(undisturbed, IN_ONE_PROCESS[face])


@pytest.mark.parametrize("face", FACES)
def test_a_run_that_lacks_files_keeps_the_finished_connections_and_can_be_resumed(
    face: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mixed_fleet.LACKS, "10")
    ended = run(face)
    monkeypatch.delenv(mixed_fleet.LACKS)
    assert ended.code == 6, ended.output
    output = " ".join(ended.output.split())
    assert output.count("ERROR: this machine has not enough open files") == 1
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    assert "resume verifies those alone" in output
    assert 0 < len(finished()) <= 10
    assert_resumes_as_if_undisturbed(undisturbed, IN_ONE_PROCESS[face])


@pytest.mark.parametrize("face", FACES)
def test_a_full_disk_loses_no_verdict(face: str) -> None:
    ended = run(face, at="full 2")
    assert "No space left on device" in ended.output
    report = json.loads(Path("out/report.json").read_bytes())
    assert len(report["connections"]) == COUNT
    assert ended.code == 1, ended.output


def test_a_run_whose_controller_is_killed_can_be_resumed(undisturbed: dict[str, Any]) -> None:
    """Its workers notice that and end; the connections that they finished are kept."""
    assert run("xdist", at="index.html", by="SIGKILL").code == -9
    assert_resumes_as_if_undisturbed(undisturbed, IN_ONE_PROCESS["xdist"])


def test_a_killed_worker_is_replaced_and_each_connection_occurs_once(
    undisturbed: dict[str, Any],
) -> None:
    ended = run("xdist", at="entry 4", by="SIGKILL", worker="yes")
    assert ended.code == 1, ended.output
    assert "died; another did what it had not finished" in ended.output
    assert results() == undisturbed
    assert Counter(finished()) == Counter({part["name"]: 1 for part in undisturbed["report"]["connections"]})
