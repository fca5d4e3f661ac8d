"""`python -m conformance.fleet --processes`: worker processes on this machine give the same results as one process."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.fleet.__main__ import main
from conformance.fleet.process_worker import MACHINE_SOCKETS, Next, Ready, Stopped, work
from conformance.fleet.processes import MIN_CONNECTIONS, process_count, units
from conformance.fleet.task import ConnectionRef, Result
from conformance.results.journal import FILE
from conformance.sources.permits import MAX_SOCKETS, Permits
from tests.contoso import SECRET
from tests.fleet import mixed_fleet
from tests.fleet.clusters import INLINE, until, write_fleet
from tests.fleet.test_task import ORDER
from tests.python_path import python_path

COUNT = 12


@pytest.fixture(autouse=True)
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder with a fleet of twelve, four of them broken; opened connections are noted in a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLEET_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("FLEET_PAUSE", "0")
    monkeypatch.setenv(mixed_fleet.OPENED, str(tmp_path / "opened.txt"))
    monkeypatch.setenv("PYTHONPATH", python_path())
    write_fleet(tmp_path / "connections", COUNT)


def started(processes: int, *more: str) -> subprocess.Popen[str]:
    options = ["connections", "--source=fake", "--checks=AUTH-003,RBAC-001", f"--processes={processes}", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fleet.mixed_command", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a run; return its exit code, standard output and standard error."""
    out, error = process.communicate(timeout=120)
    return process.returncode, out, error


def causes(folder: str) -> dict[str, Any]:
    """Return, by connection in the order of the report, the verdict and the root causes with their fixes."""
    connections = json.loads(Path(folder, "report.json").read_bytes())["connections"]
    return {
        connection["name"]: (
            connection["verdict"],
            [(cause["check"], cause["cause"], cause["fix"]) for cause in connection["root_causes"]],
        )
        for connection in connections
    }


def journal() -> list[str]:
    path = Path("out", FILE)
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line)["name"] for line in lines if line.endswith(b"\n")]


def children(process: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of a run's workers."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, parent, what in rows if int(parent) == process.pid and "spawn_main" in what]


@pytest.mark.slow
def test_processes_have_the_results_of_one_and_verify_each_connection_once() -> None:
    ends = {count: ended(started(count, f"--report=out-{count}", f"--history={count}.db")) for count in (1, 3)}
    assert {code for code, _, _ in ends.values()} == {1}, ends
    assert not ends[3][2]
    assert causes("out-3") == causes("out-1")
    assert ends[3][1].splitlines()[-1] == ends[1][1].splitlines()[-1]
    assert Counter(mixed_fleet.notes()) == Counter(dict.fromkeys(causes("out-1"), 2))
    assert sorted(path.name for path in Path("out-3").iterdir()) == sorted(
        path.name for path in Path("out-1").iterdir()
    )


@pytest.mark.slow
def test_the_connections_of_a_killed_process_are_verified_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mixed_fleet.HOLD, "4")
    monkeypatch.setenv(mixed_fleet.GATE, "gate")
    process = started(2, "--report=out")
    until(lambda: len(mixed_fleet.notes()) == COUNT, "all connections under way")
    os.kill(children(process)[0], signal.SIGKILL)
    until(lambda: len(mixed_fleet.notes()) > COUNT, "another process")
    Path("gate").touch()
    code, _, error = ended(process)
    assert code == 1, error
    (warning,) = error.splitlines()
    assert warning.startswith("WARNING: a worker process was ended by SIGKILL; another one verified its ")
    assert sorted(journal()) == sorted(causes("out"))
    assert len(journal()) == COUNT


@pytest.mark.slow
def test_a_connection_that_kills_its_processes_is_left_out_and_reported() -> None:
    write_fleet(Path("connections/worse"), 1, (".kills-its-worker",))
    code, out, error = ended(started(2, "--report=out", "--jobs=3"))
    assert code == 1, error
    reason = "every worker process that tried it died: the last one ended with exit code 9"
    assert error.splitlines()[-1] == f"ERROR: tenant-000.kills-its-worker: {reason}"
    assert len(journal()) == COUNT
    assert "1 without a verdict" in out


