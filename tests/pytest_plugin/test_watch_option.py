"""The option ``--sentinel-watch``, run as by users."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contoso import SECRET
from tests.fleet.clusters import until
from tests.pytest_plugin.test_session import ROOT, fleet
from tests.python_path import python_path
from tests.report_schema import assert_valid
from tests.succession import HOLDING

pytestmark = pytest.mark.slow
COMMAND = (
    *(sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-p", "tests.succession"),
    *("--sentinel-config=fleet.toml", "--sentinel-source=fake", "--sentinel-report=out"),
)
CORRECTS = """
from pathlib import Path
from conformance.verification.watch import Watch

pause = Watch.pause

async def corrected(self, clock, seconds):
    Path("fleet.toml").write_text(Path("right.toml").read_text())
    await pause(self, clock, 0)

Watch.pause = corrected
"""
"""A plugin that corrects the connection file at the first pause."""
REFRESH = b'<meta http-equiv="refresh"'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONPATH", python_path(ROOT / "tests"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120)


def connections() -> list[dict[str, Any]]:
    report: dict[str, Any] = json.loads(Path("out/report.json").read_bytes())
    assert_valid(json.dumps(report))
    return report["connections"]  # type: ignore[no-any-return]


def test_watching_ends_when_the_connection_works_and_lists_the_fixes() -> None:
    fleet("a.expired-secret.no-azure-role.healthy")
    result = run("--sentinel-watch")
    assert result.returncode == 0, result.stdout + result.stderr
    events = [line for line in result.stdout.splitlines() if " found " in line or " fixed " in line]
    assert [line[11:].split(":")[0].strip() for line in events] == [
        "found  secret_expired (AUTH-003)",
        "fixed  Entra administrator",
        "found  rbac_role_missing (RBAC-001)",
        "fixed  Azure administrator",
    ]
    assert "az ad app credential reset" in result.stdout, "with the fix, at once"
    assert "a.expired-secret.no-azure-role.healthy works" in result.stdout
    (connection,) = connections()
    assert [(event["kind"], event["cause"]) for event in connection["events"]] == [
        ("found", "secret_expired"),
        ("fixed", "secret_expired"),
        ("found", "rbac_role_missing"),
        ("fixed", "rbac_role_missing"),
    ]


def test_the_page_is_rewritten_after_each_change() -> None:
    fleet("a.expired-secret.no-azure-role.healthy", "b")
    assert run("--sentinel-watch").returncode == 0
    pages = [Path(f"look-{number}.html").read_bytes() for number in (1, 2)]
    assert all(REFRESH in page for page in pages)
    assert b"secret_expired" in pages[0]
    assert b"rbac_role_missing" not in pages[0]
    assert b"rbac_role_missing" in pages[1]
    last = Path("out/report.html").read_bytes()
    assert REFRESH not in last
    assert last.count(b"<b>fixed</b>") == 2
    assert ["events" in connection for connection in connections()] == [True, False]


def test_an_interrupt_ends_watching_after_a_last_verification() -> None:
    fleet("a.no-azure-role.holds")
    with subprocess.Popen([*COMMAND, "--sentinel-watch"], stdout=subprocess.PIPE, text=True) as running:
        until(HOLDING.exists, "the first look is over")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 1, out
    assert "watching ends with a last look" in out
    assert connections()[0]["root_causes"][0]["cause"] == "rbac_role_missing"


def test_a_connection_file_that_changes_meanwhile_is_read_again() -> None:
    fleet("a")
    text = Path("fleet.toml").read_text()
    ends = "[[connection]]\nsecret_expires = {}".format
    Path("corrects.py").write_text(CORRECTS)
    Path("right.toml").write_text(text.replace("[[connection]]", ends("2099-01-01")))
    Path("fleet.toml").write_text(text.replace("[[connection]]", ends("2020-01-01")))
    result = run("-p", "corrects", "--sentinel-watch", "--sentinel-strict", "-k", "HYG-001")
    assert result.returncode == 0, result.stdout
    assert "the connection file has changed, and is read again" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sentinel-watch=10"], "--sentinel-watch=10m is ten minutes"),
        (["--sentinel-watch", "-n2"], "--sentinel-watch does not go with -n"),
        (["--sentinel-watch", "--sentinel-source=cassette"], "a recording does not change"),
    ],
)
def test_options_that_cannot_be_combined_with_watching_are_refused(arguments: list[str], message: str) -> None:
    fleet("a")
    result = run(*arguments)
    assert result.returncode == 4
    assert message in result.stderr


def test_a_fleet_is_not_watched() -> None:
    fleet(*(f"c{number}" for number in range(21)))
    result = run("--sentinel-watch")
    assert result.returncode == 4
    assert "--sentinel-watch is for 20 connections at most, and these are 21" in result.stderr
