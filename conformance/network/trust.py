"""The authorities that this machine trusts, and the detection of certificates that are not from the services'
authorities.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import Any

import certifi
import truststore

from conformance.network.proxy_settings import UnusableSetting

FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
UNREAD = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables with authorities for requests (used by the Azure CLI) and curl. This program does not read them."""
VIRTUAL_TENANT = "sentinel-conformance"
"""The organisation of the authority that the virtual tenant's server creates for itself."""
SERVICES = frozenset({"Microsoft Corporation", "DigiCert Inc", "DigiCert, Inc.", VIRTUAL_TENANT})
"""The organisations that issue the services' certificates.

learn.microsoft.com/azure/security/fundamentals/azure-ca-details
"""
MIN_AUTHORITIES = 30
"""The minimum number of certificates in a file with the public authorities, of which there are more than 100."""
_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----")
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
_LARGEST = 16 * 1024 * 1024


def trust() -> ssl.SSLContext:
    """Return a client's TLS context that trusts SSL_CERT_FILE and SSL_CERT_DIR if set, otherwise the operating system's
    store.

    If the operating system has no store, it trusts the public authorities of certifi. Raises
    :class:`~conformance.network.proxy_settings.UnusableSetting` if a variable points to something unusable.
    """
    file, folder = os.environ.get(FILE), os.environ.get(FOLDER)
    if not file and not folder:
        return _system()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file:
        _check_file(Path(file))
        try:
            context.load_verify_locations(cafile=file)
        except (ssl.SSLError, OSError):
            raise UnusableSetting(f"{FILE} names {file}, which is damaged: it cannot be read as PEM") from None
    if folder:
        for part in folder.split(os.pathsep):
            _check_folder(Path(part))
        context.load_verify_locations(capath=folder)
    return context


def trust_note() -> str | None:
    """Return a sentence that explains an untrusted certificate by this machine's settings; None if the settings do not
    explain it.
    """
    file = os.environ.get(FILE)
    if file:
        count = len(_CERTIFICATE.findall(_content(Path(file))))
        if count < MIN_AUTHORITIES:
            plural = "" if count == 1 else "s"
            return (
                f"{FILE} names {file}, which holds {count} certificate{plural} and replaces the machine's store: the"
                " public authorities, which hosts exempted from inspection need, are missing there. Put the company's"
                " root and the public ones into one file."
            )
    elif not os.environ.get(FOLDER) and (
        name := next((variable for variable in UNREAD if os.environ.get(variable)), None)
    ):
        return f"{name} is set, which this program does not read: set {FILE} to the same file."
    return None


def foreign_issuer(tls: Any) -> str | None:
    """Return the issuer of a peer's certificate if it is not one of the services' authorities: then a device in between
    decrypts TLS.

    ``tls`` is an ``ssl.SSLObject`` or ``ssl.SSLSocket`` after its handshake, or None. Without a certificate, the result
    is None.
    """
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    if issuer.get("organizationName") in SERVICES:
        return None
    return str(issuer.get("organizationName") or issuer.get("commonName") or "an authority without a name")


def _system() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    stores = [Path(path) for path in (paths.cafile, paths.capath) if path]
    if os.name == "posix" and not any(store.is_file() or any(store.iterdir()) for store in stores):
        context.load_verify_locations(cafile=certifi.where())
    return context


def _check_file(file: Path) -> None:
    if not file.exists():
        raise UnusableSetting(f"{FILE} names {file}, which does not exist")
    if not file.is_file():
        raise UnusableSetting(f"{FILE} names {file}, which is not a regular file")
    content = _content(file)
    if not content.strip():
        raise UnusableSetting(f"{FILE} names {file}, which is empty or cannot be read")
    if not _CERTIFICATE.search(content):
        raise UnusableSetting(f"{FILE} names {file}, which holds no certificate in PEM form (BEGIN CERTIFICATE)")


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UnusableSetting(f"{FOLDER} names {folder}, which is not a folder")
    try:
        hashed = any(_HASHED.fullmatch(path.name) for path in folder.iterdir())
    except OSError:
        hashed = False
    if not hashed:
        raise UnusableSetting(
            f"{FOLDER} names {folder}, which holds no certificate under its hash: run openssl rehash on it"
        )


def _content(file: Path) -> bytes:
    """Return the first 16 MiB of a file; empty if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return b""
