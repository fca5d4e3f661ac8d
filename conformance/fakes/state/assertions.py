"""Client assertions as Entra judges them: signed by a certificate of the app, or by a trusted identity provider."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.fakes.state.tenant import App


@dataclass(frozen=True)
class Judgement:
    """``refusal`` is the name of Entra's refusal, None where the assertion is accepted; ``values`` fill its text."""

    refusal: str | None
    values: Mapping[str, str] = field(default_factory=dict)


def signed_by_certificate(app: App, assertion: str, now: datetime) -> Judgement | None:
    """Of an assertion that the app signed for itself (``iss`` is the client id); None for another's.

    The signature itself is not verified: which key signed is taken from the thumbprint in the header.
    """
    head, claims = _parts(assertion)
    if str(claims.get("iss", "")).lower() != app.client_id.lower():
        return None
    thumbprint = str(head.get("x5t#S256") or head.get("x5t") or "")
    if not ({thumbprint, "*"} & app.thumbprints):
        return Judgement("certificate-unknown", {"thumbprint": thumbprint})
    return _within(claims, now)


def federated(app: App, assertion: str, now: datetime) -> Judgement:
    """Of an assertion of another identity provider: issuer, subject and audience must match to the letter."""
    _, claims = _parts(assertion)
    issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
    values = {"issuer": issuer, "subject": subject, "audience": audience}
    known = [one for one in app.federated if one.issuer == issuer]
    if not known:
        return Judgement("federation-issuer", values)
    known = [one for one in known if one.subject == subject]
    if not known:
        return Judgement("federation-subject", values)
    if not any(one.audience == audience for one in known):
        return Judgement("federation-audience", values)
    return _within(claims, now)


def _within(claims: Mapping[str, Any], now: datetime) -> Judgement:
    starts, ends = (_time(claims.get(name)) for name in ("nbf", "exp"))
    if (starts and now < starts) or (ends and now >= ends):
        return Judgement("assertion-expired", {"now": _text(now), "starts": _text(starts), "ends": _text(ends)})
    return Judgement(None)


def _parts(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    parts = [_decoded(part) for part in assertion.split(".")[:2]]
    return (parts[0], parts[1]) if len(parts) == 2 else ({}, {})


def _decoded(part: str) -> Mapping[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _time(value: object) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else None


def _text(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z") if time else "(none)"
