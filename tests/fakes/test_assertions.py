"""Client assertions and token requests that Entra of the virtual tenant accepts, and its refusals of others."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from conformance import Connection, verify
from conformance.connection import Certificate, ClientSecret, FederatedToken, ManagedIdentity
from conformance.fakes import SCENARIOS, Fake, build
from conformance.fakes.identity_provider import VirtualProvider, new_key, virtual_provider
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.made_up_credentials import certificate, federated_token, pfx
from conformance.probing import tokens
from conformance.probing.clock import Clock, VirtualClock
from tests.contoso import SECRET, START, made_up
from tests.fakes.token_requests import BASE, FORM, URL, post, with_assertion

NOW = int(START.timestamp())


def signed(*, algorithm: str = "PS256", key: Any = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """Return an assertion as msal signs it, with the given changes; None removes a claim or a member."""
    import jwt
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    own = KeyCredential.from_pem(certificate().msal()["public_certificate"].encode())
    payload = {"aud": URL, "iss": BASE["client_id"], "sub": BASE["client_id"], "jti": "1", "exp": NOW + 600, **claims}
    members = {"x5t#S256": thumbprint(own.sha256), **(header or {})}
    key = key or load_pem_private_key(certificate().msal()["private_key"].encode(), None)
    return jwt.encode(
        {name: value for name, value in payload.items() if value is not None},
        key,
        algorithm=algorithm,
        headers={name: value for name, value in members.items() if value is not None},
    )


def thumbprint(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_certificate_assertions_are_accepted_or_refused(subtests: pytest.Subtests) -> None:
    world = build(made_up(), "with-certificate", START)
    other = "https://login.microsoftonline.com/fabrikam.example/oauth2/v2.0/token"
    sha1 = thumbprint(KeyCredential.from_pem(certificate().msal()["public_certificate"].encode()).sha1)
    cases: dict[str, tuple[str, tuple[int, int]]] = {
        "as msal makes it": (signed(), (200, 0)),
        "RS256, named by SHA-1": (signed(algorithm="RS256", header={"x5t#S256": None, "x5t": sha1}), (200, 0)),
        "both thumbprints": (signed(header={"x5t": sha1}), (200, 0)),
        "the issuer as audience": (signed(aud=URL.replace("/oauth2/v2.0/token", "/v2.0")), (200, 0)),
        "a clock within the tolerance": (signed(nbf=NOW + 240), (200, 0)),
        "Python's bytes": (f"b'{signed()}'", (400, 50027)),
        "no JWT": ("e30.e30", (400, 50027)),
        "without an end": (signed(exp=None), (400, 50027)),
        "an end that is text": (signed(exp=str(NOW + 600)), (400, 50027)),
        "without an id": (signed(jti=None), (400, 50027)),
        "without a thumbprint": (signed(header={"x5t#S256": None}), (400, 50027)),
        "signed with a shared secret": (signed(algorithm="HS256", key="x" * 32), (400, 5002730)),
        "another subject": (signed(sub="another"), (401, 50048)),
        "another thumbprint": (signed(header={"x5t#S256": "AAAA"}), (401, 700027)),
        "two thumbprints that differ": (signed(header={"x5t": "AAAA"}), (401, 700027)),
        "another key": (signed(key=new_key()), (401, 700027)),
        "another tenant's endpoint": (signed(aud=other), (401, 700023)),
        "ended": (signed(exp=NOW - 600), (401, 700024)),
        "not begun": (signed(nbf=NOW + 600), (401, 700024)),
        "another app's": (signed(iss="another", sub="another"), (401, 700211)),
    }
    for name, (assertion, expected) in cases.items():
        with subtests.test(name):
            assert with_assertion(world, assertion) == expected
    with subtests.test("a signature of other claims"):
        head, _, signature = signed().split(".")
        claims = signed(jti="2").split(".")[1]
        assert with_assertion(world, f"{head}.{claims}.{signature}") == (401, 700027)
    with subtests.test("a registration that has ended"):
        world.tenant.app.certificates[0].ends = START - timedelta(days=1)
        assert with_assertion(world, signed()) == (401, 700027)


def test_federated_tokens_are_accepted_or_refused(subtests: pytest.Subtests) -> None:
    world, provider = build(made_up(), "with-federated-token", START), virtual_provider()
    stranger = VirtualProvider(provider.issuer, provider.kid, new_key())
    cases = {
        "as it is trusted": (provider.token(START), (200, 0)),
        "another issuer, by a slash": (provider.token(START, iss=f"{provider.issuer}/"), (401, 700211)),
        "another subject": (provider.token(START, sub="repo:other"), (401, 700213)),
        "another audience": (provider.token(START, aud="https://graph.microsoft.com"), (401, 700212)),
        "a key that the issuer does not publish": (replace(provider, kid="old").token(START), (401, 7000272)),
        "a stranger with the issuer's name": (stranger.token(START), (401, 7000272)),
        "ended": (provider.token(START, exp=NOW - 600), (401, 700024)),
    }
    for name, (assertion, expected) in cases.items():
        with subtests.test(name):
            assert with_assertion(world, assertion) == expected


def test_token_requests_are_accepted_or_refused(subtests: pytest.Subtests) -> None:
    world = build(made_up(), start=START)
    form = urlencode({**BASE, "client_secret": SECRET})
    cases: dict[str, tuple[str | bytes, tuple[int, int]]] = {
        "right": (form, (200, 0)),
        "with an unknown field": (f"{form}&x-client-sku=test", (200, 0)),
        "a field twice": (f"{form}&client_secret={SECRET}", (400, 9000411)),
        "not UTF-8": (f"{form}&x=".encode() + b"\xff", (400, 9002313)),
        "no form": ("{}", (400, 9002313)),
        "nothing": ("", (400, 900144)),
        "an empty secret": (urlencode({**BASE, "client_secret": ""}), (401, 7000216)),
    }
    for name, (content, expected) in cases.items():
        with subtests.test(name):
            assert post(world, content) == expected
    with subtests.test("declared as JSON"):
        assert post(world, form, {"Content-Type": "application/json"}) == (400, 900144)
    with subtests.test("an assertion without its type"):
        assert with_assertion(world, signed(), client_assertion_type="") == (400, 900144)
    with subtests.test("an assertion of another type"):
        assert with_assertion(world, signed(), client_assertion_type="jwt") == (400, 90100)
    with subtests.test("HTTP Basic"):
        headers = {**FORM, "Authorization": httpx.BasicAuth(BASE["client_id"], SECRET)._auth_header}
        assert post(world, urlencode(BASE), headers) == (200, 0)


# The suite's own token requests


def connections() -> dict[str, Connection]:
    """Return the made-up connection with each kind of credential."""
    own = certificate()
    return {
        "PEM": made_up(client_secret=None, credential=own),
        "PFX": made_up(client_secret=None, credential=pfx(own)),
        "federated": made_up(client_secret=None, credential=federated_token(VirtualClock(START))),
    }


@pytest.mark.parametrize("kind", ["PEM", "PFX", "federated"])
def test_the_suite_signs_in_with_every_credential(kind: str) -> None:
    report = verify(connections()[kind], source=Fake(start=START), checks=["AUTH-003", "SENT-001"])
    assert report.ok, report.verdict.summary


def test_a_certificate_signs_by_the_clock_of_the_source() -> None:
    """The source may have another clock than this machine: a tenant with a stopped clock, or in another year."""
    far = datetime(2031, 5, 1, tzinfo=UTC)
    report = verify(connections()["PEM"], source=Fake(start=far), checks=["AUTH-003"])
    assert report.ok, report.verdict.summary


def test_an_unreadable_certificate_matches_no_app() -> None:
    world = build(made_up(client_secret=None, credential=Certificate(b"none", "app.pem")), start=START)
    assert world.tenant.app.certificates == []


def test_a_form_is_written_as_text() -> None:
    """msal gives assertions as bytes, and small numbers as numbers."""
    request = tokens.TokenRequest(URL, {"client_assertion": b"e30.e30.sig", "client_info": 1, "none": None}, {})
    assert request.encode() == b"client_assertion=e30.e30.sig&client_info=1"
    with pytest.raises(TypeError, match="not list"):
        tokens.TokenRequest(URL, {"scope": ["a", "b"]}, {}).encode()


@pytest.mark.parametrize("kind", ["PEM", "PFX", "federated"])
def test_sent_forms_are_readable_by_other_parsers(kind: str) -> None:
    import jwt

    connection = connections()[kind]
    document = (
        '{"issuer": "https://login.microsoftonline.com/x/v2.0", "token_endpoint": "' + URL + '",'
        ' "authorization_endpoint": "https://login.microsoftonline.com/x/oauth2/v2.0/authorize"}'
    )
    form = asyncio.run(tokens.compose(connection, "arm", document, Clock().now()))
    fields = dict(httpx.QueryParams(form.encode().decode()))
    assert jwt.decode(fields["client_assertion"], options={"verify_signature": False})["exp"]


def test_a_scenario_sets_the_credential_of_its_connection(subtests: pytest.Subtests) -> None:
    kinds = {
        "certificate": Certificate,
        "federated_token": FederatedToken,
        "managed_identity": ManagedIdentity,
        None: ClientSecret,
    }
    for scenario in SCENARIOS.values():
        with subtests.test(scenario.name):
            assert isinstance(build(made_up(), scenario.name).connection.credential, kinds[scenario.credential])
