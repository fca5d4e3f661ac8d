"""The command `pytest --sentinel-config=conn.toml`, run as by users."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contoso import FILE, SECRET
from tests.pytest_plugin.inner_run import run_inside
from tests.python_path import python_path
from tests.report_schema import assert_valid

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with only a connection file."""
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", python_path())
    (pytester.path / "conn.toml").write_text(FILE.replace("[connection]", '[connection]\nname = "contoso"'))
    return pytester.path


def run(
    pytester: pytest.Pytester,
    *arguments: str,
    scenario: str = "healthy",
    installed: bool = False,
    plugins: Sequence[object] = (),
) -> pytest.RunResult:
    """Run pytest on the connection on the virtual tenant, in the order of the checks and without pytest's cache.

    If ``installed``, run it with every plugin of this environment. ``plugins`` are further objects with hooks.
    """
    options = () if installed else ("-p", "no:randomly", "-p", "no:cacheprovider")
    source = ("--sentinel-config=conn.toml", f"--sentinel-source=fake:{scenario}")
    return run_inside(pytester, *options, *source, *arguments, plugins=plugins)


def last(result: pytest.RunResult, start: str) -> str:
    return next(line for line in reversed(result.outlines) if line.startswith(start))


def test_a_conformant_connection_ends_with_0(folder: Path, pytester: pytest.Pytester) -> None:
    """This run is in a separate process, as for users."""
    options = ("-p", "no:randomly", "--sentinel-config=conn.toml", "--sentinel-source=fake:healthy")
    result = pytester.runpytest_subprocess("-p", "conformance.plugin", *options)
    assert result.ret == 0, result.stdout.str()
    assert [*filter(None, result.outlines)][:2] == [
        "SIMULATION (fake): no real service was asked.",
        "✓ contoso works. Nothing is broken; a warning needs a look.",
    ]
    assert last(result, "exit code").startswith("exit code 0: 1 warning")
    assert "test_" not in result.stdout.str()


@pytest.mark.parametrize(("scenario", "code"), [("expired-secret", 1), ("service-down", 6)])
def test_the_verdict_is_the_exit_code(folder: Path, pytester: pytest.Pytester, scenario: str, code: int) -> None:
    assert run(pytester, scenario=scenario).ret == code


def test_a_selected_dependent_still_names_the_root(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, "-k", "SENT-001", scenario="no-azure-role")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*RBAC-001*", "*rbac_role_missing*"])


@pytest.mark.parametrize(
    "order", [["-n", "2"], ["-p", "randomly", "-p", "no:cacheprovider", "-p", "randomly"], ["-m", "sentinel or rbac"]]
)
def test_order_and_workers_do_not_change_the_verdict(folder: Path, pytester: pytest.Pytester, order: list[str]) -> None:
    arguments = [*order, "--sentinel-report=out"] if order[0] != "-p" else ["--sentinel-report=out"]
    result = run(pytester, *arguments, scenario="no-graph-consent", installed=order[0] == "-p")
    report = json.loads((folder / "out" / "report.json").read_text())
    connection = report["connections"][0]
    assert result.ret == (0 if order[0] == "-m" else 1)
    if order[0] != "-m":
        assert [root_cause["check"] for root_cause in connection["root_causes"]] == ["PERM-001"]


def test_the_report_is_valid_and_contains_no_secret(folder: Path, pytester: pytest.Pytester) -> None:
    run(pytester, "--sentinel-report=out", "--junitxml=junit.xml", "-vv", scenario="wrong-secret")
    text = (folder / "out" / "report.json").read_text()
    assert_valid(text)
    assert SECRET not in text + (folder / "junit.xml").read_text()


def test_junit_has_the_facts_of_each_check(folder: Path, pytester: pytest.Pytester) -> None:
    run(pytester, "--junitxml=junit.xml", scenario="expired-secret")
    text = (folder / "junit.xml").read_text()
    assert '<property name="cause" value="secret_expired"' in text
    assert '<property name="blocked_by" value="AUTH-003"' in text
    assert "<failure" in text
    assert "<skipped" in text


