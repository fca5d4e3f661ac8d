"""`--sentinel-init` with a pasted resource id or portal URL."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from conformance.connection import load
from conformance.pytest_plugin.cli import init
from tests.contoso import SECRET, secret_of

SUBSCRIPTION = "5b5c0000-0c0f-4c0f-a11c-000000000003"
RESOURCE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-security"
    "/providers/Microsoft.OperationalInsights/workspaces/law-security"
)
PORTAL = f"https://portal.azure.com/#@contoso.onmicrosoft.com/resource{RESOURCE}/Overview"
CLIENT, WORKSPACE = "a9910000-0c0f-4c0f-a11c-000000000002", "30a40000-0c0f-4c0f-a11c-000000000004"


def answers(monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_portal_url_asks_for_what_it_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, tmp_path, f"{{{CLIENT}}}", CLIENT, WORKSPACE, SECRET)
    assert init(PORTAL) == 0
    (connection,) = load(tmp_path / "law-security.toml")
    assert (connection.tenant_id, connection.client_id) == ("contoso.onmicrosoft.com", CLIENT)
    assert connection.workspace == RESOURCE
    assert secret_of(connection).reveal() == SECRET
    for name in ("law-security.toml", "law-security.secret"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    output = capsys.readouterr().out
    assert f"did you mean '{CLIENT}'?" in output
    assert SECRET not in output + (tmp_path / "law-security.toml").read_text()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((), "tenant_id: no answer, nothing written"),
        (("contoso.com", CLIENT, WORKSPACE), "client_secret: no answer that can be right"),
        (("contoso.com", CLIENT, WORKSPACE, WORKSPACE, SECRET), ""),
    ],
)
def test_without_an_answer_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    lines: tuple[str, ...],
    problem: str,
) -> None:
    answers(monkeypatch, tmp_path, *lines)
    assert init(RESOURCE) == (4 if problem else 0)
    assert problem in capsys.readouterr().err
    assert bool(list(tmp_path.iterdir())) is not bool(problem)


@pytest.mark.parametrize("name", ["law-security.toml", "law-security.secret"])
def test_a_link_is_not_followed_and_a_file_not_written_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / name).symlink_to(target)
    answers(monkeypatch, tmp_path, "contoso.com", CLIENT, WORKSPACE, SECRET)
    assert init(RESOURCE) == 4
    assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]
