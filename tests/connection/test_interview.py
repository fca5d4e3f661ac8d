"""The dialogue of `--sentinel-init` with a pasted resource id or portal URL."""

from __future__ import annotations

import io
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from conformance import Connection
from conformance.connection import Certificate, ClientSecret, FederatedToken, ManagedIdentity, load
from conformance.connection.ingestion import Ingestion
from conformance.fakes.made_up_credentials import certificate
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


def test_with_a_portal_url_only_missing_values_are_requested(
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
def test_a_link_is_not_followed_and_a_file_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / name).symlink_to(target)
    answers(monkeypatch, tmp_path, "contoso.com", CLIENT, WORKSPACE, SECRET)
    assert init(RESOURCE) == 4
    assert not target.exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


class Terminal(io.StringIO):
    """A terminal at which these lines are typed, including secrets."""

    def isatty(self) -> bool:
        return True


ENTER = ""
FURTHER = (ENTER, ENTER, ENTER, ENTER)
"""Answers for the default profile, no tenant of a customer, no tenant of a provider, no data collection rule."""
RULE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-logs/providers/Microsoft.Insights/dataCollectionRules/dcr-orders"
)
OTHER = "c0570000-0c0f-4c0f-a11c-000000000009"


def typed(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *lines: str, environ: Mapping[str, str] | None = None
) -> Connection:
    """Return the connection of the file that a dialogue writes; the dialogue must read exactly these lines."""
    terminal = Terminal("".join(f"{line}\n" for line in lines))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: terminal.readline().rstrip("\n"))
    assert init(PORTAL) == 0
    assert terminal.read() == ""
    (connection,) = load(folder / "law-security.toml", environ=environ or {})
    return connection


def test_with_defaults_the_dialogue_writes_the_same_files_as_with_piped_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piped = tmp_path / "piped"
    piped.mkdir()
    answers(monkeypatch, piped, CLIENT, WORKSPACE, SECRET)
    assert init(PORTAL) == 0
    typed(monkeypatch, tmp_path, ENTER, CLIENT, WORKSPACE, SECRET, *FURTHER)
    for name in ("law-security.toml", "law-security.secret"):
        assert (tmp_path / name).read_text() == (piped / name).read_text()


def test_every_kind_of_credential_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secrets = typed(monkeypatch, tmp_path, "client_secrets", CLIENT, WORKSPACE, SECRET, SECRET + "2", ENTER, *FURTHER)
    assert isinstance(secrets.credential, ClientSecret)
    assert [secret.reveal() for secret in secrets.credential.secrets] == [SECRET, SECRET + "2"]
    (tmp_path / "law-security.toml").unlink()
    github = typed(monkeypatch, tmp_path, "federated_token", CLIENT, WORKSPACE, "env:TOKEN", *FURTHER, environ=TOKEN)
    assert isinstance(github.credential, FederatedToken)
    (tmp_path / "law-security.toml").unlink()
    system = typed(monkeypatch, tmp_path, "managed_identity", ENTER, WORKSPACE, *FURTHER)
    assert (system.credential, system.client_id) == (ManagedIdentity(), "")
    (tmp_path / "law-security.toml").unlink()
    user = typed(monkeypatch, tmp_path, "managed_identity", CLIENT, WORKSPACE, *FURTHER)
    assert (user.credential, user.client_id) == (ManagedIdentity(selector=("client_id", CLIENT)), CLIENT)
    (tmp_path / "law-security.toml").unlink()
    (tmp_path / "token").write_text(TOKEN["TOKEN"])
    aks = {"AZURE_CLIENT_ID": CLIENT, "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    pod = typed(monkeypatch, tmp_path, "workload_identity", ENTER, WORKSPACE, *FURTHER, environ=aks)
    assert (type(pod.credential), pod.client_id) == (FederatedToken, CLIENT)


TOKEN = {"TOKEN": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"}


@pytest.mark.parametrize("password", ["", "correct-horse"])
def test_certificate_and_password_are_checked_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], password: str
) -> None:
    text = certificate().msal()
    key = serialization.load_pem_private_key(text["private_key"].encode(), None)
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (tmp_path / "app.pem").write_bytes(pem + text["public_certificate"].encode())
    words = ("not-this-one", password) if password else ()
    path = ("elsewhere.pem", "app.pem")
    connection = typed(monkeypatch, tmp_path, "certificate", CLIENT, WORKSPACE, *path, *words, *FURTHER)
    assert isinstance(connection.credential, Certificate)
    assert (tmp_path / "law-security.password").exists() is bool(password)
    output = capsys.readouterr().out
    assert "certificate: file elsewhere.pem" in output
    assert ("wrong password" in output) is bool(password)


def test_profile_partner_and_ingestion_are_requested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, partner = ("xsoar-sentinle", "xsoar-sentinel"), ("contoso", OTHER)
    ingestion = ("dcr-orders", RULE, "Custom-Orders_CL", ENTER)
    connection = typed(monkeypatch, tmp_path, ENTER, CLIENT, WORKSPACE, SECRET, *profile, *partner, *ingestion)
    assert (connection.profile.name, connection.customer_tenant_id) == ("xsoar-sentinel", OTHER)
    assert connection.ingestion == Ingestion(RULE, "Custom-Orders_CL")
    output = capsys.readouterr().out
    assert "did you mean 'xsoar-sentinel'?" in output
    assert "customer_tenant_id: found" in output
    assert "rule: expected the id of a data collection rule" in output


def test_permissions_and_ingestion_are_requested_for_tools_that_need_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    needs = (
        "Graph: SecurityIncident.Read.All, Defender: Machine.Read.All",
        ENTER,
        "Sentinel: GET {sentinel}/incidents",
    )
    answers = (ENTER, CLIENT, WORKSPACE, SECRET)
    own = typed(monkeypatch, tmp_path, *answers, "own", ENTER, OTHER, *needs, ENTER)
    assert own.home_tenant_id == OTHER
    assert own.expect.permissions == ("Graph: SecurityIncident.Read.All", "Defender: Machine.Read.All")
    assert own.expect.routes == ("Sentinel: GET {sentinel}/incidents",)
    for path in tmp_path.iterdir():
        path.unlink()
    host = "https://dce.westeurope-1.ingest.monitor.azure.com"
    sends = typed(monkeypatch, tmp_path, *answers, "logstash-sentinel", ENTER, ENTER, RULE, "Custom-Orders_CL", host)
    assert sends.ingestion == Ingestion(RULE, "Custom-Orders_CL", host)


def test_answers_without_a_valid_connection_leave_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (ENTER, CLIENT, WORKSPACE, SECRET, "splunk-defender", OTHER, ENTER)
    monkeypatch.chdir(tmp_path)
    terminal = Terminal("".join(f"{line}\n" for line in lines))
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: terminal.readline().rstrip("\n"))
    assert init(PORTAL) == 4
    assert "needs graph, which Azure Lighthouse (customer_tenant_id) does not delegate" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
