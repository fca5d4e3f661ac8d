"""The option `--sentinel-baseline=known.toml`, run as by users."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.slow

ACCEPTANCE = '[[accept]]\ncheck = "{check}"\nreason = "until the new app is there"\nexpires = {expires}\n'


def write_baseline(folder: Path, check: str, expires: str = "2999-01-31") -> str:
    (folder / "known.toml").write_text(ACCEPTANCE.format(check=check, expires=expires))
    return "--sentinel-baseline=known.toml"


def test_a_known_finding_is_shown_and_does_not_fail_the_run(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        write_baseline(folder, "RBAC-001"),
        "--sentinel-report=out",
        "--junitxml=junit.xml",
        scenario="no-azure-role",
    )
    assert result.ret == 0, result.stdout.str()
    output = " ".join(result.stdout.str().split())
    assert "RBAC-001 rbac_role_missing, accepted until 2999-01-31: until the new app is there" in output
    report = json.loads((folder / "out" / "report.json").read_text())
    assert report["connections"][0]["accepted"][0]["accepted"]["expires"] == "2999-01-31"
    assert "<failure" not in (folder / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("expires", "scenario", "says"),
    [
        ("2999-01-31", "healthy", "known.toml:1: RBAC-001 is accepted until 2999-01-31, but passes: remove the entry"),
        ("2020-01-31", "no-azure-role", "known.toml:1: the acceptance of RBAC-001 expired on 2020-01-31: fix it,"),
    ],
)
def test_a_stale_acceptance_fails_the_run_with_one_line(
    folder: Path, pytester: pytest.Pytester, expires: str, scenario: str, says: str
) -> None:
    result = run(pytester, write_baseline(folder, "RBAC-001", expires), scenario=scenario)
    assert result.ret == 1
    assert says in " ".join(result.stdout.str().split())


def test_an_unknown_id_is_bad_usage_and_nothing_is_verified(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, write_baseline(folder, "RBAK-001"), "--sentinel-report=out")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: known.toml:2: check: there is no check 'RBAK-001' (did you mean 'RBAC-001'?)"])
    assert not list((folder / "out").iterdir())


def test_own_checks_can_be_accepted(folder: Path, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_own="""
        from conformance import check

        @check("OWN-001", "there is nothing", area="own")
        def test_nothing(workspace):
            assert not workspace
        """
    )
    assert run(pytester, "test_own.py").ret == 1
    result = run(pytester, "test_own.py", write_baseline(folder, "OWN-001"), "-v")
    assert result.ret == 6  # no check passed, so the run is incomplete
    result.stdout.fnmatch_lines(["*ACCEPTED*"])
