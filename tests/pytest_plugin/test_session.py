"""Many connections in one run of pytest, run as by users."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.connection import load
from conformance.results.journal import FILE
from conformance.verification.pipeline import select_checks
from tests.contoso import SECRET
from tests.fleet.clusters import until
from tests.python_path import python_path

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CONNECTION = """\
[[connection]]
name = "{name}"
tenant_id = "7e4a11ed-0c0f-4c0f-a11c-{number:012}"
client_id = "a9910000-0c0f-4c0f-a11c-000000000002"
client_secret = "env:CONTOSO_SECRET"
subscription_id = "5b5c0000-0c0f-4c0f-a11c-000000000003"
resource_group = "rg-security"
workspace_id = "30a40000-0c0f-4c0f-a11c-000000000004"
workspace_name = "law-security"
"""
OPTIONS = (
    "-p",
    "conformance.plugin",
    "-p",
    "tests.scenario_plugin",
    "-p",
    "no:randomly",
    "--sentinel-config=fleet.toml",
)
BROKEN = {"a": "conformant", "b.expired-secret": "nonconformant", "c.no-azure-role": "nonconformant", "d": "conformant"}


@pytest.fixture(autouse=True)
def _folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PYTHONPATH", python_path(ROOT / "tests"))


def fleet(*names: str) -> None:
    Path("fleet.toml").write_text("".join(CONNECTION.format(name=name, number=at) for at, name in enumerate(names, 1)))
    Path("fleet.toml").chmod(0o600)
    assert [connection.name for connection in load(Path("fleet.toml"))] == [*names]


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*OPTIONS, "--sentinel-source=fake", "--sentinel-report=out", *arguments)


def verdicts() -> dict[str, str]:
    report = json.loads(Path("out/report.json").read_bytes())
    return {connection["name"]: connection["verdict"]["status"] for connection in report["connections"]}


def finished() -> list[str]:
    return [json.loads(line)["name"] for line in Path("out", FILE).read_bytes().splitlines()]


@pytest.mark.parametrize("how", [(), ("-n", "2"), ("--sentinel-jobs=1",), ("-p", "randomly", "-p", "no:cacheprovider")])
def test_order_jobs_and_workers_do_not_change_the_verdicts(pytester: pytest.Pytester, how: tuple[str, ...]) -> None:
    fleet(*BROKEN)
    assert run(pytester, *how).ret == 1
    assert verdicts() == BROKEN, "in the order of the file"
    assert list(verdicts()) == list(BROKEN)
    assert sorted(finished()) == sorted(BROKEN)


def test_selections_of_pytest_are_respected(pytester: pytest.Pytester) -> None:
    fleet(*BROKEN)
    assert run(pytester, "-k", "expired").ret == 1
    assert list(verdicts()) == ["b.expired-secret"]
    assert run(pytester, "--lf", "--collect-only", "-q").outlines[0].endswith("[b.expired-secret-AUTH-003]")
    assert run(pytester, "-m", "rbac").ret == 1
    assert verdicts() == {**BROKEN, "a": "partial", "d": "partial"}


def test_a_connection_that_hangs_does_not_delay_others(pytester: pytest.Pytester) -> None:
    """The first connection hangs, and two are verified at a time."""
    fleet("a.hangs", "b", "c", "d")
    with process("--sentinel-jobs=2") as running:
        until(lambda: Path("out", FILE).exists() and len(finished()) == 3, "all but one")
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert finished() == ["b", "c", "d"]


def test_an_interrupted_run_keeps_finished_connections_and_can_be_resumed(pytester: pytest.Pytester) -> None:
    fleet("a", "b.hangs", "c.expired-secret")
    with process() as running:
        until(lambda: Path("out", FILE).exists() and len(finished()) == 2, "all but one")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 2, out
    assert sorted(finished()) == ["a", "c.expired-secret"]
    Path("hanging").unlink()
    with process("--sentinel-resume") as running:
        until(Path("hanging").exists, "the one under way")
        running.kill()
        running.communicate()
    assert sorted(finished()) == ["a", "c.expired-secret"]


def test_an_internal_error_while_gathering_ends_the_run_with_3(pytester: pytest.Pytester) -> None:
    fleet("a.hangs", "b.is-a-fault-of-ours")
    result = run(pytester)
    assert result.ret == 3
    assert "nobody expects this" in result.stdout.str() + result.stderr.str()


def test_finished_connections_are_not_verified_again(pytester: pytest.Pytester) -> None:
    fleet(*BROKEN)
    run(pytester)
    journal = Path("out", FILE)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:2]) + lines[2][:50])
    names = finished_whole(lines[:2])
    assert run(pytester, "--sentinel-resume").ret == 1
    assert verdicts() == BROKEN
    assert finished()[:2] == names


def finished_whole(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["name"] for line in lines]


def test_a_file_that_is_not_a_journal_is_bad_usage_and_not_changed(pytester: pytest.Pytester) -> None:
    fleet("a")
    Path("out").mkdir()
    Path("out", FILE).write_text("verdicts\n")
    result = run(pytester, "--sentinel-resume")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: out/{FILE}: no journal to go on from: *"])
    assert Path("out", FILE).read_text() == "verdicts\n"


def test_a_history_that_cannot_be_used_is_bad_usage(pytester: pytest.Pytester) -> None:
    fleet("a")
    Path("history.db").write_text("no database")
    result = run(pytester, "--sentinel-history=history.db")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: history.db: no usable history: *"])
    assert not Path("out").exists(), "nothing was verified"
    assert Path("history.db").read_text() == "no database"


@pytest.mark.parametrize("how", [(), ("-n", "2")])
def test_an_empty_shard_is_reported_and_not_an_error(pytester: pytest.Pytester, how: tuple[str, ...]) -> None:
    fleet("a")
    ends = {share: run(pytester, "-m", "auth", f"--sentinel-shard={share}/2", *how) for share in (1, 2)}
    (empty,) = (
        share for share, result in ends.items() if f"share {share}/2 has none of the connections" in result.outlines
    )
    assert ends[empty].ret == ends[3 - empty].ret == 0


def test_a_selection_without_checks_ends_with_5(pytester: pytest.Pytester) -> None:
    fleet("a")
    assert run(pytester, "-k", "nothing-of-the-kind").ret == 5


def test_a_run_ended_by_its_first_failure_counts_unfinished_connections(pytester: pytest.Pytester) -> None:
    fleet("b.expired-secret", "a.hangs")
    result = run(pytester, "-x")
    assert result.ret != 0
    assert finished() == ["b.expired-secret"]
    output = " ".join(result.stdout.str().split())
    ran = f"10 of {len(select_checks())} checks ran"
    assert f"b.expired-secret does not work ({ran}); 1 other is not finished" in output
    assert "next: 1 of 2 connections are not finished; the same command with --sentinel-resume" in output
    assert json.loads(Path("out/report.json").read_bytes())["run"]["unfinished"] == 1


def test_only_the_controller_of_workers_writes_to_the_terminal(pytester: pytest.Pytester) -> None:
    fleet(*(f"customer-{number:02}" for number in range(21)))
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "pytest", *OPTIONS, "--sentinel-source=fake", "-n", "2", "-m", "auth"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=terminal, text=True, env={**os.environ, "TERM": "xterm"}
    )
    os.close(terminal)
    progress = b""
    with contextlib.suppress(OSError):  # a terminal reports so that its last writer has closed it
        while more := os.read(controller, 4096):
            progress += more
    os.close(controller)
    output, _ = running.communicate(timeout=120)
    assert running.returncode == 0, output
    assert b"21/21" in progress


def test_results_of_workers_are_reported_as_soon_as_they_are_known(pytester: pytest.Pytester) -> None:
    """While others are being verified, each broken connection is a line of output and an entry in the run's journal."""
    fleet(*(f"customer-{number:02}" for number in range(21)), "v.expired-secret", "w.hangs")
    with process("-n", "2", "-m", "auth") as running:
        assert running.stdout
        try:
            verdict_line = next(line for line in running.stdout if "v.expired-secret" in line)
            assert running.poll() is None
        finally:
            os.killpg(running.pid, signal.SIGKILL)
    assert "v.expired-secret  The connection does not work" in verdict_line
    assert "v.expired-secret" in finished()


