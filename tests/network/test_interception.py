"""Answers that TLS inspection may have changed are not attributed to the service."""

from __future__ import annotations

import httpx
import pytest

from conformance.findings import explain
from conformance.network.interception import cut_off_finding, intercepted_finding
from conformance.probing.network_finding import network_finding

HOST = "graph.microsoft.com"
ALTERED = [
    (401, b'{"error": {"code": "InvalidAuthenticationToken", "message": "Access token is empty."}}'),
    (200, b""),
    (200, b"\xef\xbb\xbf{}"),
    (403, b""),
    (403, b'{"error": "blocked"}'),
    (404, b""),
    (418, b"teapot"),
    (502, b"<html><h1>502 Bad Gateway</h1><p>Certificate verify failed</p></html>"),
]


@pytest.mark.parametrize(("status", "body"), ALTERED)
def test_with_tls_inspection_an_answer_without_a_code_is_intercepted(status: int, body: bytes) -> None:
    finding = explain(body, status=status, service="graph")
    assert intercepted_finding(finding, None, HOST) is finding
    through = intercepted_finding(finding, "Example Company", HOST)
    assert (through.cause, through.owner, through.conclusive) == ("intercepted", "network-admin", False)
    assert "Example Company" in through.explanation
    assert any(HOST in line for line in through.fix.commands)


def test_with_tls_inspection_a_code_of_the_service_keeps_its_finding() -> None:
    body = b'{"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}'
    finding = explain(body, status=403, service="graph")
    assert intercepted_finding(finding, "Example Company", HOST) is finding
    slow = explain(b"", status=429, service="graph")
    assert intercepted_finding(slow, "Example Company", HOST) is slow


def test_with_tls_inspection_an_answer_that_breaks_off_is_intercepted() -> None:
    finding = network_finding(httpx.ReadError("reset"), HOST)
    assert cut_off_finding(finding, None) is finding
    assert cut_off_finding(finding, "Example Company").cause == "intercepted"
