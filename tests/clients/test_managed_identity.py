"""azure-identity: managed identities of Azure's machines, and workload identities of Kubernetes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.identity import ManagedIdentityCredential, WorkloadIdentityCredential
from msal.managed_identity import _supported_arc_platforms_and_their_prefixes

from conformance import load, verify
from conformance.fakes import World
from conformance.fakes.identity_provider import virtual_provider
from conformance.fakes.network.client_files import CONNECTION
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.fakes.services.managed_identity import APP_SERVICE_PATH, ARC_PATH
from conformance.sources.live import Live
from tests.clients.entra_tokens import SCOPES, claims
from tests.contoso import made_up


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ServedTenant]:
    """Yield a served tenant whose machine has identities; client and tenant share a folder for Azure Arc's files."""
    monkeypatch.setattr("azure.identity._credentials.azure_arc._get_key_file_path", lambda: str(tmp_path))
    monkeypatch.setitem(_supported_arc_platforms_and_their_prefixes, sys.platform, str(tmp_path))
    with serve_tenant(made_up()) as stage:
        stage.state.host.arc_tokens = tmp_path
        for name, value in stage.server.environment.items():
            monkeypatch.setenv(name, value)
        yield stage


def on(platform: str, stage: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variables of a platform, as Azure does."""
    url, header = stage.server.url, stage.state.host.header
    for name, value in {
        "imds": {},  # the environment of the server already leads to it
        "app_service": {"IDENTITY_ENDPOINT": f"{url}{APP_SERVICE_PATH}", "IDENTITY_HEADER": header},
        "arc": {"IDENTITY_ENDPOINT": f"{url}{ARC_PATH}", "IMDS_ENDPOINT": url},
    }[platform].items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("platform", ["imds", "app_service", "arc"])
def test_a_managed_identity(platform: str, stage: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    on(platform, stage, monkeypatch)
    (own,) = stage.state.host.users
    configs = [{}, *({name: value} for name, value in vars(own).items())]
    for config in configs:
        with ManagedIdentityCredential(identity_config=config or None, retry_total=0) as credential:
            token = credential.get_token(SCOPES["arm"])
            assert claims(token.token)["oid"] == stage.state.app.service_principal_id
    with (
        ManagedIdentityCredential(client_id="b7710000-0c0f-4c0f-a11c-000000000009", retry_total=0) as credential,
        pytest.raises(ClientAuthenticationError),
    ):
        credential.get_token(SCOPES["arm"])


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("identity-not-assigned", "Identity not found"),
        ("identity-not-chosen", "Multiple user assigned identities exist"),
        ("identity-endpoint-updating", "going through updates"),
        ("identity-endpoint-missing", None),
        ("with-managed-identity+app-disabled", "AADSTS7000112"),
    ],
)
def test_a_managed_identity_without_a_token_is_an_error(scenario: str, says: str | None, stage: ServedTenant) -> None:
    """The client raises an error in scenarios whose verdict is a failure."""
    stage.switch(scenario)
    with (
        ManagedIdentityCredential(retry_total=0) as credential,
        pytest.raises((ClientAuthenticationError, ServiceRequestError, ServiceResponseError), match=says),
    ):
        credential.get_token(SCOPES["arm"])


def test_a_workload_identity(arranged: Callable[[str], World], tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The client accepts a token file exactly if this project's check AUTH-003 passes with the same file."""
    world, file = arranged("with-federated-token"), tmp_path / "token"
    connection, provider = world.connection, virtual_provider()
    ids = {"tenant_id": connection.tenant_id, "client_id": connection.client_id}
    environ = {"AZURE_FEDERATED_TOKEN_FILE": str(file)}
    conn = tmp_path / "conn.toml"
    conn.write_text(CONNECTION.format(name="x", credential="workload_identity = true", **connection.facts()))
    past = int(datetime.now(UTC).timestamp()) - 3600
    for what, token, cause in (
        ("good", provider.token(datetime.now(UTC)), None),
        ("missing", None, "credential_missing"),
        ("empty", "", "credential_missing"),
        ("ended", provider.token(datetime.now(UTC), nbf=past - 60, exp=past), "assertion_expired"),
    ):
        file.unlink(missing_ok=True)
        if token is not None:
            file.write_text(token)
        with subtests.test(what), WorkloadIdentityCredential(**ids, token_file_path=str(file)) as credential:
            if cause is None:
                assert credential.get_token(SCOPES["arm"]).token
            else:
                with pytest.raises((ClientAuthenticationError, OSError)):
                    credential.get_token(SCOPES["arm"])
            (own,) = load(conn, environ=environ)
            outcome = verify(own, source=Live(), checks=["AUTH-003"]).outcomes[0]
            assert (outcome.cause, cause is None) == (cause, outcome.status == "passed")
            assert cause != "assertion_expired" or f"{file} is valid until" in (outcome.reason or "")
