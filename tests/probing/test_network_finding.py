"""The meaning of transport errors."""

from __future__ import annotations

import ssl

import httpx
import pytest

from conformance.probing.network_finding import network_finding

HOST = "graph.microsoft.com"


@pytest.mark.parametrize(
    ("below", "cause"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "tls_untrusted"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "tls_untrusted"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "connection_failed"),
        (ConnectionResetError(104, "Connection reset by peer"), "connection_failed"),
    ],
)
def test_a_handshake_that_ends_early_is_not_a_certificate_error(below: Exception, cause: str) -> None:
    error = httpx.ConnectError(str(below))
    error.__cause__ = below
    assert network_finding(error, HOST).cause == cause


def test_a_broken_record_after_the_handshake_says_nothing_of_trust() -> None:
    error = httpx.ReadError("[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.__cause__ = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    assert network_finding(error, HOST).cause == "connection_failed"
