"""A pasted access token, read but never shown: its tenant and app, its API, its permissions and its lifetime.

The token's text is never stored: only its claims are, and only those mentioned here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.apis.permissions import RESOURCES, resource_of
from conformance.connection.clouds import CLOUDS, Cloud
from conformance.findings.lazy_pattern import lazy_pattern

TOKEN = lazy_pattern(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.(eyJ[A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]*")
_ALONE = lazy_pattern(
    r"\W{0,4}(?:authorization\W{1,6})?(?:bearer\W{1,3})?(?:[\"']?(?:access_?token)[\"']?\W{1,6})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TokenText:
    """The statements of a token about itself.

    ``api`` is an API's name, None for an unknown audience; ``clouds`` are the clouds that it may belong to.
    """

    audience: str
    api: str | None
    tenant: str | None
    app: str | None
    app_name: str | None
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    user: bool
    expires: datetime | None
    clouds: tuple[Cloud, ...]

    def expired(self, now: datetime) -> bool:
        """Return whether its lifetime had ended at that time."""
        return self.expires is not None and self.expires <= now

    def describe(self, now: datetime) -> str:
        """Return sentences about all its claims, without the token."""
        api = f" ({RESOURCES[self.api].name})" if self.api else ""
        who = f"of a user, on behalf of app {self.app}" if self.user else f"of app {self.app}, which signs in by itself"
        name = f" ({self.app_name})" if self.app_name else ""
        ends = "carries no end" if self.expires is None else f"ends {self.expires:%Y-%m-%d %H:%M} UTC"
        return (
            f"An access token for {self.audience}{api}, {who}{name}, in tenant {self.tenant}"
            f"{', cloud: ' + self.clouds[0].title if self.clouds else ''}. "
            f"It {ends}{' and has expired' if self.expired(now) else ''}. Roles: {', '.join(self.roles) or 'none'}"
            f"{'; delegated scopes: ' + ', '.join(self.scopes) if self.scopes else ''}."
        )


def token_in(text: str) -> TokenText | None:
    """Return the first token in a text, or decoded claims instead; None without either."""
    match = TOKEN.search(text)
    if match is None:
        return _read(_json(text)) if '"aud"' in text and '"iss"' in text else None
    return _read(_json(_decoded(match[1])))


def is_only_token(text: str) -> bool:
    """Return whether a text is only a token: bare, in a header, in a token answer, or as decoded claims."""
    match = TOKEN.search(text)
    if match is None:
        return isinstance(_json(text), Mapping)
    value = _json(text)
    if isinstance(value, Mapping):
        return "error" not in value
    return bool(_ALONE.fullmatch(text[: match.start()])) and len(text[match.end() :].strip()) < 4


def _decoded(part: str) -> str:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read(claims: Any) -> TokenText | None:
    if not isinstance(claims, Mapping) or not isinstance(claims.get("aud"), str):
        return None
    audience, issuer = claims["aud"][:200], str(claims.get("iss", ""))[:200]
    resource = resource_of(audience)
    expires = claims.get("exp")
    scopes = tuple(str(claims.get("scp") or "").split())[:50]
    return TokenText(
        audience=audience,
        api=resource.api if resource else None,
        tenant=_text(claims.get("tid")),
        app=_text(claims.get("appid")) or _text(claims.get("azp")),
        app_name=_text(claims.get("app_displayname")),
        roles=tuple(str(role)[:80] for role in claims["roles"][:100]) if isinstance(claims.get("roles"), list) else (),
        scopes=scopes,
        user=bool(scopes) or claims.get("idtyp") == "user",
        expires=_time(expires),
        clouds=_clouds(audience, issuer),
    )


def _clouds(audience: str, issuer: str) -> tuple[Cloud, ...]:
    """Return the clouds that have an API with this audience; otherwise the clouds of the token's issuer."""
    url = audience.lower().rstrip("/")
    clouds = tuple(cloud for cloud in CLOUDS.values() if any(url in urls for urls in cloud.audiences.values()))
    return clouds or tuple(cloud for cloud in CLOUDS.values() if issuer.startswith(f"{cloud.login}/"))


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
