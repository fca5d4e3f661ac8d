"""Runs in processes that can open fewer files than they need sockets: slower, but with exactly the same causes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from conformance.results.journal import FILE, Journal
from tests.fakes_command import Running, limit_files, run
from tests.fleet import mixed_fleet
from tests.fleet.clusters import LocalCluster
from tests.python_path import python_path

pytest.importorskip("resource")
pytestmark = pytest.mark.slow
FILES, JOBS = 64, 6
"""Six connections at a time need 120 sockets."""
TENANTS, BROKEN = 8, 4
UNHURRIED = 600
"""Deadline of a connection in seconds; even a slow machine does not reach it."""
OPTIONS = [f"--jobs={JOBS}", f"--deadline={UNHURRIED}", "--report=out"]
COMMAND = ["conformance.fleet", *OPTIONS]
IMPATIENT = {mixed_fleet.LACKS: "1000000"}
"""The environment in which a run over ``mixed_fleet`` does not wait for open files that never become free."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run(
        tmp_path_factory.mktemp("fleet"), f"--tenants={TENANTS}", f"--broken={100 * BROKEN / TENANTS}%", files=FILES
    ) as running:
        yield running


def limited(
    files: int, command: list[str], fleet: Running, folder: Path, environ: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that can open so many files and cannot raise this limit."""
    return subprocess.run(
        [sys.executable, "-m", *command, f"{fleet.folder / 'virtual-tenant' / 'connections'}"],
        env={**os.environ, **fleet.environment, "PYTHONPATH": python_path(), **environ},
        preexec_fn=partial(limit_files, files),
        cwd=folder,
        capture_output=True,
        text=True,
    )


def assert_exact(fleet: Running, folder: Path, process: subprocess.CompletedProcess[str]) -> None:
    """Assert that every connection has a verdict, and that its root causes are those of the manifest."""
    troubled = json.loads((fleet.folder / "virtual-tenant" / "manifest.json").read_text())["troubled"]
    assert process.returncode == 1, process.stdout[-2000:] + process.stderr[-2000:]
    causes = {
        entry.name: [root.cause for root in entry.part.root_causes]
        for entry in Journal(folder / "out" / FILE).entries()
    }
    assert len(causes) == TENANTS
    assert len(troubled) == BROKEN
    assert {name: ids for name, ids in causes.items() if ids} == {
        name: expected["causes"] for name, expected in troubled.items()
    }


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "workers"])
def test_pytest_with_few_open_files_has_exact_causes(fleet: Running, tmp_path: Path, workers: tuple[str, ...]) -> None:
    options = (f"--sentinel-jobs={JOBS}", f"--sentinel-deadline={UNHURRIED}", "--sentinel-report=out")
    command = ["pytest", "-q", "-p", "no:cacheprovider", *workers, *options, "--sentinel-config"]
    assert_exact(fleet, tmp_path, limited(FILES, command, fleet, tmp_path))


@pytest.mark.parametrize("processes", [1, 2])
def test_the_command_with_few_open_files_has_exact_causes(fleet: Running, tmp_path: Path, processes: int) -> None:
    assert_exact(fleet, tmp_path, limited(FILES, [*COMMAND, f"--processes={processes}"], fleet, tmp_path))


def test_a_cluster_with_few_open_files_has_exact_causes(fleet: Running, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    environ = {**os.environ, **fleet.environment}
    with LocalCluster(tmp_path / "cluster", environ, files=FILES) as cluster:
        command = [*COMMAND, f"--scheduler={cluster.address}"]
        assert_exact(fleet, tmp_path, limited(FILES, command, fleet, tmp_path))


@pytest.mark.parametrize(
    ("files", "options"), [(16, []), (16, ["-n2"]), (20, ["-n2"])], ids=["alone", "controller", "worker"]
)
def test_a_session_with_too_few_open_files_reports_it(
    fleet: Running, tmp_path: Path, files: int, options: list[str]
) -> None:
    plugins = ("-p", "no:cacheprovider", "-p", "tests.fleet.mixed_fleet")
    command = ["pytest", "-q", *plugins, *options, "--sentinel-report=out", "--sentinel-config"]
    process = limited(files, command, fleet, tmp_path, IMPATIENT)
    output = " ".join((process.stdout + process.stderr).split())
    assert process.returncode == 6, output[-2000:]
    assert output.count(f"not enough open files (this process may open {files}; ulimit -n raises it)") == 1
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output


@pytest.mark.parametrize(("processes", "files"), [(1, 12), (2, 12), (2, 16)])
def test_a_process_with_too_few_open_files_reports_it(
    fleet: Running, tmp_path: Path, processes: int, files: int
) -> None:
    command = ["tests.fleet.mixed_command", *OPTIONS, f"--processes={processes}"]
    process = limited(files, command, fleet, tmp_path, IMPATIENT)
    assert process.returncode == 6
    (line,) = [line for line in process.stderr.splitlines() if line.startswith("ERROR")]
    assert f"not enough open files (this process may open {files}; ulimit -n raises it)" in line
    assert f"{TENANTS} without a verdict" in process.stdout
