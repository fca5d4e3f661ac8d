"""Tokens as users paste them: explained without being shown, and compared with a connection."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conformance.findings import explain
from tests.contoso import made_up


def token(**claims: Any) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    usual = {"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/t/", "tid": "t", "appid": "app-1"}
    return f"{part({'typ': 'JWT', 'alg': 'RS256'})}.{part({**usual, 'exp': 4102444800, **claims})}.canarysignature"


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        ({"roles": ["SecurityAlert.Read.All", "SecurityIncident.Read.All"]}, "unknown"),
        ({"roles": []}, "app_role_missing"),
        ({"roles": [], "exp": 1700000000}, "token_expired"),
        ({"scp": "SecurityAlert.Read.All"}, "auth_method_unsupported"),
        ({"aud": "https://vault.azure.net"}, "wrong_token_audience"),
    ],
)
def test_a_token_is_explained_and_not_shown(claims: dict[str, Any], cause: str) -> None:
    text = token(**claims)
    for pasted in (text, f"Authorization: Bearer {text}", json.dumps({"access_token": text})):
        meaning = explain(pasted)
        assert meaning.cause == cause
        assert "app-1" in meaning.explanation
        assert "canary" not in repr(meaning)
        assert "eyJ" not in repr(meaning)


def test_decoded_claims_are_read_as_the_token() -> None:
    claims = {"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/t/", "exp": 1700000000}
    assert explain(json.dumps(claims)).cause == "token_expired"


def test_the_roles_that_a_connection_needs_are_named() -> None:
    assert (
        "Missing for a connection: SecurityIncident.Read.All"
        in explain(token(roles=["SecurityAlert.Read.All"])).explanation
    )


CONNECTION = made_up()


@pytest.mark.parametrize(
    ("claims", "cause", "says"),
    [
        ({"tid": "11111111-2222-4333-8444-555555555555"}, "wrong_token_tenant", "another tenant"),
        ({"aud": "https://graph.microsoft.us"}, "wrong_cloud", "US Government, GCC High"),
        ({"aud": "https://management.usgovcloudapi.net"}, "wrong_cloud", "US Government"),
        ({"appid": "another-app"}, "unknown", f"not the connection's app ({CONNECTION.client_id})"),
        ({"appid": CONNECTION.client_id, "tid": CONNECTION.tenant_id.upper()}, "unknown", "Nothing is wrong with it"),
    ],
)
def test_a_token_is_compared_with_a_connection(claims: dict[str, Any], cause: str, says: str) -> None:
    roles = ["SecurityAlert.Read.All", "SecurityIncident.Read.All"]
    meaning = explain(token(**{"tid": CONNECTION.tenant_id, "roles": roles, **claims}), facts=CONNECTION.facts())
    assert meaning.cause == cause
    assert says in meaning.explanation
    assert ("not the connection's app" in meaning.explanation) == (claims.get("appid") != CONNECTION.client_id)
