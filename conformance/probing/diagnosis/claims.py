"""Problems of a token that its own claims show. They take precedence over the refusal of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import TOKENS, Rule, register
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tokens import Token


def flaw(token: Token, connection: Connection, now: datetime | None) -> Finding | None:
    """Return a finding about the first claim for which an API must refuse a token at ``now`` (the service's time); None
    without such a claim, or if the token cannot be read. The subject of the finding is the token's audience.
    """
    claims: Mapping[str, Any] = token.claims
    if not claims:
        return None
    claims_finding = partial(finding, facts=connection.facts(), about=token.audience)
    aud, tenant, ends = str(claims.get("aud")), str(claims.get("tid")), claims.get("exp")
    if not connection.cloud.accepts(token.audience, aud):
        return claims_finding("wrong_token_audience", explanation=f"The token's audience is {aud}.")
    if re.fullmatch(r"[0-9a-fA-F-]{36}", connection.tenant_id) and tenant.lower() != connection.tenant_id.lower():
        return claims_finding("wrong_token_tenant", explanation=f"The token is of tenant {tenant}.")
    if token.object_id is None:
        return finding("service_principal_missing", facts=connection.facts())
    if now is not None and isinstance(ends, int | float) and ends <= now.timestamp():
        return claims_finding(
            "token_expired", explanation=f"The token's lifetime ended before {now:%Y-%m-%d %H:%M:%S} UTC."
        )
    return None


def flawed(refusal: Refusal, connection: Connection, **clues: Evidence) -> Finding | None:
    """Return the finding of a token that an API must refuse by its claims; None for any other token."""
    (token,) = clues.values()
    if not isinstance(token, Answer):
        return None
    return flaw(token.data, connection, refusal.exchange.date if refusal.exchange else None)


for probe in TOKENS:
    register(f"claims_{probe}", Rule(flawed, (probe,)))
