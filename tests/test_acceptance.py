"""Many tenants in one run, as of a provider: some broken, some silent; each report names the tenant's fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.fakes.fleet import SILENCES, WAYS
from conformance.results.journal import FILE, Journal
from tests.fakes_command import run
from tests.python_path import python_path

pytestmark = pytest.mark.slow

TENANTS, BROKEN, HANGING = 32, 20, 4
"""One broken tenant for each kind of fault."""
UNHURRIED = ("--sentinel-jobs=3", "--sentinel-deadline=240")
"""Few concurrent connections, so that a slow machine answers in time; silent tenants end without a deadline."""


def test_every_cause_is_the_one_of_the_manifest(tmp_path: Path) -> None:
    shares = (f"--broken={100 * BROKEN / TENANTS}%", f"--hanging={100 * HANGING / TENANTS}%")
    with run(tmp_path, f"--tenants={TENANTS}", *shares, "--latency=0.05", "--jitter=0.02") as fleet:
        folder = tmp_path / "virtual-tenant"
        options = (f"--sentinel-config={folder / 'connections'}", "--sentinel-report=reports", "-p", "no:cacheprovider")
        process = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *options, *UNHURRIED],
            env={**os.environ, **fleet.environment, "PYTHONPATH": python_path()},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
    troubled = json.loads((folder / "manifest.json").read_text())["troubled"]
    assert {row["state"] for row in troubled.values()} == {*WAYS, *SILENCES}
    assert process.returncode == 1, process.stdout[-2000:] + process.stderr[-2000:]
    causes_by_name = {
        entry.name: [root.cause for root in entry.part.root_causes]
        for entry in Journal(tmp_path / "reports" / FILE).entries()
    }
    assert len(causes_by_name) == TENANTS
    assert {name: causes for name, causes in causes_by_name.items() if causes} == {
        name: row["causes"] for name, row in troubled.items()
    }
