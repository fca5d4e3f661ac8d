"""The claims challenge: read from the header, and answered once with a new token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from conformance.probing.challenge import claims_of
from conformance.verification.result import Report

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1770091506"}}}


def header(claims: object, error: str = "insufficient_claims") -> dict[str, str]:
    encoded = base64.b64encode(json.dumps(claims).encode()).decode()
    return {"www-authenticate": f'Bearer realm="", error="{error}", claims="{encoded}"'}


def test_the_claims_of_a_challenge_are_read() -> None:
    text = claims_of(401, header(CLAIMS))
    assert text is not None
    assert json.loads(text) == CLAIMS


def test_other_headers_are_not_a_challenge(subtests: pytest.Subtests) -> None:
    for status, headers in [
        (403, header(CLAIMS)),
        (401, header(CLAIMS, error="invalid_token")),
        (401, header("no object")),
        (401, {"www-authenticate": 'Bearer error="insufficient_claims", claims="%%%%"'}),
        (401, {"www-authenticate": 'Bearer error="insufficient_claims", claims="eyJ9"'}),
        (401, {}),
        (None, header(CLAIMS)),
    ]:
        with subtests.test(status=status, headers=headers):
            assert claims_of(status, headers) is None


def test_a_revoked_token_is_renewed_once_for_all_challenged_requests(verified: Callable[..., Report]) -> None:
    usual, withdrawn = verified(), verified("token-withdrawn")
    assert withdrawn.verdict.exit_code == 0
    tokens = [exchange for exchange in withdrawn.gathered.exchanges if exchange.endpoint == "entra.token"]
    assert (
        len(tokens)
        == len([exchange for exchange in usual.gathered.exchanges if exchange.endpoint == "entra.token"]) + 1
    )


def test_a_repeated_challenge_is_the_finding(verified: Callable[..., Report]) -> None:
    report = verified("network/claims_challenge")
    assert [root_cause.root.finding.cause for root_cause in report.verdict.root_causes] == ["token_revoked"]
