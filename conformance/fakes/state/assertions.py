"""Client assertions as Entra judges them: signed by a certificate of the app, or by a trusted identity provider.

The checked claims are documented (learn.microsoft.com/entra/identity-platform/certificate-credentials and
/entra/workload-id/workload-identity-federation); the order of the checks is inferred.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.fakes.identity_provider import IdentityProvider
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.state.tenant import App
from conformance.probing.clock import TOLERATED_SKEW

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

ALGORITHMS = ("RS256", "PS256")
COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
"""RFC 7515 section 7.1: three parts in base64url without padding. ``b'...'`` does not match."""
MOMENTS = ("exp", "nbf", "iat")


@dataclass(frozen=True)
class Judgement:
    """``refusal`` is the name of Entra's refusal, None where the assertion is accepted; ``values`` fill its text."""

    refusal: str | None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assertion:
    """A JSON Web Signature in compact form, read but not verified."""

    text: str = field(repr=False)
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    def claim(self, name: str) -> str:
        """Return a claim as text, empty if it is missing; a value that is not text, such as a list, as JSON."""
        value = self.claims.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def is_signed_with(self, key: RSAPublicKey) -> bool:
        """Return whether its signature verifies with a key."""
        import jwt

        try:
            jwt.PyJWS(list(ALGORITHMS)).decode(self.text, key, algorithms=list(ALGORITHMS))
        except jwt.exceptions.PyJWTError:
            return False
        return True

    def within(self, now: datetime) -> Judgement:
        """Accept it if ``now`` lies in its time range, with Entra's tolerance for clock differences."""
        starts, ends = (datetime.fromtimestamp(self.claims.get(name, 0), UTC) for name in ("nbf", "exp"))
        if starts - TOLERATED_SKEW <= now < ends + TOLERATED_SKEW:
            return Judgement(None)
        return Judgement("assertion-expired", {"now": _stamp(now), "starts": _stamp(starts), "ends": _stamp(ends)})


def judge(
    app: App, providers: Mapping[str, IdentityProvider], text: str, audiences: Collection[str], now: datetime
) -> Judgement:
    """Judge the ``client_assertion`` of an app.

    ``audiences`` are the names of the token endpoint, in lower case; ``providers`` the identity providers that Entra
    can reach, by issuer.
    """
    assertion = parse(text)
    if assertion is None:
        return Judgement("assertion-malformed")
    if assertion.header.get("alg") not in ALGORITHMS:
        return Judgement("assertion-algorithm")
    if assertion.claim("iss").lower() == app.client_id.lower():
        return _of_certificate(app, assertion, audiences, now)
    return _of_provider(app, providers, assertion, now)


def parse(text: str) -> Assertion | None:
    """Return a parsed assertion; None if it is not a JWT with an expiry time."""
    if not COMPACT.fullmatch(text):
        return None
    header, claims = (_json(part) for part in text.split(".")[:2])
    if header is None or claims is None or "exp" not in claims:
        return None
    if not all(_is_time(claims[name]) for name in MOMENTS if name in claims):
        return None
    return Assertion(text, header, claims)


def _of_certificate(app: App, assertion: Assertion, audiences: Collection[str], now: datetime) -> Judgement:
    """Judge an assertion that the app signed with its certificate: ``iss`` is its client id."""
    if assertion.claim("sub").lower() != app.client_id.lower():
        return Judgement("assertion-subject")
    if not assertion.claim("jti"):
        return Judgement("assertion-malformed")
    x5t, x5t_s256 = (assertion.header.get(name) for name in ("x5t", "x5t#S256"))
    if not isinstance(x5t or x5t_s256, str):
        return Judgement("thumbprint-missing")
    thumbprint = _hexadecimal(str(x5t or x5t_s256))
    certificates = [
        certificate for certificate in app.certificates if certificate.has_thumbprint(x5t=x5t, x5t_s256=x5t_s256)
    ]
    if not certificates:
        return Judgement("certificate-unknown", {"thumbprint": thumbprint})
    values = {"thumbprint": thumbprint, **_validity(certificates[0])}
    if not any(certificate_of_app.starts <= now < certificate_of_app.ends for certificate_of_app in certificates):
        return Judgement("certificate-expired", values)
    if not any(assertion.is_signed_with(certificate_of_app.public_key) for certificate_of_app in certificates):
        return Judgement("certificate-signature", values)
    if assertion.claim("aud").lower() not in audiences:
        return Judgement("assertion-audience")
    return assertion.within(now)


def _of_provider(app: App, providers: Mapping[str, IdentityProvider], assertion: Assertion, now: datetime) -> Judgement:
    """Judge an assertion of another identity provider: issuer, subject and audience must match exactly."""
    issuer, subject, audience = (assertion.claim(name) for name in ("iss", "sub", "aud"))
    values = {"issuer": issuer, "subject": subject, "audience": audience}
    credentials = [credential for credential in app.federated if credential.issuer == issuer]
    if not credentials:
        return Judgement("federation-issuer", values)
    credentials = [credential for credential in credentials if credential.subject == subject]
    if not credentials:
        return Judgement("federation-subject", values)
    if not any(credential.audience == audience for credential in credentials):
        return Judgement("federation-audience", values)
    provider = providers.get(issuer)
    if provider is not None:  # the keys of a real provider are not available here
        kid = str(assertion.header.get("kid", ""))
        if kid not in provider.keys or not assertion.is_signed_with(provider.keys[kid]):
            return Judgement("federation-key", {"kid": kid, "issuer": issuer})
    return assertion.within(now)


def _json(part: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11


def _hexadecimal(thumbprint: str) -> str:
    """Return a thumbprint in hexadecimal, as in Entra's texts."""
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex().upper()
    except ValueError:
        return thumbprint


def _validity(credential: KeyCredential) -> dict[str, str]:
    return {"starts": f"{credential.starts:%m/%d/%Y %H:%M:%S}", "ends": f"{credential.ends:%m/%d/%Y %H:%M:%S}"}


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