@pytest.mark.slow
def test_an_interrupted_run_ends_its_processes_and_keeps_finished_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mixed_fleet.HOLD, "5")  # a process opens six at a time, so none can open all twelve
    process = started(2, "--report=out")
    until(lambda: len(journal()) > 2, "some verdicts")
    until(lambda: len(mixed_fleet.notes()) == COUNT, "others under way")
    workers = children(process)
    process.send_signal(signal.SIGINT)
    code, out, error = ended(process)
    assert (code, error) == (2, "ERROR: interrupted\n")
    assert f"; {COUNT - len(journal())} without a verdict" in out
    assert len(workers) == 2
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    monkeypatch.delenv(mixed_fleet.HOLD)
    finished, opened_before = journal(), len(mixed_fleet.notes())
    assert ended(started(2, "--report=out", "--resume"))[0] == 1
    assert not {*finished} & {*mixed_fleet.notes()[opened_before:]}
    assert len(causes("out")) == COUNT


def test_unusable_files_end_the_run_before_any_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FLEET_SECRET")
    errors = []
    for count in (1, 2):
        assert main(["connections", "--source=fake", "--report=out", f"--processes={count}"]) == 4
        errors.append(capsys.readouterr().err)
    assert errors[0].count("FLEET_SECRET is not set") == 4, errors[0]
    assert {line for line in errors[1].splitlines() if "FLEET_SECRET is not" in line} == {
        line for line in errors[0].splitlines() if "FLEET_SECRET is not" in line
    }
    assert not mixed_fleet.notes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--processes=0"], "--processes: at least 1"),
        (["--processes=2", "--scheduler=tcp://127.0.0.1:1"], "--processes: of this machine"),
    ],
)
def test_unusable_options_are_an_error_of_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connections", "--source=fake", *arguments]) == 4
    assert message in capsys.readouterr().err


def test_the_number_of_processes_depends_on_connections_cores_and_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.fleet.processes.cores", lambda: 8)
    fleet = [ConnectionRef("file", f"name-{number}", f"tenant-{number}") for number in range(20 * MIN_CONNECTIONS)]
    assert process_count(fleet[: 2 * MIN_CONNECTIONS - 1], None) == 1
    assert process_count(fleet[: 2 * MIN_CONNECTIONS], None) == 2
    assert process_count(fleet, None) == 8
    assert process_count(fleet, 12) == 12
    assert process_count(fleet[:3], 12) == 3
    assert process_count([], None) == 1
    assert process_count([place._replace(tenant="only") for place in fleet], 4) == 1


def test_the_connections_of_a_tenant_are_verified_by_one_process() -> None:
    """One process verifies them, because they share the tenant's rate limits."""
    places = [ConnectionRef("file", f"name-{number}", f"tenant-{number % 3}") for number in range(7)]
    all_units = units(places)
    assert sorted(place for unit in all_units for place in unit) == sorted(places)
    assert [{place.tenant for place in unit} for unit in all_units] == [{"tenant-0"}, {"tenant-1"}, {"tenant-2"}]


class Conversation:
    """The worker's end of a pipe: delivers these messages and records the worker's answers."""

    def __init__(self, *messages: object) -> None:
        self._messages, self.answers = [*messages], list[object]()

    def recv(self) -> object:
        return self._messages.pop(0)

    def send(self, message: object) -> None:
        self.answers.append(message)


def test_a_worker_sends_verdicts_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("conformance.sources.permits.socket_permits", lambda: Permits(MAX_SOCKETS))
    file = str(Path("connections/customers-00.toml").absolute())
    places = [ConnectionRef(file, name) for name in ("tenant-000", "tenant-002", "gone")]
    pipe = Conversation(ORDER, tuple(places), ())
    work(pipe, [file], 2)  # type: ignore[arg-type]
    ready, *others, stopped = pipe.answers
    assert (ready, stopped) == (Ready(""), Stopped())
    results = [message for message in others if isinstance(message, Result)]
    assert [message for message in others if not isinstance(message, Result)] == [Next(), Next()]
    assert sorted(name for result in results for name in result.names) == ["gone", "tenant-000", "tenant-002"]
    assert not any(secret.encode() in pickle.dumps(pipe.answers) for secret in (SECRET, INLINE))


def test_the_sockets_of_a_machine_are_shared_by_its_processes() -> None:
    async def most() -> int:
        permits = Permits(MAX_SOCKETS)
        permits.bound(MACHINE_SOCKETS // 64)
        async with permits.take(MAX_SOCKETS) as count:
            return count

    assert asyncio.run(most()) == MACHINE_SOCKETS // 64 < MAX_SOCKETS