def test_pytest_options_keep_working(folder: Path, pytester: pytest.Pytester) -> None:
    assert "AUTH-003" in run(pytester, "-v", "-k", "auth").stdout.str()
    assert run(pytester, "-x", scenario="expired-secret").ret == 1
    assert "contoso-AUTH-003" in run(pytester, "--collect-only", "-q").stdout.str()
    assert run(pytester, "-k", "nothing_of_the_kind").ret == 5


def test_last_failed_runs_the_failed_checks(folder: Path, pytester: pytest.Pytester) -> None:
    arguments = ["--sentinel-config=conn.toml", "--sentinel-source=fake:expired-secret"]
    run_inside(pytester, *arguments)
    again = run_inside(pytester, *arguments, "--lf", "--collect-only", "-q")
    assert [line for line in again.outlines if "contoso-" in line] == [
        "test_auth.py::test_credential_accepted[contoso-AUTH-003]"
    ]


def test_strict_turns_warnings_into_failures(folder: Path, pytester: pytest.Pytester) -> None:
    assert run(pytester, "--sentinel-strict").ret == 0, "an announced retirement has its own switch"
    assert run(pytester, "--sentinel-strict-retirements").ret == 1
    assert run(pytester, "--sentinel-strict", scenario="secret-ends-soon").ret == 1


def test_an_option_that_matches_no_check_is_an_error(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, "-k", "nosuch")
    assert result.ret == 5
    result.stdout.fnmatch_lines(["ERROR: no check matches -k nosuch: --sentinel-list shows their ids and areas"])


def test_a_waiting_time_without_a_unit_is_explained(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, "--sentinel-wait=10")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --sentinel-wait: *--sentinel-wait=10m is ten minutes"])


def test_a_conftest_of_a_folder_without_settings_is_left_out(folder: Path, pytester: pytest.Pytester) -> None:
    (folder / "conftest.py").write_text("raise SystemError('not of this run')")
    assert run(pytester, "-k", "CONN-001").ret == 0
    (folder / "pytest.ini").write_text("[pytest]")
    assert run(pytester, "-k", "CONN-001").ret == 4, "in a project it counts"


def test_the_last_line_names_the_report(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, "--sentinel-report=out", scenario="role-just-assigned")
    assert next(line for line in reversed(result.outlines) if line) == f"report: {Path('out') / 'report.html'}"
    result.stdout.fnmatch_lines(["*--sentinel-wait=10m*"])


