"""Annotations of a CI system: their place, their escaping, and no text of a service in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.connection.connection_table import KEYS
from conformance.findings import CAUSES
from conformance.outputs.annotations import Annotation, azure, github
from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
CI = {"GITHUB_ACTIONS": "true", "TF_BUILD": "True"}
VARIABLES = (*CI, "GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY", "GITHUB_STEP_SUMMARY")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_the_special_characters_of_commands_are_escaped() -> None:
    hostile = Annotation("error", "50%\n::set-output name=a::b ##vso[x]", "a,b:c;d]\n%.toml", 3)
    assert github(hostile) == ("::error file=a%2Cb%3Ac;d]%0A%25.toml,line=3::50%25%0A::set-output name=a::b ##vso[x]")
    assert azure(hostile) == (
        "##vso[task.logissue type=error;sourcepath=a,b:c%3Bd%5D%0A%AZP25.toml;linenumber=3]"
        "50%AZP25%0A::set-output name=a::b ##vso[x%5D"
    )


def test_keys_of_causes_are_keys_of_a_connection_file() -> None:
    keys = {cause.key for cause in CAUSES.values() if cause.key}
    assert keys
    assert keys <= {*KEYS}


def lines(result: pytest.RunResult, start: str) -> list[str]:
    return [line for line in result.outlines if line.startswith(start)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "level", "key", "text"),
    [
        ("expired-secret", "error", "client_secret", "AUTH-003: secret_expired: "),
        ("no-azure-role", "error", "[connection]", "RBAC-001: rbac_role_missing: "),
        ("service-down", "warning", "[connection]", "service_fault: "),
    ],
)
def test_a_root_cause_is_annotated_at_the_line_of_its_key(
    folder: Path,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    scenario: str,
    level: str,
    key: str,
    text: str,
) -> None:
    file = folder / "conn.toml"
    number = next(at for at, line in enumerate(file.read_text().splitlines(), 1) if line.startswith(key))
    for name, value in CI.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder.parent))
    result = run(pytester, scenario=scenario)
    for_github = lines(result, "::")
    assert for_github
    for line in for_github:
        assert line.startswith(f"::{level} file={folder.name}/conn.toml,line={number}::contoso: ")
    assert text in for_github[0]
    for_azure = lines(result, "##vso[")
    assert len(for_azure) == len(for_github)
    assert for_azure[0].startswith(
        f"##vso[task.logissue type={level};sourcepath=conn.toml;linenumber={number}]contoso: "
    )


@pytest.mark.slow
def test_without_a_ci_system_no_command_is_printed(folder: Path, pytester: pytest.Pytester) -> None:
    result = run(pytester, scenario="expired-secret")
    assert not lines(result, "::")
    assert not lines(result, "##")
