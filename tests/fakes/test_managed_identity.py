"""Managed identities in their three forms: in process, and over real sockets with the suite's own transport."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from msal.managed_identity import _supported_arc_platforms_and_their_prefixes

from conformance import Connection, verify
from conformance.connection import ManagedIdentity
from conformance.connection.managed_identity import find_identity
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.fakes.services.managed_identity import APP_SERVICE_PATH, ARC_PATH
from conformance.fakes.source import build
from conformance.probing.guard import Guard, GuardError
from conformance.sources.live import Live
from tests.checks.outcomes import Arranged
from tests.contoso import made_up

HEADER = "IDENTITY_HEADER"
PLATFORMS = ("imds", "app_service", "arc")
CHECKS = ["AUTH-001", "AUTH-003", "AUTH-010", "AUTH-012", "AUTH-020", "SENT-001", "GRAPH-001"]
VARIABLES = ("IDENTITY_ENDPOINT", HEADER, "IMDS_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST", "MSI_ENDPOINT")


@pytest.fixture(scope="module")
def stage() -> Iterator[ServedTenant]:
    with serve_tenant(made_up()) as stage:
        yield stage


@pytest.fixture
def arc_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the files by which the agent of Azure Arc authorizes callers; msal reads it there."""
    monkeypatch.setitem(_supported_arc_platforms_and_their_prefixes, sys.platform, str(tmp_path))
    return tmp_path


def environment(platform: str, stage: ServedTenant) -> dict[str, str]:
    """Return the environment variables of a platform, which lead its programs to the served tenant."""
    url = stage.server.url
    return {
        "imds": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
        "app_service": {"IDENTITY_ENDPOINT": url + APP_SERVICE_PATH, HEADER: stage.state.host.header},
        "arc": {"IDENTITY_ENDPOINT": url + ARC_PATH, "IMDS_ENDPOINT": url},
    }[platform]


def with_identity(
    platform: str, stage: ServedTenant, monkeypatch: pytest.MonkeyPatch, selector: tuple[str, str] | None = None
) -> Connection:
    """Return the served tenant's connection, signed in as the machine of this platform, with the server as proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    here = environment(platform, stage)
    for name, value in {**stage.server.environment, **here}.items():
        if name in here or name != "AZURE_POD_IDENTITY_AUTHORITY_HOST":
            monkeypatch.setenv(name, value)
    return replace(stage.connection, credential=find_identity(here, selector))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_platform_over_sockets(
    platform: str,
    stage: ServedTenant,
    arc_tokens: Path,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    """The identity endpoint is asked without the environment's proxy; only the services are behind it."""
    stage.reset()
    stage.state.host.arc_tokens = arc_tokens
    connection = with_identity(platform, stage, monkeypatch)
    report = verify(connection, source=Live())
    assert report.ok, report.verdict.summary
    assert not list(arc_tokens.iterdir()), "a proof is good for one request"
    for name, value in vars(stage.state.host.users[0]).items():
        with subtests.test("user-assigned", by=name):
            by_name = with_identity(platform, stage, monkeypatch, (name, value))
            assert verify(by_name, source=Live(), checks=CHECKS).ok
    with subtests.test("another identity"):
        other = with_identity(platform, stage, monkeypatch, ("client_id", "b7710000-0c0f-4c0f-a11c-000000000009"))
        (root,) = verify(other, source=Live(), checks=CHECKS).verdict.root_causes
        assert (root.root.check, root.root.finding.cause) == ("AUTH-003", "credential_missing")


def test_an_arc_server_with_an_unreadable_file(
    stage: ServedTenant, arc_tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.reset()
    stage.state.host.arc_tokens = arc_tokens / "of another user"
    connection = with_identity("arc", stage, monkeypatch)
    (root,) = verify(connection, source=Live(), checks=CHECKS).verdict.root_causes
    assert root.root.finding.cause == "credential_missing"
    assert "himds" in root.root.finding.fix.text


def test_an_old_arc_agent_that_ignores_the_requested_identity(
    stage: ServedTenant, arc_tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token of an old agent is for another identity and is not used."""
    stage.reset()
    stage.state.host.arc_tokens = arc_tokens
    monkeypatch.setattr("conformance.fakes.services.managed_identity.SELECTORS", {})
    connection = with_identity("arc", stage, monkeypatch, ("object_id", "b7710000-0c0f-4c0f-a11c-000000000009"))
    (root,) = verify(connection, source=Live(), checks=CHECKS).verdict.root_causes
    assert "does not confirm" in root.root.finding.explanation


def test_a_machine_with_the_identity_of_another_app(stage: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verification reports one cause, about the connection's configuration, and not one per token."""
    stage.reset()
    connection = replace(with_identity("imds", stage, monkeypatch), client_id="b7710000-0c0f-4c0f-a11c-000000000009")
    (root,) = verify(connection, source=Live()).verdict.root_causes
    assert (root.root.check, root.root.finding.cause) == ("AUTH-003", "credential_missing")
    assert f'client_id = "{stage.connection.client_id}"' in root.root.finding.fix.text


def test_an_endpoint_that_is_updated_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    world = build(made_up(), "identity-endpoint-updating")
    world.disturbances[0].times = 3
    assert verify(world.connection, source=Arranged(world)).ok


def test_a_missing_client_id_is_read_from_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fix names the app, which is read from the token."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    connection = made_up(client_id="", client_secret=None, credential=ManagedIdentity())
    world = build(connection, "app-disabled")
    (root,) = verify(connection, source=Arranged(world)).verdict.root_causes
    assert root.root.finding.cause == "app_disabled"
    healthy = build(connection, "no-azure-role")
    (root,) = verify(connection, source=Arranged(healthy)).verdict.root_causes
    assert str(healthy.tenant.app.service_principal_id) in " ".join(root.root.finding.fix.commands)


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("POST", "http://169.254.169.254/metadata/identity/oauth2/token", {}),
        ("GET", "http://169.254.169.254/metadata/instance", {}),
        ("GET", "http://169.254.169.254/metadata/identity/oauth2/token?bypass_cache=true", {}),
        ("GET", "http://169.254.169.254:8080/metadata/identity/oauth2/token", {}),
        ("GET", "http://169.254.1.1/metadata/identity/oauth2/token", {}),
        ("GET", "http://169.254.169.254/metadata/identity/oauth2/token", {"Authorization": "Bearer eyJ"}),
        ("GET", "http://169.254.169.254/metadata/identity/oauth2/token", {"Authorization": "Basic x"}),
    ],
)
def test_the_guard_allows_only_token_requests(method: str, url: str, headers: dict[str, str]) -> None:
    own = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x"
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    guard = Guard(transport, made_up().cloud, identity=ManagedIdentity())
    assert guard.check(httpx.Request("GET", own)).name == "managed_identity.token"
    with pytest.raises(GuardError):
        guard.check(httpx.Request(method, url, headers=headers))
    with pytest.raises(GuardError):
        Guard(transport, made_up().cloud).check(httpx.Request("GET", own))
