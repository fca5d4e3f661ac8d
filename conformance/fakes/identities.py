"""Credentials of a virtual tenant's app beside the connection's own credential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.connection import Certificate, Secret, SecretError
from conformance.fakes.identity_provider import AUDIENCE, SUBJECT, IdentityProvider, virtual_provider
from conformance.fakes.key_credentials import KeyCredential
from conformance.fakes.made_up_credentials import certificate
from conformance.fakes.state.tenant import FederatedCredential, Tenant


@dataclass(frozen=True)
class Identities:
    """Certificates of the app, federated credentials that it trusts, and the providers with available keys."""

    certificates: Sequence[KeyCredential] = ()
    federated: Sequence[FederatedCredential] = ()
    providers: Sequence[IdentityProvider] = ()

    def add_to(self, tenant: Tenant) -> None:
        """Register copies of them on the tenant's app, so that changes to a tenant affect no other tenant."""
        tenant.app.certificates += [replace(certificate) for certificate in self.certificates]
        tenant.app.federated += [replace(federated) for federated in self.federated]
        tenant.identity_providers |= {provider.issuer: provider for provider in self.providers}

    def __add__(self, other: Identities) -> Identities:
        return Identities(
            (*self.certificates, *other.certificates),
            (*self.federated, *other.federated),
            (*self.providers, *other.providers),
        )


def made_up() -> Identities:
    """Return the made-up certificate, and the virtual provider's token."""
    provider = virtual_provider()
    return Identities(
        [key_credential_of(certificate())], [FederatedCredential(provider.issuer, SUBJECT)], [provider.published]
    )


def key_credential_of(certificate: Certificate) -> KeyCredential:
    """Return a certificate as it is on an app. Raises SecretError where it cannot be used."""
    return KeyCredential.from_pem(certificate.msal()["public_certificate"].encode())


def parse_identities(
    file: Path | None = None,
    password: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
    audience: str = AUDIENCE,
    keys: Path | None = None,
) -> Identities:
    """Return the identities of the command line: a certificate (PEM, with or without its key, or PFX with
    ``password``), and a federated credential whose provider's key document is ``keys``. Raises ValueError,
    OSError or SecretError.
    """
    if (issuer is None) != (subject is None):
        raise ValueError("--issuer and --subject belong together")
    if keys is not None and issuer is None:
        raise ValueError("--issuer-keys are those of --issuer")
    return Identities(
        [_certificate(file, password)] if file else (),
        [FederatedCredential(issuer, subject, audience)] if issuer and subject else (),
        [_provider(issuer, keys)] if issuer and keys else (),
    )


def _certificate(file: Path, password: str | None) -> KeyCredential:
    content = file.read_bytes()
    if b"-----BEGIN CERTIFICATE" not in content:
        return key_credential_of(Certificate(content, str(file), Secret(password) if password is not None else None))
    try:
        credential = KeyCredential.from_pem(content[content.index(b"-----BEGIN CERTIFICATE") :])
        credential.public_key  # noqa: B018 - raises for a key of another kind
    except (ValueError, TypeError):
        raise SecretError(f"{file}: no certificate with an RSA key") from None
    return credential


def _provider(issuer: str, keys: Path) -> IdentityProvider:
    """Return a provider with the keys of its key document (RFC 7517)."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        keys_of_issuer = jwt.PyJWKSet.from_json(keys.read_text(encoding="utf-8")).keys
    except (jwt.exceptions.PyJWTError, ValueError, TypeError, AttributeError):
        raise ValueError(f"{keys}: no JSON Web Key Set") from None
    return IdentityProvider(
        issuer, {str(key.key_id): key.key for key in keys_of_issuer if isinstance(key.key, RSAPublicKey)}
    )
