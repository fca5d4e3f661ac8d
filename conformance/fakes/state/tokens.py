"""Access tokens of the virtual tenant: real claims, signed with a key that no service accepts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import httpx

from conformance.fakes.state.tenant import App, Tenant

KEY = b"the virtual tenant signs with this; nobody else accepts it"
BEFORE = timedelta(minutes=5)
"""``iat`` and ``nbf`` lie this far before the issue (recorded: exp - nbf = 3900 s at expires_in 3599)."""


def issue(
    tenant: Tenant, app: App, audience: str, resource_app_id: str, credential: str = "1", *, challenged: bool = False
) -> str:
    """Return a v1.0 app-only token, as for Graph, ARM, Log Analytics and Defender.

    ``credential``: claim ``appidacr``. ``challenged``: it answers a claims challenge, and is dated from now.
    """
    now = tenant.clock.service_now()
    since = now if challenged else now - BEFORE
    issuer = f"https://sts.windows.net/{tenant.id}/"
    odd = tenant.odd_audiences.get(resource_app_id)
    claims: dict[str, Any] = {
        "aud": odd or audience,
        "iss": issuer,
        "iat": int(since.timestamp()),
        "nbf": int(since.timestamp()),
        "exp": int((now + tenant.token_lifetime).timestamp()) + 1,
        "app_displayname": app.name,
        "appid": app.client_id,
        "appidacr": credential,
        "idp": issuer,
        "idtyp": "app",
        "tid": tenant.id,
        "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
        "ver": "1.0",
    }
    if app.service_principal_id:
        claims |= {"oid": app.service_principal_id, "sub": app.service_principal_id}
    roles = [
        consent.role
        for consent in app.consents
        if consent.resource_app_id == resource_app_id and consent.granted + consent.delay <= now
    ]
    if roles and app.service_principal_id:
        claims["roles"] = roles
    return sign(claims)


def sign(claims: Mapping[str, Any]) -> str:
    """Return the claims as a JWT."""
    head = _part(json.dumps({"typ": "JWT", "alg": "RS256", "kid": "virtual"}).encode())
    payload = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{payload}.{_part(_signature(payload))}"


@lru_cache(maxsize=256)
def read(token: str) -> tuple[Mapping[str, Any] | None, bool]:
    """Return the claims of a token (None: not a JWT) and whether this tenant's key signed it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None, False
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None, False
    genuine = hmac.compare_digest(parts[2], _part(_signature(f"{parts[0]}.{parts[1]}")))
    return (MappingProxyType(claims) if isinstance(claims, dict) else None), genuine


def bearer(header: str | None) -> str | None:
    """Return the token of an Authorization header; None if there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def presented(request: httpx.Request) -> tuple[Mapping[str, Any], bool] | str:
    """Return the claims of a request's bearer token and whether they are genuine, or the name of the refusal: no token,
    or one that cannot be read.
    """
    token = bearer(request.headers.get("authorization"))
    if token is None:
        return "no-token"
    claims, genuine = read(token)
    return "token-malformed" if claims is None else (claims, genuine)


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _signature(payload: str) -> bytes:
    return hmac.new(KEY, payload.encode(), hashlib.sha256).digest()
