"""`python -m conformance.fleet` in one process: its output, its files and resumed runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.fleet.__main__ import main
from conformance.report.entry import Entry
from conformance.report.model import ConnectionPart
from conformance.results.history import History
from conformance.results.journal import FILE
from tests.fleet import mixed_fleet
from tests.fleet.clusters import until, write_fleet
from tests.fleet.fleet_of_six import fleet_of_six
from tests.python_path import python_path

CHOICE = "--checks=AUTH-003,RBAC-001"
HOLDING = """
import runpy
import tests.fleet.mixed_fleet
runpy.run_module("conformance.fleet", run_name="__main__")
"""
"""A program that runs the command on a fleet which can be stopped at a gate."""


@pytest.fixture(autouse=True)
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet_of_six(tmp_path, monkeypatch)


def run(*arguments: str) -> int:
    return main(["connections", "--source=fake", CHOICE, *arguments])


def lines(path: str = f"out/{FILE}") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


@pytest.mark.parametrize("count", [6, 22])
def test_entries_encoded_by_a_run_are_not_decoded_again_by_it(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """History, baseline, verdicts and overview use the object; only a fleet's pages are read back, one at a time."""
    shutil.rmtree(tmp_path / "connections")
    write_fleet(tmp_path / "connections", count)
    Path("known.toml").write_text('[[accept]]\ncheck = "RBAC-001"\nreason = "known"\nexpires = 2027-01-31\n')
    decoded: list[object] = []
    decode = msgspec.json.decode

    def counting(content: Any, *, type: Any = Any, **options: Any) -> Any:
        decoded.append(type)
        return decode(content, type=type, **options)

    monkeypatch.setattr(msgspec.json, "decode", counting)
    run("--report=out", "--history=history.db", "--baseline=known.toml")
    broken = list(Path("out").glob("connections/*/report.html"))
    assert decoded.count(ConnectionPart) == len(broken)
    assert decoded.count(Entry) == (2 * count if broken else 0), "the report of a fleet is written from its journal"
    with History(Path("history.db")) as history:
        assert len(history.observations()) == count


def test_a_run_ends_with_the_counts_and_the_worst_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 1
    output = capsys.readouterr().out.splitlines()
    broken = ["tenant-001.expired-secret", "tenant-003.no-azure-role"]
    signed = [line.split()[1] for line in output if line.startswith("✗")]
    assert sorted(signed[:2]) == broken, "as they are finished"
    assert signed[2] == "Only", "a part of the checks ran: the report, with what to fix on each"
    assert set(signed[3:]) == {*broken, "AUTH-003", "RBAC-001"}
    assert output[-1] == "verdicts  0 conformant, 2 nonconformant, 0 incomplete, 4 partial"


def test_a_run_writes_the_journal_the_report_and_the_history() -> None:
    run("--report=out", "--history=history.db")
    names = sorted(connection["name"] for connection in lines())
    assert len(names) == 6
    report = json.loads(Path("out/report.json").read_bytes())
    assert sorted(connection["name"] for connection in report["connections"]) == names
    assert report["run"]["selection"] == CHOICE.replace("=", " ")
    with History(Path("history.db")) as history:
        looks = history.observations()
    assert sorted(observation.connection for observation in looks) == names
    assert {observation.started for observation in looks} == {datetime.fromisoformat(report["run"]["started"])}


def test_a_resumed_run_verifies_only_unfinished_connections() -> None:
    run("--report=out", "--history=history.db")
    before = Path("out/report.json").read_bytes()
    journal = Path("out", FILE)
    whole = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole[:4]) + whole[4][:100])
    Path("opened.txt").unlink()
    assert run("--report=out", "--history=history.db", "--resume") == 1
    assert len(mixed_fleet.notes()) == 2
    assert verdicts(Path("out/report.json").read_bytes()) == verdicts(before)
    with History(Path("history.db")) as history:
        assert len(history.observations()) == 6


def verdicts(report: bytes) -> dict[str, str]:
    return {connection["name"]: connection["verdict"]["summary"] for connection in json.loads(report)["connections"]}


