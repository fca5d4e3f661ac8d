"""A verification beside other plugins: the tests that they see, and the output if they remove checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.slow

OBSERVER = """
    import json
    from collections import Counter

    import pytest

    seen = {"phases": Counter(), "nodeids": [], "parameters": [], "blank": [], "reasons": []}

    def pytest_runtest_setup(item):
        seen["parameters"].append(item.callspec.id)

    def pytest_runtest_logreport(report):
        seen["phases"][report.when] += 1
        if report.when == "call":
            seen["nodeids"].append(report.nodeid)
        if report.skipped:
            seen["reasons"].append(report.longrepr[2])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(session, exitstatus):
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        seen["exitstatus"] = int(exitstatus)
        if reporter:
            seen["stats"] = {name: len(reports) for name, reports in reporter.stats.items() if name}
            for reports in reporter.stats.values():
                for report in reports:
                    if getattr(report, "when", "") == "call":
                        words = session.config.hook.pytest_report_teststatus(report=report, config=session.config)
                        seen["blank"] += [report.nodeid] if not all(words) else []
        with open("seen.json", "w") as file:
            json.dump(seen, file)

    def pytest_terminal_summary(terminalreporter):
        terminalreporter.write_line("a summary of another plugin")
"""


def observations(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "seen.json").read_text())
    return content


@pytest.mark.parametrize(("scenario", "code"), [("no-azure-role", 1), ("service-down", 6)])
def test_other_plugins_see_each_check_as_a_test(
    folder: Path, pytester: pytest.Pytester, scenario: str, code: int
) -> None:
    pytester.makepyfile(observer=OBSERVER)
    result = run(pytester, "-p", "observer", "--sentinel-report=out", scenario=scenario)
    assert result.ret == code
    observed = observations(folder)
    checks = json.loads((folder / "out/report.json").read_text())["connections"][0]["checks"]
    assert observed["exitstatus"] == code
    assert observed["phases"] == dict.fromkeys(("setup", "call", "teardown"), len(checks))
    for names in (observed["nodeids"], observed["parameters"]):
        assert isinstance(names, list)
        assert len({*names}) == len(checks)
    assert observed["blank"] == []
    assert observed["stats"] == {**stats_of(checks), "deselected": 2}
    result.stdout.fnmatch_lines(["a summary of another plugin", "? contoso*" if code == 6 else "✗ contoso*"])


def stats_of(checks: list[dict[str, str]]) -> dict[str, int]:
    """Return the counts that pytest must have for these checks."""
    words = {"passed": "passed", "warning": "passed", "failed": "failed", "error": "failed"}
    counts: dict[str, int] = {}
    for check in checks:
        word = words.get(check["outcome"], "skipped")
        counts[word] = counts.get(word, 0) + 1
    return counts


def test_a_run_of_other_tests_alone_has_no_verdict(folder: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_good(): pass\n\ndef test_bad(): assert 1 == 2")
    good = run(pytester, "test_own.py", "-k", "good")
    assert good.ret == 5
    assert "No check was selected: only tests that are not checks ran (1)" in " ".join(good.outlines)
    bad = run(pytester, "test_own.py")
    assert bad.ret == 1
    bad.stdout.fnmatch_lines(["E * assert 1 == 2", "FAILED test_own.py::test_bad", "No check was selected*"])


def test_a_failing_test_beside_the_checks_decides_the_exit_code(folder: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_bad(): assert 1 == 2")
    checks = Path(__file__).parents[2] / "conformance/checks"
    result = run(pytester, str(checks), "test_own.py", "--sentinel-report=out")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["E * assert 1 == 2", "FAILED *test_bad", "✓ contoso works*", "exit code 1: 1 test that is no check failed;*"]
    )
    head = json.loads((folder / "out/report.json").read_text())["run"]
    assert (head["exit_code"], head["failed_tests"]) == (1, 1)


def test_without_a_terminal_reporter_the_verdict_is_still_printed(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, "-p", "no:terminal", scenario="service-down")
    assert result.ret == 6
    result.stdout.fnmatch_lines(["? contoso*", "exit code 6: *"])


@pytest.mark.parametrize("option", ["--block-network", "--block-network --allowed-hosts=graph.microsoft.com"])
def test_with_a_blocked_network_nothing_is_sent(folder: Path, pytester: pytest.Pytester, option: str) -> None:
    result = run(pytester, "--sentinel-source=live", *option.split())
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --block-network forbids what a live verification has to ask: *; nothing*"])
