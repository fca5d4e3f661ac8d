"""Every way to leave out checks: each output says how many ran, and never presents a part as the whole."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.slow
CHECKS = Path(__file__).parents[2] / "conformance/checks"


@dataclass(frozen=True)
class Way:
    """Options by which items are left out, and the exit code of such a run.

    ``before`` has the options of a previous run, which fills pytest's cache.
    """

    arguments: str
    code: int = 0
    scenario: str = "healthy"
    before: str | None = None

    def __str__(self) -> str:
        return self.arguments.replace(f"{CHECKS}/", "")


WAYS = (
    Way("-k HYG"),
    Way("-m auth"),
    Way("--deselect=test_auth.py"),
    Way(f"{CHECKS}/test_auth.py"),
    Way(f"{CHECKS}/test_auth.py::test_credential_accepted[contoso-AUTH-003]"),
    Way("-k SENT-001", 1, "no-azure-role"),
    Way("-x", 1, "no-azure-role"),
    Way("--maxfail=1 -n1", 1, "no-azure-role"),
    Way("--sw", 1, "no-azure-role"),
    Way("--sw", 1, "no-azure-role", before="--sw"),
    Way("--sw --sw-skip", 1, "no-azure-role", before="--sw"),
    Way("--lf", 1, "no-azure-role", before=""),
    Way("--way=DropsItems"),
    Way("--way=DropsItems -n1"),
    Way("--way=DropsItemsLate"),
    Way("--way=SkipsInSetup"),
    Way("--way=SkipsInSetup -n1"),
    Way("--way=SkipsInsteadOfCall"),
    Way("--way=RunsItsOwnProtocol"),
    Way("--way=Exits", 2),
    Way("--way=ExitsWithZero"),
    Way("--way=ExitsWithItsOwnCode", 77),
    Way("--way=Stops", 2),
    Way("--way=IsInterrupted", 2),
)


def verify(pytester: pytest.Pytester, arguments: str = "", scenario: str = "healthy") -> pytest.RunResult:
    """Run pytest with its cache, in the order of the checks, beside the plugin that has the option ``--way``."""
    options = ("-p", "no:randomly", "-p", "tests.pytest_plugin.interfering_plugin", *arguments.split())
    return run(pytester, *options, scenario=scenario, installed=True)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_part_of_the_checks_is_never_presented_as_the_whole(
    folder: Path, pytester: pytest.Pytester, way: Way
) -> None:
    if way.before is not None:
        verify(pytester, way.before, way.scenario)
    result = verify(pytester, f"--sentinel-report=out {way.arguments}", way.scenario)
    assert result.ret == way.code, result.stdout.str()
    report = json.loads((folder / "out/report.json").read_text())
    (verdict,) = (connection["verdict"] for connection in report["connections"])
    coverage = verdict["coverage"]
    assert report["run"]["exit_code"] == way.code
    assert report["run"]["selection"] != "all"
    assert verdict["status"] == ("nonconformant" if way.code == 1 else "partial")
    assert coverage["ran"] == len(report["connections"][0]["checks"]) < coverage["total"]
    ran = f"{coverage['ran']} of {coverage['total']} checks ran"
    output = result.stdout.str()
    page = (folder / "out/report.html").read_text()
    assert ran in output
    assert re.findall(r"^exit code (\d+):", output, re.MULTILINE) == [str(way.code)]
    assert f"A PART ({ran}): this is no verdict on the whole connection." in page
    assert ran in page.partition("<title>")[2].partition("</title>")[0]
    assert ran in (folder / "out/summary.md").read_text()
    for text in (output, *(file.read_text() for file in sorted((folder / "out").iterdir()))):
        assert "contoso works" not in text
        assert "The connection works" not in text
    if verdict["status"] == "partial":
        assert f"{coverage['ran']} of {coverage['total']} checks passed" in (folder / "out/badge.svg").read_text()
    assert not [*(folder / "out").glob("handback*")]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("-k nothing-of-the-kind", 5),
        ("--way=DropsAll", 5),
        ("--way=DropsAll -n1", 5),
        ("--way=SkipsAll", 5),
        ("--way=SkipsAll -n1", 5),
        ("--way=IsInterruptedAtOnce", 2),
    ],
)
def test_a_run_without_checks_has_no_verdict(
    folder: Path, pytester: pytest.Pytester, arguments: str, code: int
) -> None:
    result = verify(pytester, f"--sentinel-report=out {arguments}")
    assert result.ret == code
    text = " ".join(result.stdout.str().split())
    assert re.search("No check (was selected|ran to its end): nothing ran, so nothing is known of the connection", text)
    assert not (folder / "out/report.html").exists()


@pytest.mark.parametrize("before", ["--sentinel-report=out -x", "--way=Exits --sentinel-report=out"])
def test_a_partly_verified_connection_is_verified_again_when_the_run_is_resumed(
    folder: Path, pytester: pytest.Pytester, before: str
) -> None:
    verify(pytester, before, "no-azure-role")
    result = verify(pytester, "--sentinel-report=out --sentinel-resume", "no-azure-role")
    assert result.ret == 1
    (connection,) = json.loads((folder / "out/report.json").read_text())["connections"]
    assert "coverage" not in connection["verdict"]
    assert "A PART" not in (folder / "out/report.html").read_text()


def test_failed_first_leaves_nothing_out(folder: Path, pytester: pytest.Pytester) -> None:
    verify(pytester, scenario="no-azure-role")
    result = verify(pytester, "--ff --sentinel-report=out")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["✓ contoso works*"])
    assert "A PART" not in (folder / "out/report.html").read_text()


def test_a_part_that_fails_is_still_a_failure(folder: Path, pytester: pytest.Pytester) -> None:
    result = verify(pytester, "-k SENT-001", "no-azure-role")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["✗ contoso does not work (1 of * checks ran)*"])
