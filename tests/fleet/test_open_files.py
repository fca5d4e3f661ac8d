"""Connections of which some are broken, in processes that may open few files: slower, with exactly their causes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from conformance.results.journal import FILE, Journal
from tests.fakes_command import ROOT, Running, run
from tests.fleet.clusters import LocalCluster

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.slow
TENANTS, BROKEN = 40, 10
FILES = 256
"""What macOS lets a process open, the lowest of common defaults: a run at full speed would take more of them."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run(
        tmp_path_factory.mktemp("fleet"), f"--tenants={TENANTS}", f"--broken={100 * BROKEN / TENANTS}%"
    ) as running:
        yield running


def limited(files: int, command: list[str], fleet: Running, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command that may open so many files, and cannot raise that."""
    return subprocess.run(
        [sys.executable, "-m", *command, f"{fleet.folder / 'virtual-tenant' / 'connections'}"],
        env={**os.environ, **fleet.environment, "PYTHONPATH": str(ROOT)},
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (files, files)),
        cwd=folder,
        capture_output=True,
        text=True,
    )


def assert_exact(fleet: Running, folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    """Every connection has a verdict, and its root causes are those of the manifest."""
    troubled = json.loads((fleet.folder / "virtual-tenant" / "manifest.json").read_text())["troubled"]
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    found = {
        one.name: [root.cause for root in one.part.root_causes] for one in Journal(folder / "out" / FILE).entries()
    }
    assert len(found) == TENANTS
    assert len(troubled) == BROKEN
    assert {name: causes for name, causes in found.items() if causes} == {
        name: one["causes"] for name, one in troubled.items()
    }


def test_in_pytest(fleet: Running, tmp_path: Path) -> None:
    command = ["pytest", "-q", "-p", "no:cacheprovider", "--sentinel-report=out", "--sentinel-config"]
    assert_exact(fleet, tmp_path, limited(FILES, command, fleet, tmp_path))


def test_by_the_command(fleet: Running, tmp_path: Path) -> None:
    assert_exact(fleet, tmp_path, limited(FILES, ["conformance.fleet", "--report=out"], fleet, tmp_path))


def test_on_a_cluster(fleet: Running, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    environ = {**os.environ, **fleet.environment}
    with LocalCluster(tmp_path / "cluster", environ, files=FILES) as cluster:
        command = ["conformance.fleet", "--report=out", f"--scheduler={cluster.address}"]
        assert_exact(fleet, tmp_path, limited(FILES, command, fleet, tmp_path))


def test_a_process_that_may_open_hardly_any_says_so(fleet: Running, tmp_path: Path) -> None:
    done = limited(12, ["conformance.fleet", "--report=out"], fleet, tmp_path)
    assert done.returncode == 6
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert "not enough open files (this process may open 12; ulimit -n raises it)" in line
    assert f"{TENANTS} without a verdict" in done.stdout
