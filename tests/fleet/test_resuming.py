"""Whatever dies, and whenever: nothing that was finished is lost, and who goes on ends where nobody was disturbed."""

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
"""Of connections: enough for a fleet's own view."""
DIFFERS = {"started", "duration_s", "started_s", "request_id", "date", "answer", "command", "selection", "again"}
"""What is not the same in two runs (refusals have times and ids in their answers), or by both faces."""
PLUGINS = ("conformance.plugin", "tests.fleet.killed_runs", "tests.fleet.mixed_fleet", "no:cacheprovider")
PYTEST = ["-m", "pytest", *(f"-p{name}" for name in PLUGINS), "-m", "auth", "--sentinel-config=connections"]
COMMAND = ["-m", "tests.fleet.mixed_command", "connections", "--checks=auth"]
FACES = {
    "pytest": PYTEST,
    "xdist": [*PYTEST, "-n2"],
    "command": [*COMMAND, "--processes=1"],
    "processes": [*COMMAND, "--processes=2"],
}
OPTIONS = ("source=fake", "report=out", "history=history.db", "jobs=4")


@dataclass
class Ended:
    """How a run ended."""

    code: int
    said: str


def run(face: str, *more: str, **dies: str) -> Ended:
    """A run of a face in the folder, whose process leads a group of its own."""
    prefix = "--" if face in ("command", "processes") else "--sentinel-"
    arguments = [*FACES[face], *(f"{prefix}{one}" for one in (*OPTIONS, *more))]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("DIES_", "PYTEST_"))}
    environ |= {f"DIES_{name.upper()}": value for name, value in dies.items()}
    done = subprocess.run(
        [sys.executable, *arguments], env=environ, capture_output=True, text=True, timeout=120, start_new_session=True
    )
    return Ended(done.returncode, done.stdout + done.stderr)


@pytest.fixture(autouse=True)
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(tmp_path, monkeypatch)


def at_home(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A folder with a fleet, a third of it broken, in which runs are started."""
    patch.chdir(folder)
    patch.setenv("FLEET_SECRET", SECRET)
    patch.setenv("COLUMNS", "100")
    patch.setenv("FLEET_PAUSE", "0.02")
    patch.setenv(mixed_fleet.OPENED, "opened.txt")
    patch.setenv("PYTHONPATH", python_path(ROOT / "tests", ROOT / "tests/fleet"))
    write_fleet(folder / "connections", COUNT)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run finds that nobody disturbs."""
    with pytest.MonkeyPatch.context() as patch:
        at_home(tmp_path_factory.mktemp("undisturbed"), patch)
        assert run("command").code == 1
        assert len(finished()) == COUNT
        return found()


def found() -> dict[str, Any]:
    """Everything in the report, and the names of all its files, without what differs from run to run."""
    report = json.loads(Path("out/report.json").read_bytes())
    return {"report": same(report), "files": sorted(str(one) for one in Path("out").rglob("*"))}


def same(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: same(one) for key, one in value.items() if key not in DIFFERS}
        if "requests" in kept and isinstance(kept["requests"], list):  # they are sent at the same time
            kept["requests"].sort(key=lambda one: str(one["probe"]))
        return kept
    return [same(one) for one in value] if isinstance(value, list) else value


def finished() -> list[str]:
    """The names in the journal and beside it, of lines that are whole."""
    files = sorted(Path("out").glob(f"{FILE}*"))
    lines = [line for file in files for line in file.read_bytes().splitlines(keepends=True)]
    return [json.loads(line)["name"] for line in lines if line.endswith(b"\n")]


def goes_on_as_if_nothing_had_been(face: str, undisturbed: dict[str, Any]) -> None:
    kept, asked = set(finished()), len(mixed_fleet.notes())
    ended = run(face, "resume")
    assert ended.code == 1, ended.said
    assert found() == undisturbed
    assert Counter(finished()) == Counter({one["name"]: 1 for one in undisturbed["report"]["connections"]})
    assert not kept & set(mixed_fleet.notes()[asked:]), "what is finished is not asked again"
    with History(Path("history.db")) as history:
        looks = history.observations()
    assert len(looks) == COUNT
    assert len({one.started for one in looks}) == 1, "it is one run"


@pytest.mark.parametrize(
    ("face", "moment"),
    [
        *((face, moment) for face in ("pytest", "command") for moment in ("entry 1", "report.json", "index.html")),
        *((face, "line 5") for face in FACES),
        ("xdist", "report.json"),
    ],
)
def test_a_run_that_is_killed_with_all_its_processes(face: str, moment: str, undisturbed: dict[str, Any]) -> None:
    assert run(face, at=moment, by="SIGKILL", all="yes").code == -9
    assert finished()
    goes_on_as_if_nothing_had_been(face, undisturbed)


@pytest.mark.parametrize("face", ["pytest", "command", "processes"])
def test_a_run_that_is_interrupted_tells_what_is_finished_and_how_to_go_on(
    face: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mixed_fleet.HOLD, "10")  # so that something is unfinished, however fast the others are
    ended = run(face, at="entry 5", by="SIGINT")
    monkeypatch.delenv(mixed_fleet.HOLD)
    assert ended.code == 2, ended.said
    names = set(finished())
    report = json.loads(Path("out/report.json").read_bytes())
    assert sorted(one["name"] for one in report["connections"]) == sorted(names)
    assert report["run"]["unfinished"] == COUNT - len(names) > 0
    assert f"; {COUNT - len(names)} others are not finished" in Path("out/summary.md").read_text(encoding="utf-8")
    assert "resume verifies those alone" in " ".join(ended.said.split())
    goes_on_as_if_nothing_had_been(face, undisturbed)


@pytest.mark.parametrize("face", FACES)
def test_a_run_that_lacks_files_keeps_what_is_finished_and_can_be_gone_on_with(
    face: str, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mixed_fleet.LACKS, "10")
    ended = run(face)
    monkeypatch.delenv(mixed_fleet.LACKS)
    assert ended.code == 6, ended.said
    said = " ".join(ended.said.split())
    assert said.count("ERROR: this machine has not enough open files") == 1
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    assert "resume verifies those alone" in said
    assert 0 < len(finished()) <= 10
    goes_on_as_if_nothing_had_been(face, undisturbed)


@pytest.mark.parametrize("face", FACES)
def test_a_disk_that_is_full_costs_no_verdict(face: str) -> None:
    ended = run(face, at="full 2")
    assert "No space left on device" in ended.said
    report = json.loads(Path("out/report.json").read_bytes())
    assert len(report["connections"]) == COUNT
    assert ended.code == 1, ended.said


def test_a_controller_of_workers_that_is_killed(undisturbed: dict[str, Any]) -> None:
    """Its workers see that by themselves; what they have finished is there."""
    assert run("xdist", at="index.html", by="SIGKILL").code == -9
    goes_on_as_if_nothing_had_been("xdist", undisturbed)


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_missing_or_there_twice(undisturbed: dict[str, Any]) -> None:
    ended = run("xdist", at="entry 4", by="SIGKILL", worker="yes")
    assert ended.code == 1, ended.said
    assert "died; another did what it had not finished" in ended.said
    assert found() == undisturbed
    assert Counter(finished()) == Counter({one["name"]: 1 for one in undisturbed["report"]["connections"]})
