"""Keys of a connection file for signing in: managed identity, workload identity, several secrets, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.connection import (
    ClientSecret,
    Connection,
    ConnectionFileError,
    FederatedToken,
    ManagedIdentity,
    SecretError,
    load,
)
from conformance.connection.managed_identity import ARC, IMDS, IMDS_PATH, find_identity, is_local, is_loopback

TENANT = 'tenant_id = "7e4a11ed-0c0f-4c0f-a11c-000000000001"\n'
CLIENT = 'client_id = "a9910000-0c0f-4c0f-a11c-000000000002"\n'
PLACES = """\
subscription_id = "5b5c0000-0c0f-4c0f-a11c-000000000003"
resource_group = "rg-security"
workspace_id = "30b50000-0c0f-4c0f-a11c-000000000004"
workspace_name = "law-security"
"""
OTHER = "b7710000-0c0f-4c0f-a11c-000000000009"


def load_keys(folder: Path, keys: str, environ: Mapping[str, str] | None = None) -> Connection:
    file = folder / "conn.toml"
    file.write_text(f"[connection]\n{PLACES}{keys}\n")
    (connection,) = load(file, environ=environ or {})
    return connection


def problem(folder: Path, keys: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the only problem of a file, without the path."""
    with pytest.raises(ConnectionFileError) as caught:
        load_keys(folder, keys, environ)
    (line,) = caught.value.problems
    return line.removeprefix(f"{folder / 'conn.toml'}:")


@pytest.mark.parametrize(
    ("keys", "selector", "client_id"),
    [
        ("managed_identity = true", None, ""),
        (CLIENT + "managed_identity = true", None, "a9910000-0c0f-4c0f-a11c-000000000002"),
        (f'managed_identity = {{ client_id = "{OTHER}" }}', ("client_id", OTHER), OTHER),
        (f'managed_identity = {{ object_id = "{OTHER}" }}', ("object_id", OTHER), ""),
        ('[connection.managed_identity]\nresource_id = "/subscriptions/x"', ("resource_id", "/subscriptions/x"), ""),
    ],
)
def test_a_managed_identity_needs_no_client_id(
    tmp_path: Path, keys: str, selector: tuple[str, str] | None, client_id: str
) -> None:
    connection = load_keys(tmp_path, TENANT + keys)
    assert connection.credential == ManagedIdentity("imds", IMDS + IMDS_PATH, selector)
    assert connection.client_id == client_id


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("false", "7: managed_identity: found the boolean False, expected true, or a table with one of"),
        ('"yes"', "7: managed_identity: found 'yes', expected true, or a table"),
        ('{ clientid = "x" }', "7: managed_identity: unknown key 'clientid' (did you mean 'client_id'?)"),
        ('{ client_id = "x", object_id = "y" }', "7: managed_identity: one of client_id, object_id, resource_id"),
        ("{}", "7: managed_identity: one of client_id, object_id, resource_id is needed"),
        ("{ object_id = 1 }", "7: managed_identity.object_id: found the number, expected a text in quotes"),
    ],
)
def test_a_mistake_is_reported_at_its_line(tmp_path: Path, value: str, says: str) -> None:
    assert problem(tmp_path, f"{TENANT}managed_identity = {value}").startswith(says)


def test_a_misspelt_key_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFileError, match=r"unknown key 'managed_identitty'.*did you mean 'managed_identity'"):
        load_keys(tmp_path, TENANT + CLIENT + "managed_identitty = true")


@pytest.mark.parametrize(
    ("environ", "platform", "endpoint"),
    [
        ({}, "imds", "http://169.254.169.254/metadata/identity/oauth2/token"),
        (
            {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:8080/"},
            "imds",
            "http://127.0.0.1:8080/metadata/identity/oauth2/token",
        ),
        (
            {"IDENTITY_ENDPOINT": "http://169.254.130.3:8081/msi/token", "IDENTITY_HEADER": "canary-canary"},
            "app_service",
            "http://169.254.130.3:8081/msi/token",
        ),
        ({"IDENTITY_ENDPOINT": ARC, "IMDS_ENDPOINT": "http://localhost:40342"}, "arc", ARC),
    ],
)
def test_the_environment_selects_platform_and_endpoint(environ: dict[str, str], platform: str, endpoint: str) -> None:
    identity = find_identity(environ, None)
    assert (identity.platform, identity.endpoint) == (platform, endpoint)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://identity.example"}, "only loopback may replace IMDS"),
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://169.254.1.1"}, "only loopback may replace IMDS"),
        ({"IDENTITY_ENDPOINT": "http://10.0.0.1/t", "IDENTITY_HEADER": "canary"}, "is on another machine"),
        ({"IDENTITY_ENDPOINT": "http://localhost.example/t", "IDENTITY_HEADER": "canary"}, "is on another machine"),
        ({"IDENTITY_ENDPOINT": "http://a@127.0.0.1/t", "IDENTITY_HEADER": "canary"}, "no plain http address"),
        ({"IDENTITY_ENDPOINT": "https://127.0.0.1/t", "IMDS_ENDPOINT": "x"}, "no plain http address"),
        ({"MSI_ENDPOINT": "http://127.0.0.1", "MSI_SECRET": "canary"}, "Azure Machine Learning"),
        (
            {"IDENTITY_ENDPOINT": "https://x", "IDENTITY_HEADER": "canary", "IDENTITY_SERVER_THUMBPRINT": "00"},
            "Service Fabric",
        ),
    ],
)
def test_tokens_are_never_requested_from_another_machine(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SecretError, match=says) as caught:
        find_identity(environ, None)
    assert "canary" not in str(caught.value)


