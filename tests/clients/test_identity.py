"""azure-identity and msal: tokens, and the refusals of Entra."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msal
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    WorkloadIdentityCredential,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance import Connection
from conformance.connection import Certificate, ClientSecret
from conformance.fakes import World
from conformance.fakes.identity_provider import VirtualProvider, new_key, virtual_provider
from conformance.fakes.made_up_credentials import PFX_PASSWORD, pfx
from tests.clients.entra_tokens import SCOPES, claims

SignIn = Callable[[Connection], ClientSecretCredential]


def application(connection: Connection) -> msal.ConfidentialClientApplication:
    secret = connection.credential
    assert isinstance(secret, ClientSecret)
    return msal.ConfidentialClientApplication(
        connection.client_id, secret.secret.reveal(), f"https://login.microsoftonline.com/{connection.tenant_id}"
    )


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_a_token_for_each_audience(world: World, signed_in: SignIn, scope: str) -> None:
    token = signed_in(world.connection).get_token_info(scope)
    assert token.token_type == "Bearer"
    assert 3500 < token.expires_on - time.time() <= 3600
    assert claims(token.token)["aud"] == scope.removesuffix("/.default")
    assert claims(token.token)["tid"] == world.tenant.id


def test_tokens_are_cached(world: World, signed_in: SignIn) -> None:
    credential = signed_in(world.connection)
    assert credential.get_token(SCOPES["arm"]).token == credential.get_token(SCOPES["arm"]).token
    assert [request.url.path.rpartition("/")[2] for request in world.requests] == ["openid-configuration", "token"]


@pytest.mark.parametrize("form", ["PEM", "PFX"])
def test_a_certificate(arranged: Callable[[str], World], form: str) -> None:
    world = arranged("with-certificate")
    own = world.connection.credential
    assert isinstance(own, Certificate)
    arguments = {"certificate_data": own.content}
    if form == "PFX":
        arguments = {"certificate_data": pfx(own).content, "password": PFX_PASSWORD}  # type: ignore[dict-item]
    ids = (world.connection.tenant_id, world.connection.client_id)
    with CertificateCredential(*ids, **arguments) as credential:
        assert claims(credential.get_token(SCOPES["graph"]).token)["appidacr"] == "2"
        world.tenant.app.certificates.clear()
        with pytest.raises(ClientAuthenticationError, match=r"AADSTS700027\b"):
            credential.get_token(SCOPES["arm"])


def test_a_sha_1_thumbprint_is_accepted(arranged: Callable[[str], World]) -> None:
    """Without the certificate itself, msal signs with RS256 and identifies the certificate by its SHA-1 thumbprint."""
    world = arranged("with-certificate")
    (registered,) = world.tenant.app.certificates
    parts = world.connection.credential.msal()
    app = msal.ConfidentialClientApplication(
        world.connection.client_id,
        {"private_key": parts["private_key"], "thumbprint": registered.sha1.hex()},
        f"https://login.microsoftonline.com/{world.connection.tenant_id}",
    )
    assert app.acquire_token_for_client([SCOPES["arm"]])["token_type"] == "Bearer"


def test_another_key_with_the_registered_thumbprint_is_refused(arranged: Callable[[str], World]) -> None:
    """The assertion has the thumbprint of the registered certificate, but is signed with another key."""
    world = arranged("with-certificate")
    (registered,) = world.tenant.app.certificates
    other = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    app = msal.ConfidentialClientApplication(
        world.connection.client_id,
        {"private_key": other, "thumbprint": registered.sha1.hex()},
        f"https://login.microsoftonline.com/{world.connection.tenant_id}",
    )
    answer = app.acquire_token_for_client([SCOPES["arm"]])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027])


def test_a_federated_token(arranged: Callable[[str], World]) -> None:
    world, provider = arranged("with-federated-token"), virtual_provider()
    claims: dict[str, Any] = {}
    with ClientAssertionCredential(
        world.connection.tenant_id,
        world.connection.client_id,
        lambda: provider.token(datetime.now(UTC), **claims),
    ) as credential:
        assert credential.get_token(SCOPES["arm"]).token
        claims["sub"] = "repo:fabrikam"
        with pytest.raises(ClientAuthenticationError, match=r"AADSTS700213\b"):
            credential.get_token(SCOPES["graph"])


def test_a_federated_token_in_a_file(arranged: Callable[[str], World], tmp_path: Path) -> None:
    """Kubernetes writes such a file for a workload."""
    world, file = arranged("with-federated-token"), tmp_path / "token"
    file.write_text(virtual_provider().token(datetime.now(UTC)))
    ids = {"tenant_id": world.connection.tenant_id, "client_id": world.connection.client_id}
    with WorkloadIdentityCredential(**ids, token_file_path=str(file)) as credential:
        assert credential.get_token(SCOPES["arm"]).token
    stranger = VirtualProvider(virtual_provider().issuer, "unknown", new_key())
    file.write_text(stranger.token(datetime.now(UTC)))
    with (
        WorkloadIdentityCredential(**ids, token_file_path=str(file)) as credential,
        pytest.raises(ClientAuthenticationError, match=r"AADSTS7000272\b"),
    ):
        credential.get_token(SCOPES["arm"])


def test_msal(world: World) -> None:
    app = application(world.connection)
    first = app.acquire_token_for_client([SCOPES["graph"]])
    assert first["token_type"] == "Bearer"
    assert first["token_source"] == "identity_provider"
    assert set(claims(first["access_token"])["roles"]) >= {"SecurityAlert.Read.All", "SecurityIncident.Read.All"}
    assert app.acquire_token_for_client([SCOPES["graph"]])["token_source"] == "cache"


# Scenario, audience, error, number
REFUSED = [
    ("expired-secret", "arm", "invalid_client", 7000222),
    ("wrong-secret", "arm", "invalid_client", 7000215),
    ("secret-id-pasted", "arm", "invalid_client", 7000215),
    ("app-missing", "arm", "unauthorized_client", 700016),
    ("malformed-client-id", "arm", "unauthorized_client", 700016),
    ("app-disabled", "arm", "unauthorized_client", 7000112),
    ("service-principal-missing", "arm", "invalid_client", 7000229),
    ("conditional-access", "arm", "invalid_grant", 53003),
    ("defender-not-in-tenant", "defender", "invalid_resource", 500011),
    ("defender-api-disabled", "defender", "invalid_resource", 500014),
    ("assignment-required", "defender", "invalid_grant", 501051),
]


@pytest.mark.parametrize(("scenario", "audience", "error", "number"), REFUSED)
def test_refusals(
    arranged: Callable[[str], World], signed_in: SignIn, scenario: str, audience: str, error: str, number: int
) -> None:
    connection = arranged(scenario).connection
    with pytest.raises(ClientAuthenticationError, match=rf"AADSTS{number}\b"):
        signed_in(connection).get_token(SCOPES[audience])
    answer = application(connection).acquire_token_for_client([SCOPES[audience]])
    assert (answer["error"], answer["error_codes"]) == (error, [number])
    assert answer["error_description"].startswith(f"AADSTS{number}: ")
    assert answer["trace_id"]
    assert answer["correlation_id"]
    assert answer["timestamp"]


def test_a_tenant_that_does_not_exist_is_an_error(arranged: Callable[[str], World], signed_in: SignIn) -> None:
    """Both clients first get the tenant's OpenID configuration, and raise their own error if it is missing."""
    connection = arranged("wrong-tenant").connection
    words = f"Unable to get authority configuration for https://login.microsoftonline.com/{connection.tenant_id}"
    with pytest.raises(ClientAuthenticationError, match=words):
        signed_in(connection).get_token(SCOPES["arm"])
    with pytest.raises(ValueError, match=words):
        application(connection)


