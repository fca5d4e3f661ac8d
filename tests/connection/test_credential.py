from __future__ import annotations

import json
from typing import Any

import httpx
import msal
import pytest
import respx

from conformance.connection import Certificate, ClientSecret, FederatedToken, Secret, SecretError
from conformance.connection.credential import github_token

PASSWORD = Secret("open sesame")
USABLE = [("pem", None), ("certificate first", None), ("locked", PASSWORD), ("pfx", PASSWORD)]
URL = "https://token.example/request?job=1"


class Discovered:
    """An HTTP client for msal that answers its requests, and records the form that it posts."""

    def __init__(self) -> None:
        self.posted: dict[str, str] = {}

    def get(self, url: Any, **_: Any) -> Any:
        base = "https://login.microsoftonline.com/t/oauth2/v2.0"
        return Reply({"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"})

    def post(self, url: Any, data: Any = None, **_: Any) -> Any:
        self.posted = data
        return Reply({"access_token": "t", "token_type": "Bearer", "expires_in": 3599})

    def close(self) -> None:
        pass


class Reply:
    status_code = 200

    def __init__(self, body: Any) -> None:
        self.text = json.dumps(body)
        self.headers: dict[str, str] = {}

    def raise_for_status(self) -> None:
        pass


def posted(credential: Any) -> dict[str, str]:
    """Return the form that msal sends for a credential."""
    client = Discovered()
    app = msal.ConfidentialClientApplication(
        "a9910000-0c0f-4c0f-a11c-000000000002",
        client_credential=credential.msal(),
        authority="https://login.microsoftonline.com/t",
        instance_discovery=False,
        http_client=client,
    )
    app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    return client.posted


def test_msal_sends_the_secret_in_the_form() -> None:
    assert posted(ClientSecret(Secret("abc8Q~canary")))["client_secret"] == "abc8Q~canary"


@pytest.mark.parametrize(("form", "password"), USABLE)
def test_msal_signs_with_the_certificate(certificate: Any, form: Any, password: Any) -> None:
    import base64

    credential = Certificate(certificate[form], "file:app.pem", password)
    credential.check()
    header = posted(credential)["client_assertion"]
    text = header.decode() if isinstance(header, bytes) else str(header)  # type: ignore[unreachable]
    decoded = json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))
    assert decoded["alg"] == "PS256"
    assert "x5t#S256" in decoded


@pytest.mark.parametrize(
    ("form", "password"),
    [
        ("key only", None),
        ("certificate only", None),
        ("locked", None),
        ("locked", Secret("canary")),
        ("pfx", None),
        ("pfx", Secret("canary")),
    ],
)
def test_a_certificate_that_cannot_sign_is_an_error(certificate: Any, form: Any, password: Any) -> None:
    with pytest.raises(SecretError, match="no private key with its certificate, or a wrong password") as caught:
        Certificate(certificate[form], "file:app.pem", password).check()
    assert "canary" not in str(caught.value)


def test_a_key_is_loaded_once_for_all_token_requests(certificate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization

    loads: list[bytes] = []
    load = serialization.load_pem_private_key

    def counted(content: bytes, password: bytes | None) -> Any:
        loads.append(content)
        return load(content, password)

    monkeypatch.setattr(serialization, "load_pem_private_key", counted)
    credential = Certificate(certificate["pem"], "file:app.pem")
    credential.check()
    assert credential.msal() == credential.msal()
    assert len(loads) == 1


@pytest.mark.parametrize("content", [b"", b"canary", b"-----BEGIN", b"-----BEGIN CERTIFICATE-----", b"0\x82\x01"])
def test_other_content_is_not_a_certificate(content: Any) -> None:
    with pytest.raises(SecretError):
        Certificate(content, "file:app.pem").check()


def test_the_repr_of_a_credential_contains_no_secret(certificate: Any) -> None:
    text = repr(
        [
            ClientSecret(Secret("canary")),
            Certificate(b"canary", "file:app.pem", Secret("canary")),
            FederatedToken(lambda: "canary", "github"),
        ]
    )
    assert "canary" not in text


def test_msal_requests_a_new_assertion_each_time() -> None:
    tokens = iter(["first", "second"])
    credential = FederatedToken(lambda: next(tokens), "github")
    assert [posted(credential)["client_assertion"] for _ in range(2)] == ["first", "second"]


@pytest.fixture
def github_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", URL)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary")


def test_a_token_of_github_is_requested_for_the_exchange_audience(github_job: Any) -> None:
    with respx.mock:
        route = respx.get(url__startswith="https://token.example/request").respond(json={"value": "a.b.c"})
        assert github_token() == "a.b.c"
    request = route.calls.last.request
    assert dict(request.url.params) == {"job": "1", "audience": "api://AzureADTokenExchange"}
    assert request.headers["authorization"] == "bearer canary"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"message": "canary"}),
        httpx.Response(200, text="<html>canary</html>"),
        httpx.Response(200, json={"other": "canary"}),
        httpx.Response(200, json=["canary"]),
        httpx.ConnectError("canary"),
    ],
    ids=["refused", "html", "no value", "list", "unreachable"],
)
def test_an_answer_of_github_without_a_token_is_an_error_that_does_not_quote_it(github_job: Any, answer: Any) -> None:
    with respx.mock:
        respx.get(url__startswith="https://token.example/request").mock(side_effect=[answer])
        with pytest.raises(SecretError, match="GitHub gave no token") as caught:
            github_token()
    assert "canary" not in str(caught.value)


def test_outside_of_a_github_job_nothing_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with respx.mock, pytest.raises(SecretError, match="id-token: write"):
        github_token()