def test_hosts_of_this_machine_are_recognised() -> None:
    local = ["127.0.0.1", "localhost", "::1", "[::1]", "169.254.169.254", "127.8.8.8"]
    assert [host for host in local if is_local(host)] == local
    assert [host for host in local if not is_loopback(host)] == ["169.254.169.254"]
    assert not any(map(is_local, ["", "10.0.0.1", "localhost.example", "8.8.8.8", "127.0.0.1.example", "0.0.0.0"]))


WORKLOAD = {
    "AZURE_TENANT_ID": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
    "AZURE_CLIENT_ID": "a9910000-0c0f-4c0f-a11c-000000000002",
    "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
}


def test_a_workload_identity_uses_the_variables_of_aks(tmp_path: Path) -> None:
    """The token is read for each use, because AKS replaces it."""
    token = tmp_path / "token"
    connection = load_keys(tmp_path, "workload_identity = true", {**WORKLOAD, "AZURE_FEDERATED_TOKEN_FILE": str(token)})
    assert (connection.tenant_id, connection.client_id) == (WORKLOAD["AZURE_TENANT_ID"], WORKLOAD["AZURE_CLIENT_ID"])
    assert isinstance(connection.credential, FederatedToken)
    for text in ("first.of.all", "second.to.come"):
        token.write_text(text + "\n")
        assert connection.credential.token() == text


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_token_file_without_a_token_is_an_error(tmp_path: Path, content: str | None) -> None:
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content)
    environ = {**WORKLOAD, "AZURE_FEDERATED_TOKEN_FILE": str(token)}
    credential = load_keys(tmp_path, "workload_identity = true", environ).credential
    assert isinstance(credential, FederatedToken)
    with pytest.raises(SecretError, match="file"):
        credential.token()


def test_the_file_overrides_the_environment(tmp_path: Path) -> None:
    environ = {**WORKLOAD, "AZURE_CLIENT_ID": OTHER, "AZURE_FEDERATED_TOKEN_FILE": "/nowhere"}
    assert load_keys(tmp_path, f"{CLIENT}workload_identity = true", environ).client_id == WORKLOAD["AZURE_CLIENT_ID"]


@pytest.mark.parametrize(
    ("keys", "environ", "says"),
    [
        ("workload_identity = true", {}, "workload_identity: AZURE_FEDERATED_TOKEN_FILE is not set"),
        ("workload_identity = true", {"AZURE_FEDERATED_TOKEN_FILE": ""}, "AZURE_FEDERATED_TOKEN_FILE is empty"),
        ('workload_identity = "true"', {}, "workload_identity: found 'true', expected true"),
        (
            'cloud = "china"\nworkload_identity = true',
            {"AZURE_FEDERATED_TOKEN_FILE": "/nowhere", "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/"},
            "cloud: AZURE_AUTHORITY_HOST is 'https://login.microsoftonline.us'",
        ),
        (
            "workload_identity = true",
            {"AZURE_FEDERATED_TOKEN_FILE": "/nowhere", "AZURE_AUTHORITY_HOST": "https://login.evil.example"},
            "which is the sign-in host of no cloud",
        ),
    ],
)
def test_a_missing_variable_of_aks_is_reported(tmp_path: Path, keys: str, environ: dict[str, str], says: str) -> None:
    assert says in problem(tmp_path, f"{TENANT}{CLIENT}{keys}", environ)


def test_the_sign_in_host_of_aks_selects_the_cloud(tmp_path: Path) -> None:
    environ = {
        **WORKLOAD,
        "AZURE_FEDERATED_TOKEN_FILE": "/nowhere",
        "AZURE_AUTHORITY_HOST": "https://login.partner.microsoftonline.cn/",
    }
    assert load_keys(tmp_path, "workload_identity = true", environ).cloud.name == "china"


def test_several_secrets_are_kept_in_their_order(tmp_path: Path) -> None:
    environ = {"OLD": "canary-canary-1", "NEW": "canary-canary-2"}
    credential = load_keys(tmp_path, f'{TENANT}{CLIENT}client_secrets = ["env:OLD", "env:NEW"]', environ).credential
    assert isinstance(credential, ClientSecret)
    assert [secret.reveal() for secret in credential.secrets] == list(environ.values())
    assert "canary" not in repr(credential)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('["env:OLD"]', "found a list of 1, expected a list of 2 to 10 secrets"),
        ('"env:OLD"', "found a text, expected a list of 2 to 10 secrets"),
        ('["env:OLD", 7]', "found a list of 2, expected a list of 2 to 10 secrets"),
        ('["env:OLD", "env:NEW"]', "secret 2: environment variable NEW is not set"),
        ('["env:OLD", "canary-canary-1"]', "two of the secrets are the same"),
    ],
)
def test_a_mistake_in_a_list_of_secrets_shows_no_secret(tmp_path: Path, value: str, says: str) -> None:
    message = problem(tmp_path, f"{TENANT}{CLIENT}client_secrets = {value}", {"OLD": "canary-canary-1"})
    assert message.startswith("8: client_secrets: ")
    assert says in message
    assert "canary" not in message


def test_a_certificate_with_an_ec_key_is_refused_with_the_reason(tmp_path: Path, ec_certificate: bytes) -> None:
    (tmp_path / "app.pem").write_bytes(ec_certificate)
    message = problem(tmp_path, f'{TENANT}{CLIENT}certificate = "file:app.pem"')
    assert message.startswith("8: certificate: file:app.pem: the key is an EC key (secp256r1), which cannot be used;")
    assert "RSA alone (PS256, RS256)" in message


@pytest.fixture
def ec_certificate() -> Any:
    """Return a self-signed certificate with an EC key, as PEM."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "contoso")])
    now = datetime.now(UTC)
    issued = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return private + issued.sign(key, hashes.SHA256()).public_bytes(pem)
