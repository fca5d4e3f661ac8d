"""A fleet on a real cluster: a Dask scheduler and workers in separate processes, some of which die."""

from __future__ import annotations

import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.fakes.source import Fake
from conformance.fleet.__main__ import main
from conformance.results.history import History
from tests.contoso import SECRET
from tests.fleet import mixed_fleet
from tests.fleet.clusters import INLINE, LocalCluster, until, write_fleet
from tests.fleet.run_results import finished, results
from tests.python_path import python_path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="without the extra cluster"),
]
COUNT = 18
OPENED_AT_ONCE = 8
"""The connections opened at once: two batches of four. The others wait for the gate, so that work is unfinished."""
CHOICE = "--checks=auth,rbac,arm"


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of the workers; the client only gets the path of the file of opened connections."""
    monkeypatch.setenv(mixed_fleet.OPENED, str(tmp_path / "opened.txt"))
    return {**os.environ, "FLEET_SECRET": SECRET}


@pytest.fixture
def gate(tmp_path: Path, environ: dict[str, str]) -> Path:
    """Return the path of the file that opens the gate; the gate is closed after the first connections."""
    path = tmp_path / "gate"
    environ |= {mixed_fleet.HOLD: str(OPENED_AT_ONCE), mixed_fleet.GATE: str(path)}
    return path


@pytest.fixture
def cluster(tmp_path: Path, environ: dict[str, str]) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path / "cluster", environ) as cluster:
        yield cluster


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Return the folder with the connection files of a fleet, a third of it broken."""
    write_fleet(tmp_path / "connections", COUNT)
    return tmp_path / "connections"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the results of a run over that fleet in one process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    write_fleet(folder / "connections", COUNT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fake, "open", mixed_fleet.open_mixed)
        patch.setenv("FLEET_SECRET", SECRET)
        patch.setenv(mixed_fleet.OPENED, str(folder / "opened.txt"))
        assert main([str(folder / "connections"), "--source=fake", CHOICE, f"--report={folder / 'out'}"]) == 1
    return results(folder / "out")


def arguments(fleet: Path, cluster: LocalCluster, report: Path, *more: str) -> list[str]:
    return [
        str(fleet),
        "--source=fake",
        CHOICE,
        f"--scheduler={cluster.address}",
        f"--report={report}",
        *more,
    ]


def started(arguments: list[str]) -> subprocess.Popen[str]:
    """Start a run in a separate process and return it."""
    return subprocess.Popen(
        [sys.executable, "-m", "conformance.fleet", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path()},
    )