def test_own_checks_use_the_same_decorator_and_fixtures(folder: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        import pytest
        from conformance import check, require

        @pytest.fixture
        def limit():
            return 1

        @check("OWN-001", "there are few incidents", area="own", cause="data_stale")
        def test_few(incidents, limit):
            require(len(incidents.data.value) <= limit, "too many incidents", "data_stale")

        @check("OWN-002", "the workspace has a name", area="own")
        def test_name(workspace, connection):
            assert workspace.data.name == connection.workspace_name

        def test_plain():
            assert True
        """
    )
    options = ("-p", "conformance.plugin", "--sentinel-config=conn.toml", "--sentinel-source=fake", "test_own.py")
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*OWN-001*", "*too many incidents*"])
    assert pytester.runpytest_subprocess(*options, "-k", "OWN-002 or plain").ret == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sentinel-config=nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["--sentinel-config=."], "no [[]connection[]]"),
        (["--sentinel-config=conn.toml", "--sentinel-source=fake:expired-secrets"], "did you mean 'expired-secret'?"),
        (["--sentinel-config=conn.toml", "--sentinel-source=somewhere"], "unknown source 'somewhere'"),
        (["--sentinel-config=conn.toml", "--sentinel-sauce=fake"], "unrecognized arguments"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_4(
    folder: Path, pytester: pytest.Pytester, arguments: list[str], says: str
) -> None:
    if arguments == ["--sentinel-config=."]:
        (folder / "conn.toml").write_text("x = 1")
        says = "*unknown key 'x'"
    result = run_inside(pytester, *arguments)
    assert result.ret == 4
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
    result.stderr.fnmatch_lines([f"*{says}*"])


def test_an_unset_variable_is_bad_usage(
    folder: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONTOSO_SECRET")
    result = run(pytester)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: conn.toml:5: client_secret: environment variable CONTOSO_SECRET is not set"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_report_folder_without_write_permission_is_bad_usage(folder: Path, pytester: pytest.Pytester) -> None:
    (folder / "out").mkdir(mode=0o500)
    assert run(pytester, "--sentinel-report=out").ret == 4


def test_an_unwritable_report_folder_is_an_error_before_any_request(folder: Path, pytester: pytest.Pytester) -> None:
    (folder / "out").write_text("a file")
    result = run(pytester, "--sentinel-report=out/deep")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: out/deep: the report cannot be written*; nothing was sent"])
    result.stdout.no_fnmatch_line("*contoso*")


def test_without_the_option_the_plugin_is_inert(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\ndef test_it():\n    assert 'httpx' not in sys.modules and 'msal' not in sys.modules"
    )
    assert pytester.runpytest_subprocess("-p", "no:respx", "-p", "no:recording", "-p", "no:anyio").ret == 0
    listed = pytester.runpytest_subprocess("-q", "--no-header", "--fixtures")
    assert sorted(line.split()[0] for line in listed.outlines if line.startswith("sentinel_")) == [
        "sentinel_server",
        "sentinel_tenant",
    ]
    assert "incidents" not in listed.stdout.str()


def test_list_explain_and_init_need_no_connection(pytester: pytest.Pytester) -> None:
    listed = run_inside(pytester, "--sentinel-list")
    assert listed.ret == 0
    listed.stdout.fnmatch_lines(["*AUTH-003*the credential is accepted*"])
    scenarios = run_inside(pytester, "--sentinel-list-scenarios")
    scenarios.stdout.fnmatch_lines(["expired-secret *secret_expired*"])
    profiles = run_inside(pytester, "--sentinel-list-profiles")
    assert profiles.ret == 0
    profiles.stdout.fnmatch_lines(["airmdr *onboarding guide*", "xsoar-sentinel *", "*Microsoft Sentinel Contributor*"])
    assert run_inside(pytester, "--sentinel-explain", "AADSTS7000222").ret == 0
    assert run_inside(pytester, "--sentinel-explain", "xyzzy").ret == 1
    options = ("-p", "conformance.plugin", "--sentinel-explain=-")
    piped = pytester.run(sys.executable, "-m", "pytest", *options, stdin=b"AADSTS7000222: x")
    assert piped.ret == 0
    piped.stdout.fnmatch_lines(["*secret_expired*"])
    check = run_inside(pytester, "--sentinel-explain", "AUTH-003", "--sentinel-docs=https://docs.example.com")
    check.stdout.fnmatch_lines(
        ["*AUTH-003*the credential is accepted", "*docs*https://docs.example.com/checks/AUTH-003.html"]
    )
    cause = run_inside(pytester, "--sentinel-explain", "secret_expired")
    cause.stdout.fnmatch_lines(["*secret_expired*", "*docs*docs/findings.md#secret_expired"])
    refused = run_inside(pytester, "--sentinel-explain", "AUTH-003", "--sentinel-docs=elsewhere")
    assert refused.ret == 4
    assert run_inside(pytester, "--sentinel-init=new.toml").ret == 0
    assert run_inside(pytester, "--sentinel-init=new.toml").ret == 4


def test_a_recording_of_another_name_can_answer_a_connection(folder: Path) -> None:
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-p", "no:cacheprovider"),
            *("--sentinel-config=conn.toml", "--sentinel-source=cassette:no-azure-role", "--sentinel-report=out"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    (connection,) = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))["connections"]
    assert connection["name"] == "contoso"
    assert [cause["cause"] for cause in connection["root_causes"]] == ["rbac_role_missing"]
