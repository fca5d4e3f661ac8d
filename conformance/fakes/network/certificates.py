"""Throw-away certificate authorities, so that the virtual tenant can answer under the services' real host names."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import trustme

from conformance.network.trust import VIRTUAL_TENANT


def issue(hosts: Iterable[str]) -> tuple[ssl.SSLContext, bytes]:
    """Return one certificate for all ``hosts``, localhost and 127.0.0.1, by a new authority.

    Returns the server's TLS context, and the authority's certificate (PEM), which clients must trust. The private
    keys stay in memory.
    """
    authority = trustme.CA(organization_name=VIRTUAL_TENANT, organization_unit_name="virtual tenant")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(*sorted(hosts), "localhost", "127.0.0.1").configure_cert(context)
    return context, authority.cert_pem.bytes()
