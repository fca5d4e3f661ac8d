"""The credentials of a connection: client secrets, a certificate, a trusted provider's token, or an identity that Azure
manages.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.secret import Secret, SecretError
from conformance.redaction import remember

EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True)
class ClientSecret:
    """A client secret. ``others`` are further secrets, for the time in which a new secret replaces an old one. One
    working secret is enough.
    """

    secret: Secret
    others: tuple[Secret, ...] = ()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Return all secrets, in the order of the connection file."""
        return (self.secret, *self.others)

    def msal(self) -> Any:
        """Return the credential in msal's form."""
        return self.secret.reveal()


@dataclass(frozen=True)
class Certificate:
    """A private key and its certificate, as PEM, or as PFX with its password."""

    content: bytes = field(repr=False)
    origin: str
    password: Secret | None = None

    def __post_init__(self) -> None:
        if b"PRIVATE KEY" in self.content:
            remember_key(self.content[: self.content.find(b"-----BEGIN CERTIFICATE")])
        else:
            remember(base64.b64encode(self.content).decode())

    def check(self) -> None:
        """Check that the certificate can be used to sign. Raises :class:`SecretError` if it cannot."""
        _ = self._pem

    def msal(self) -> Any:
        """Return the credential in msal's form. With the certificate, msal signs with PS256 and sends the SHA-256
        thumbprint.
        """
        key, certificate = self._pem
        return {"private_key": key, "public_certificate": certificate}

    @cached_property
    def _pem(self) -> tuple[str, str]:
        """Return the private key and the certificate. Loading a key takes 40 ms, and every token request signs."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import pkcs12
        from cryptography.x509 import load_pem_x509_certificate

        password = self.password.reveal().encode() if self.password else None
        try:
            if b"-----BEGIN" in self.content:
                key = serialization.load_pem_private_key(self.content, password)
                certificate = load_pem_x509_certificate(self.content[self.content.index(b"-----BEGIN CERTIFICATE") :])
            else:
                private_key, certificate, _ = pkcs12.load_key_and_certificates(self.content, password)  # type: ignore[assignment]
                if private_key is None or certificate is None:
                    raise ValueError
                key = private_key
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SecretError(f"{self.origin}: no private key with its certificate, or a wrong password") from None
        if not isinstance(key, RSAPrivateKey):
            raise SecretError(
                f"{self.origin}: {_kind_of(key)}; Entra verifies assertions that are signed with RSA alone (PS256,"
                " RS256). Make a new certificate with an RSA key of 2048 bits or more, and upload it to the app"
            )
        if key.public_key() != certificate.public_key():
            raise SecretError(f"{self.origin}: the private key is not the certificate's")
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        remember_key(private)
        return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True)
class FederatedToken:
    """Workload identity federation: ``fetch`` returns a new assertion of the trusted provider at each call."""

    fetch: Callable[[], str] = field(repr=False)
    origin: str

    def token(self) -> str:
        """Return a new token, and register it as a secret."""
        token = self.fetch()
        remember(token)
        return token

    def msal(self) -> Any:
        """Return the credential in msal's form."""
        return {"client_assertion": self.token}


def _kind_of(key: object) -> str:
    """Return a sentence with the kind of a private key."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    if isinstance(key, EllipticCurvePrivateKey):
        return f"the key is an EC key ({key.curve.name}), which cannot be used"
    return "the key is no RSA key"


def remember_key(pem: bytes) -> None:
    """Register each line of a private key in PEM as a secret, because texts may join the lines in different ways."""
    for line in pem.decode("ascii", "replace").splitlines():
        if not line.startswith("-----"):
            remember(line)


Credential = ClientSecret | Certificate | FederatedToken | ManagedIdentity


def github_token() -> str:
    """Return an assertion of GitHub Actions for this job (``permissions: id-token: write``). It is valid for 5 minutes.

    Raises :class:`SecretError` outside of such a job.
    """
    import httpx

    url, bearer = (os.environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}") for name in ("URL", "TOKEN"))
    if not url or not bearer:
        raise SecretError("this is no GitHub Actions job with permission id-token: write")
    remember(bearer)
    try:
        answer = httpx.get(
            url,
            params={**dict(httpx.URL(url).params), "audience": EXCHANGE_AUDIENCE},
            headers={"Authorization": f"bearer {bearer}"},
            timeout=10,
        )
        token = answer.raise_for_status().json()["value"]
        if not isinstance(token, str) or not token:
            raise TypeError
        return token
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise SecretError(f"GitHub gave no token: {type(error).__name__}") from None