def test_a_tenant_of_another_cloud_is_refused(arranged: Callable[[str], World], signed_in: SignIn) -> None:
    """The tenant has an OpenID configuration in this cloud, which names its own cloud, but gets no token."""
    connection = arranged("wrong-cloud").connection
    with pytest.raises(ClientAuthenticationError, match=r"AADSTS90002\b"):
        signed_in(connection).get_token(SCOPES["arm"])
    assert application(connection).acquire_token_for_client([SCOPES["arm"]])["error_codes"] == [90002]


def test_common_in_place_of_a_tenant_is_refused(arranged: Callable[[str], World]) -> None:
    """`common` has an OpenID configuration too, but issues no tokens to apps; msal warns of that."""
    app = application(arranged("common-tenant").connection)
    with pytest.warns(DeprecationWarning, match="unreliable"):
        answer = app.acquire_token_for_client([SCOPES["arm"]])
    assert (answer["error"], answer["error_codes"]) == ("invalid_request", [900023])


def test_no_request_is_sent_before_the_time_of_retry_after(world: World, signed_in: SignIn) -> None:
    """msal sends no further request before the time of ``Retry-After`` has passed."""
    world.disturb(
        lambda call: httpx.Response(429, headers={"Retry-After": "60"}, json={"error": "temporarily_unavailable"}),
        api="entra",
        path="/token",
    )
    app = application(world.connection)
    assert app.acquire_token_for_client([SCOPES["arm"]])["error"] == "temporarily_unavailable"
    count = len(world.requests)
    assert app.acquire_token_for_client([SCOPES["arm"]])["error"] == "temporarily_unavailable"
    assert len(world.requests) == count
    with pytest.raises(ClientAuthenticationError, match="temporarily_unavailable"):
        signed_in(world.connection).get_token(SCOPES["arm"])
