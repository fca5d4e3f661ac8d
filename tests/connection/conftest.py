"""Fixtures: connection files on disk, and a new certificate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contoso import FILE


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a connection file: the valid one with (old, new) replaced and lines added."""

    def write_file(*changes: tuple[str, str], add: str = "", name: str = "conn.toml") -> Path:
        text = FILE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + add, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="session")
def certificate() -> dict[str, bytes]:
    """Return a self-signed certificate with its key in usual forms, by name: PEM, encrypted PEM, PFX, and parts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "contoso")])
    start = datetime.now(UTC) - timedelta(days=1)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )

    def private(encryption: serialization.KeySerializationEncryption) -> bytes:
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    locked = serialization.BestAvailableEncryption(b"open sesame")
    plain = private(serialization.NoEncryption())
    public = cert.public_bytes(serialization.Encoding.PEM)
    return {
        "pem": plain + public,
        "certificate first": public + plain,
        "locked": private(locked) + public,
        "pfx": pkcs12.serialize_key_and_certificates(b"contoso", key, cert, None, locked),
        "key only": plain,
        "certificate only": public,
    }