def test_evidence_is_freed_as_soon_as_its_connection_is_judged(pytester: pytest.Pytester) -> None:
    fleet(*BROKEN)
    pytester.makeconftest(
        """
        def pytest_runtest_logfinish(nodeid):
            alive = [run.configured.name for run in session.runs if run.examination is not None and not run.left]
            assert len(alive) <= 1, "the one that has just been judged"

        def pytest_sessionfinish():
            kept = [run for run in session.runs if run.examination or any(case.outcome for case in run.cases)]
            print("evidence is kept of", len(kept), "of", len(session.runs))

        def pytest_collection_finish(session):
            globals()["session"] = session.config.pluginmanager.get_plugin("sentinel-session")
        """
    )
    result = run(pytester, f"--confcutdir={pytester.path}", f"--rootdir={pytester.path}", "-p", "conftest")
    result.stdout.fnmatch_lines(["evidence is kept of 0 of 4"])


def test_a_fleet_is_reported_in_one_view(pytester: pytest.Pytester) -> None:
    fleet(*(f"customer-{number:02}{'.expired-secret' if number in (3, 7) else ''}" for number in range(1, 23)))
    result = run(pytester)
    assert result.ret == 1
    lines = result.outlines
    broken = ["customer-03.expired-secret", "customer-07.expired-secret"]
    assert sorted(line.split()[1] for line in lines if re.match("✗ customer", line)) == broken, "as they are finished"
    assert any(line.startswith("✗ 20 of 22 connections work. Entra administrator (2 connections):") for line in lines)
    assert f"✗ secret_expired  2 connections ({', '.join(broken)})" in lines
    assert len(verdicts()) == 22
    pages = {str(path.relative_to("out")) for path in Path("out").rglob("report.html")}
    assert pages == {f"connections/{name.replace('.', '-')}/report.html" for name in broken}
    assert Path("out/index.html").exists()


def process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest", *OPTIONS, "--sentinel-source=fake", "--sentinel-report=out", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