def test_journals_of_shards_are_joined_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a CI matrix each job verifies a share, and a last job joins their journals."""
    for share in (1, 2):
        run(f"--shard={share}/2", f"--report=share-{share}")
    Path("all").mkdir()
    Path("all", FILE).write_bytes(b"".join(Path(f"share-{share}", FILE).read_bytes() for share in (1, 2)))
    Path("opened.txt").unlink()
    monkeypatch.delenv("FLEET_SECRET")
    assert run("--report=all", "--resume") == 1
    assert not mixed_fleet.notes()
    assert len(verdicts(Path("all/report.json").read_bytes())) == 6


def test_a_run_with_another_selection_is_not_resumed() -> None:
    run("--report=out")
    Path("opened.txt").unlink()
    assert main(["connections", "--source=fake", "--checks=auth", "--report=out", "--resume"]) == 1
    assert len(mixed_fleet.notes()) == 6


def test_an_empty_shard_is_reported_and_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    ends = {share: run(f"--shard={share}/40", f"--report=share-{share}") for share in range(1, 41)}
    output = capsys.readouterr().out
    empty = [share for share in ends if f"share     {share}/40 has none of the connections\n" in output]
    assert 40 - 6 <= len(empty) < 40
    assert {ends[share] for share in empty} == {0}
    assert all(Path(f"share-{share}", FILE).read_bytes() == b"" for share in empty), "it can be joined with others"


def test_strict_turns_warnings_into_failures(capsys: pytest.CaptureFixture[str]) -> None:
    write_fleet(Path("warned"), 3, (".secret-ends-soon",))
    assert main(["warned", "--source=fake", "--checks=HYG-001,AUTH-003"]) == 0
    assert main(["warned", "--source=fake", "--checks=HYG-001,AUTH-003", "--strict"]) == 1
    assert "0 conformant, 3 nonconformant" in capsys.readouterr().out


def test_a_baseline_accepts_known_findings(capsys: pytest.CaptureFixture[str]) -> None:
    entry = '[[accept]]\ncheck = "{}"\nreason = "a change is planned"\nexpires = 2999-01-01\n'
    Path("known.toml").write_text(entry.format("AUTH-003") + entry.format("RBAC-001"))
    arguments = ["connections", "--source=fake", "--checks=AUTH-001,AUTH-003,RBAC-001", "--baseline=known.toml"]
    assert main(arguments) == 0
    assert "0 nonconformant, 0 incomplete, 6 partial" in capsys.readouterr().out
    Path("known.toml").write_text(entry.format("AUTH-003") + entry.format("AUTH-002"))
    assert main(arguments) == 1
    assert "AUTH-002 is accepted until 2999-01-01, but passes" not in capsys.readouterr().out, "it was not selected"
    Path("known.toml").write_text(entry.format("AUTH-999"))
    assert main(arguments) == 4


def test_changes_since_another_run_are_in_the_report() -> None:
    run("--report=out")
    report = Path("out/report.json")
    report.write_bytes(report.read_bytes().replace(b"tenant-000", b"tenant-900"))
    run("--report=out", "--compare=out/report.json")
    comparison = json.loads(report.read_bytes())["comparison"]
    assert (comparison["new_connections"], comparison["lost_connections"]) == (["tenant-000"], ["tenant-900"])
    assert len(comparison["connections"]) == 5


def test_a_notification_of_failures_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences: list[str] = []
    monkeypatch.setattr("conformance.outputs.notify.send", lambda _, sentence, lines: sentences.append(sentence))
    run("--notify=json://localhost")
    assert sentences == ["Only a part of the checks ran; they passed on 4 of 6 connections"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["connections", "--wait=soon"], "found 'soon', expected a duration"),
        (["connections", "--compare=missing.json"], "missing.json: cannot be read"),
        (["connections", "--baseline=missing.toml"], "missing.toml: "),
        (["connections", "--language=it"], "ERROR: --language: 'it' is none of en"),
        (["connections", "--docs=nowhere"], "ERROR: --docs: not an address"),
        (["connections", "--notify=env:NOBODY"], "ERROR: --notify: "),
        (["missing"], "missing: cannot be read"),
        (["connections", "--source=fake:nope"], "unknown scenario 'nope'"),
        (["connections", "--checks=auth,AUTH-999"], "'AUTH-999' is no check and no area"),
        (["connections", "--jobs=0"], "--jobs: at least 1"),
        (["connections", "--shard=3/2"], "'3/2' is no share"),
        (["connections", "--resume"], "--resume goes on in the folder of --report"),
        (["connections", "--history=connections"], "connections: no usable history"),
        (["connections", "--unknown"], "--unknown"),
        ([], "FILE"),
    ],
)
def test_unusable_options_are_an_error_of_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(arguments) == 4
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not mixed_fleet.notes()


@pytest.mark.parametrize("journal", [b'{"name": 1}\n', b"verdicts\n", None])
def test_a_file_that_is_not_a_journal_is_reported_and_not_changed(
    capsys: pytest.CaptureFixture[str], journal: bytes | None
) -> None:
    path = Path("out", FILE)
    path.parent.mkdir()
    path.mkdir() if journal is None else path.write_bytes(journal)
    assert run("--report=out", "--resume") == 4
    assert capsys.readouterr().err.startswith(f"ERROR: out/{FILE}: no journal to go on from: ")
    assert journal is None or path.read_bytes() == journal


@pytest.mark.slow
def test_an_interrupted_run_keeps_finished_connections(capsys: pytest.CaptureFixture[str]) -> None:
    write_fleet(Path("large"), 12, ("",))
    command = [sys.executable, "-c", HOLDING, "large", "--source=fake", "--jobs=2", "--report=out"]
    environ = {**os.environ, "PYTHONPATH": python_path(), mixed_fleet.HOLD: "6"}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: Path("out", FILE).exists() and len(lines()) > 2, "some verdicts")
        until(lambda: len(mixed_fleet.notes()) > 6, "others under way")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "ERROR: interrupted\n")
    finished = len(lines())
    assert f"verdicts  {finished} conformant" in out
    assert len(verdicts(Path("out/report.json").read_bytes())) == finished < 12


def test_an_unwritable_report_is_an_error_before_any_request(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").write_text("a file")
    assert run("--report=out") == 4
    output = capsys.readouterr()
    assert output.err == "ERROR: out: the report cannot be written: File exists; nothing was sent\n"
    assert output.out == ""


def test_a_cluster_needs_its_extra(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "conformance.fleet.cluster", None)
    assert run("--scheduler=tcp://127.0.0.1:8786") == 4
    assert "pip install 'sentinel-conformance[cluster]'" in capsys.readouterr().err
