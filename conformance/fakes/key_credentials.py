"""The certificates that are registered on an app: Graph's ``keyCredentials``, without the private key."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.fakes.state.timeline import stable_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import Certificate


@dataclass
class KeyCredential:
    """A certificate on an app, valid from ``starts`` to ``ends``."""

    pem: bytes = field(repr=False)
    starts: datetime
    ends: datetime

    @classmethod
    def from_pem(cls, pem: bytes) -> KeyCredential:
        """Return the first certificate of ``pem``, with its own validity. Raises ValueError where there is none."""
        from cryptography.x509 import load_pem_x509_certificate

        certificate = load_pem_x509_certificate(pem)
        return cls(pem, certificate.not_valid_before_utc, certificate.not_valid_after_utc)

    @cached_property
    def certificate(self) -> Certificate:
        """Return the parsed certificate."""
        from cryptography.x509 import load_pem_x509_certificate

        return load_pem_x509_certificate(self.pem)

    @property
    def public_key(self) -> RSAPublicKey:
        """Return the key that signatures are verified with. Raises TypeError for a key that is not an RSA key."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

        key = self.certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError("Entra verifies client assertions with RSA keys")
        return key

    @cached_property
    def sha1(self) -> bytes:
        """Return the SHA-1 thumbprint: ``x5t`` of an assertion's header, ``customKeyIdentifier`` in Graph."""
        from cryptography.hazmat.primitives.hashes import SHA1

        return self.certificate.fingerprint(SHA1())  # noqa: S303 - what the services name certificates by

    @cached_property
    def sha256(self) -> bytes:
        """Return the SHA-256 thumbprint: ``x5t#S256`` of an assertion's header."""
        from cryptography.hazmat.primitives.hashes import SHA256

        return self.certificate.fingerprint(SHA256())

    def has_thumbprint(self, *, x5t: str | None, x5t_s256: str | None) -> bool:
        """Return whether it is the certificate that the header of an assertion names; each member that is given must
        fit.
        """
        pairs = [(x5t, self.sha1), (x5t_s256, self.sha256)]
        return all(text is None or text.rstrip("=") == _base64url(own) for text, own in pairs)

    @property
    def key_id(self) -> str:
        """Return the id under which Microsoft Entra lists it: always the same for one certificate."""
        return stable_id("certificate", self.sha256.hex())

    @property
    def subject(self) -> str:
        """Return the distinguished name, as Graph shows it for ``displayName``."""
        return self.certificate.subject.rfc4514_string()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