def test_a_cluster_has_the_same_results_as_one_process(
    cluster: LocalCluster, fleet: Path, undisturbed: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = tmp_path / "history.db"
    assert main(arguments(fleet, cluster, tmp_path / "out", f"--history={history}")) == 1
    assert results(tmp_path / "out") == undisturbed
    assert sorted(mixed_fleet.notes()) == sorted(undisturbed)
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == "verdicts  0 conformant, 6 nonconformant, 0 incomplete, 12 partial"
    with History(history) as open_history:
        looks = open_history.observations()
    assert {observation.connection: observation.status for observation in looks} == {
        name: part["verdict"]["status"] for name, part in undisturbed.items()
    }
    assert len({observation.started for observation in looks}) == 1


def test_a_killed_worker_loses_no_connection_and_duplicates_none(
    gate: Path, cluster: LocalCluster, fleet: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    run = started(arguments(fleet, cluster, tmp_path / "out"))
    until(lambda: finished(tmp_path / "out"), "the first result")
    until(lambda: len(mixed_fleet.notes()) > OPENED_AT_ONCE, "a batch under way")
    cluster.workers[0].send_signal(signal.SIGKILL)
    gate.touch()
    out, err = run.communicate(timeout=120)
    assert (run.returncode, err) == (1, ""), out
    assert results(tmp_path / "out") == undisturbed


def test_a_frozen_worker_counts_as_lost_and_its_late_results_are_ignored(
    gate: Path, fleet: Path, undisturbed: dict[str, Any], tmp_path: Path, environ: dict[str, str]
) -> None:
    """By default, Dask counts a worker as lost after five minutes without a message."""
    patience = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "5s"}
    with LocalCluster(tmp_path / "cluster", {**environ, **patience}) as cluster:
        until(lambda: cluster.logs().count("Registered to:") >= 2, "both workers")
        run = started(arguments(fleet, cluster, tmp_path / "out"))
        until(lambda: finished(tmp_path / "out"), "the first result")
        cluster.workers[0].send_signal(signal.SIGSTOP)
        until(lambda: "Worker failed to heartbeat" in cluster.logs(), "the scheduler has given it up")
        gate.touch()
        cluster.workers[0].send_signal(signal.SIGCONT)
        out, err = run.communicate(timeout=120)
        assert (run.returncode, err) == (1, ""), out
    assert results(tmp_path / "out") == undisturbed
    assert sorted(finished(tmp_path / "out")) == sorted(undisturbed)


def test_a_killed_scheduler_loses_no_finished_connection(
    gate: Path,
    cluster: LocalCluster,
    fleet: Path,
    undisturbed: dict[str, Any],
    tmp_path: Path,
    environ: dict[str, str],
) -> None:
    run = started(arguments(fleet, cluster, tmp_path / "out"))
    until(lambda: finished(tmp_path / "out"), "the first result")
    cluster.scheduler.send_signal(signal.SIGKILL)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 6
    assert err.startswith(f"ERROR: {cluster.address}: the scheduler is gone")
    assert err.count("\n") == 1
    assert "without a verdict\nnext      the same command with --resume" in out
    finished_before = finished(tmp_path / "out")
    assert 0 < len(finished_before) < COUNT
    for worker in cluster.workers:
        worker.kill()
        worker.wait()

    gate.touch()
    before = len(mixed_fleet.notes())
    with LocalCluster(tmp_path / "another", environ) as another:
        assert main(arguments(fleet, another, tmp_path / "out", "--resume")) == 1
    assert results(tmp_path / "out") == undisturbed
    assert not set(mixed_fleet.notes()[before:]) & set(finished_before)


def test_a_cluster_without_remaining_workers_ends_the_run(
    gate: Path,
    cluster: LocalCluster,
    fleet: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("conformance.fleet.cluster.WORKERS", 2.0)
    until(lambda: cluster.logs().count("Registered to:") >= 2, "both workers")
    with ThreadPoolExecutor() as threads:
        run = threads.submit(main, arguments(fleet, cluster, tmp_path / "out"))
        until(lambda: finished(tmp_path / "out"), "the first result")
        for worker in cluster.workers:
            worker.kill()
        assert run.result(timeout=120) == 6
    assert capsys.readouterr().err == f"ERROR: {cluster.address}: no worker is left\n"
    assert len(results(tmp_path / "out")) == len(finished(tmp_path / "out")) < COUNT


def test_a_connection_that_kills_every_worker_is_left_out(
    tmp_path: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Dask gives up a task after some workers, here two, died; the other connections of its batch are verified."""
    patience = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    write_fleet(tmp_path / "connections", 6, ("", "", "", ".kills-its-worker"))
    with LocalCluster(tmp_path / "cluster", {**environ, **patience}, workers=5) as cluster:
        assert main(arguments(tmp_path / "connections", cluster, tmp_path / "out")) == 6
    assert capsys.readouterr().err == "ERROR: tenant-003.kills-its-worker: every worker that tried it died\n"
    assert {part["verdict"]["status"] for part in results(tmp_path / "out").values()} == {"partial"}
    assert len(results(tmp_path / "out")) == 5


def test_files_that_workers_cannot_read_are_reported_and_the_others_are_verified(
    tmp_path: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_fleet(tmp_path / "connections", 6, ("",))
    (tmp_path / "connections" / "customers-01.toml").write_text(
        (tmp_path / "connections" / "customers-01.toml").read_text().replace("env:FLEET_SECRET", "env:FORGOTTEN")
    )
    with LocalCluster(tmp_path / "cluster", environ, workers=1) as cluster:
        assert main(arguments(tmp_path / "connections", cluster, tmp_path / "out")) == 4
    output = capsys.readouterr()
    assert "tenant-003, tenant-004, tenant-005: " in output.err
    assert "environment variable FORGOTTEN is not set" in output.err
    assert output.err.count("\n") == 1
    assert sorted(results(tmp_path / "out")) == ["tenant-000", "tenant-001", "tenant-002"]
    assert "3 without a verdict" in output.out


def test_a_cluster_without_this_package_is_an_error_of_one_line(
    fleet: Path, tmp_path: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere" / "conformance"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").touch()
    with LocalCluster(tmp_path / "cluster", environ, workers=1, packages=elsewhere.parent) as cluster:
        assert main(arguments(fleet, cluster, tmp_path / "out")) == 4
    error = capsys.readouterr().err
    assert "No module named 'conformance.fleet'; scheduler and workers need sentinel-conformance" in error
    assert error.count("\n") == 1


def test_no_secret_is_anywhere_in_the_cluster(cluster: LocalCluster, fleet: Path, tmp_path: Path) -> None:
    """Neither the memory of scheduler and workers during the run nor their logs, at debug level, contain a secret."""

    def of_scheduler(dask_scheduler: Any) -> bytes:
        tasks = [(key, repr(task), task.run_spec) for key, task in dask_scheduler.tasks.items()]
        return pickle.dumps((tasks, repr(dask_scheduler.transition_log), repr(dask_scheduler.get_events())))

    def of_worker(dask_worker: Any) -> bytes:
        tasks = [(key, repr(task), task.run_spec) for key, task in dask_worker.state.tasks.items()]
        return pickle.dumps((tasks, dict(dask_worker.data), list(dask_worker.state.log)))

    import distributed

    run = started(arguments(fleet, cluster, tmp_path / "out"))
    contents = b""
    with distributed.Client(cluster.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        while run.poll() is None:
            contents += client.run_on_scheduler(of_scheduler)
            contents += b"".join(client.run(of_worker).values())
            time.sleep(0.1)
    output = "".join(run.communicate())
    texts = output + cluster.logs() + "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert run.returncode == 1
    assert b"tenant-0" in contents  # the tasks were in memory
    assert b"customers-0" in contents
    assert " - DEBUG - " in cluster.logs()
    for secret in (SECRET, INLINE):
        assert secret.encode() not in contents
        assert secret not in texts


def test_an_unreachable_scheduler_is_an_error_of_one_line(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.fleet.cluster.CONNECT", 0.5)
    assert main([str(fleet), "--source=fake", "--scheduler=tcp://127.0.0.1:1", f"--report={tmp_path / 'out'}"]) == 4
    output = capsys.readouterr()
    assert output.err.startswith("ERROR: tcp://127.0.0.1:1: no Dask scheduler answers")
    assert output.err.count("\n") == 1
    assert not list((tmp_path / "out").iterdir()), "nothing was sent, so there is nothing to keep"


def test_a_cluster_without_workers_is_an_error_of_one_line(
    fleet: Path,
    tmp_path: Path,
    environ: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("conformance.fleet.cluster.WORKERS", 1.0)
    with LocalCluster(tmp_path / "cluster", environ, workers=0) as cluster:
        assert main(arguments(fleet, cluster, tmp_path / "out")) == 4
        assert capsys.readouterr().err == f"ERROR: {cluster.address}: has no workers\n"
