"""An identity provider outside of Entra that an app may trust (workload identity federation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ISSUER = "https://identity.virtual.example"
SUBJECT = "repo:virtual/sentinel-reader:ref:refs/heads/main"
AUDIENCE = "api://AzureADTokenExchange"
"""The audience that Entra recommends for such tokens."""
LIFETIME = timedelta(days=30)
"""Lifetime of a token: real ones last minutes or hours, these must last as long as the server that issues them."""


@dataclass(frozen=True)
class IdentityProvider:
    """A provider as Entra sees it: its issuer, and the public keys of its key document by ``kid``."""

    issuer: str
    keys: Mapping[str, RSAPublicKey] = field(repr=False)


@dataclass(frozen=True)
class VirtualProvider:
    """A provider that can be asked for tokens: the private key of an issuer."""

    issuer: str
    kid: str
    key: RSAPrivateKey = field(repr=False)

    @property
    def published(self) -> IdentityProvider:
        """Return the provider with its public keys."""
        return IdentityProvider(self.issuer, {self.kid: self.key.public_key()})

    def token(self, now: datetime, **claims: Any) -> str:
        """Return a signed token as of ``now`` for :data:`SUBJECT` and :data:`AUDIENCE`, unless ``claims`` say
        otherwise.
        """
        import jwt

        issued = int(now.timestamp())
        payload: dict[str, Any] = {"iss": self.issuer, "sub": SUBJECT, "aud": AUDIENCE}
        payload |= {"iat": issued, "nbf": issued, "exp": issued + int(LIFETIME.total_seconds()), **claims}
        return jwt.encode(payload, self.key, algorithm="RS256", headers={"kid": self.kid})


@cache
def virtual_provider() -> VirtualProvider:
    """Return the provider that every virtual tenant knows; each process creates a new key."""
    return VirtualProvider(ISSUER, "virtual-1", new_key())


def new_key() -> RSAPrivateKey:
    """Return a fresh RSA key of 2048 bits, the minimum of Entra."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=2048)
