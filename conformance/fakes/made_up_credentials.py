"""Credentials for the virtual tenant that no real service knows: a certificate with its key, and a federated token."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from conformance.connection import Certificate, FederatedToken, Secret
from conformance.fakes.identity_provider import new_key, virtual_provider
from conformance.probing.clock import Clock

STARTS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
"""Validity of the certificate; it covers every clock of a virtual tenant."""
PFX_PASSWORD = "virtual"
"""Password of the PFX file; its key is accepted nowhere else."""


@cache
def certificate() -> Certificate:
    """Return a self-signed certificate with its private key, as PEM. Each process creates a new one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key = new_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sentinel-reader")])
    issued = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), STARTS, ENDS)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(private + issued.sign(key, hashes.SHA256()).public_bytes(pem), "file:client.pem")


def pfx(certificate: Certificate, password: str = PFX_PASSWORD) -> Certificate:
    """Return the same key and certificate as PFX (PKCS #12). Raises SecretError as :meth:`Certificate.check` does."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import load_pem_x509_certificate

    parts = certificate.msal()
    key = serialization.load_pem_private_key(parts["private_key"].encode(), None)
    issued = load_pem_x509_certificate(parts["public_certificate"].encode())
    encryption = serialization.BestAvailableEncryption(password.encode())
    content = pkcs12.serialize_key_and_certificates(b"sentinel-reader", key, issued, None, encryption)  # type: ignore[arg-type]
    return Certificate(content, "file:client.pfx", Secret(password))


def federated_token(clock: Clock, **claims: object) -> FederatedToken:
    """Return a token of the virtual identity provider, fresh by ``clock`` each time; ``claims`` replace its own."""
    return FederatedToken(lambda: virtual_provider().token(clock.now(), **claims), "file:federated.token")
