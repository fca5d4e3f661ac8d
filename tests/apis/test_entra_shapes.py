from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import entra, gather
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params, without

DECLARED = list(gather(entra).values())

TOKEN = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "eyJ0.secret.text"}
DISCOVERY = {
    "token_endpoint": "https://login.microsoftonline.com/t/oauth2/v2.0/token",
    "authorization_endpoint": "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
    "issuer": "https://login.microsoftonline.com/t/v2.0",
    "jwks_uri": "https://login.microsoftonline.com/t/discovery/v2.0/keys",
    "cloud_instance_name": "microsoftonline.com",
}


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        entra_openid_configuration=entra.OPENID_CONFIGURATION,
        entra_instance_discovery=entra.INSTANCE_DISCOVERY,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(body, endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


def test_token_is_read() -> None:
    token = decode(TOKEN, entra.TOKEN)
    assert (token.token_type, token.expires_in, token.ext_expires_in) == ("Bearer", 3599, 3599)
    assert token.access_token == "eyJ0.secret.text"


def test_token_text_is_never_in_a_repr() -> None:
    token = decode(TOKEN, entra.TOKEN)
    for text in (repr(token), str(token), f"{token}", repr([token]), repr(token.__rich_repr__())):
        assert "secret" not in text


@pytest.mark.parametrize("member", ["token_type", "expires_in", "access_token"])
def test_token_without_a_required_member_is_refused(member: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"`{member}`"):
        decode(without(TOKEN, [member]), entra.TOKEN)


def test_lifetime_as_text_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.expires_in") as refused:
        decode(having(TOKEN, ["expires_in"], "3599"), entra.TOKEN)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("member", ["issuer", "token_endpoint", "authorization_endpoint", "jwks_uri"])
def test_discovery_requires_these_members(member: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"`{member}`"):
        decode(without(DISCOVERY, [member]), entra.OPENID_CONFIGURATION)


def test_discovery_takes_new_members_and_new_clouds() -> None:
    body = having(having(DISCOVERY, ["brand_new"], {"x": 1}), ["cloud_instance_name"], "cloud.example")
    assert decode(body, entra.OPENID_CONFIGURATION).cloud_instance_name == "cloud.example"


def test_discovery_is_written_with_its_wire_names() -> None:
    encoded = json.loads(msgspec.json.encode(decode(DISCOVERY, entra.OPENID_CONFIGURATION)))
    assert DISCOVERY.items() <= encoded.items()
