"""Findings about refusals of proxies, and about proxy settings of this machine that explain other failures."""

from __future__ import annotations

import httpx
import pytest

from conformance.network.proxy_settings import Proxy
from conformance.network.route import Route, Stage
from conformance.probing.network_finding import network_finding

HOST = "graph.microsoft.com"


def route(status: int, schemes: str = "", url: str = "http://proxy.example:8080") -> Route:
    return Route(HOST, Proxy(url, "HTTPS_PROXY"), Stage.TUNNEL, status, {"proxy-authenticate": schemes})


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        *((status, "proxy_denied") for status in (401, 403, 451)),
        *((status, "proxy_failed") for status in (302, 400, 404, 405, 429, 500, 502, 503, 504, 511)),
        (407, "proxy_auth_required"),
    ],
)
def test_the_status_selects_the_cause(status: int, cause: str) -> None:
    finding = network_finding(httpx.ProxyError(f"{status} Whatever"), HOST, route(status))
    assert finding.cause == cause
    assert network_finding(httpx.ProxyError(f"{status} Whatever"), HOST).cause == cause
    for part in (f"{status}", HOST, "http://proxy.example:8080"):
        assert part in finding.explanation
    (command,) = finding.fix.commands
    assert command == f"curl --verbose --max-time 10 --proxy http://proxy.example:8080 https://{HOST}/"


@pytest.mark.parametrize(
    ("schemes", "says"),
    [
        ('Basic realm="a, NTLM b", Negotiate', "has none (Basic, Negotiate)"),
        ("Negotiate, NTLM", "offers Negotiate, NTLM only"),
        ('Digest realm="x", nonce="y", qop="auth"', "offers Digest only"),
    ],
)
def test_the_schemes_offered_by_the_proxy_are_listed(schemes: str, says: str) -> None:
    assert says in network_finding(httpx.ProxyError("407"), HOST, route(407, schemes)).explanation


def test_a_password_is_never_shown() -> None:
    finding = network_finding(
        httpx.ProxyError("407"), HOST, route(407, "Basic", "http://user:canary@proxy.example:8080")
    )
    assert "does not accept" in finding.explanation
    assert "canary" not in repr(finding)
    assert "--proxy-user" in finding.fix.commands[0]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Proxy Server could not connect: Connection not allowed by ruleset.", "proxy_denied"),
        ("Proxy Server could not connect: Host unreachable.", "proxy_failed"),
        ("Invalid username/password", "proxy_auth_required"),
        ("Requested NO AUTHENTICATION REQUIRED from proxy server, but got USERNAME/PASSWORD.", "proxy_auth_required"),
    ],
)
def test_the_message_of_a_socks_proxy_selects_the_cause(text: str, cause: str) -> None:
    way = Route(HOST, Proxy("socks5://proxy.example:1080", "ALL_PROXY"), Stage.TUNNEL)
    assert network_finding(httpx.ProxyError(text), HOST, way).cause == cause


def test_a_host_exempted_by_no_proxy_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", "localhost,microsoft.com")
    finding = network_finding(httpx.ConnectTimeout("timed out"), HOST, Route(HOST))
    assert finding.cause == "timed_out"
    assert f"NO_PROXY=microsoft.com takes {HOST} out of the proxy" in finding.explanation
