"""Unusable settings of this machine are one root cause, found before any request, and show no password."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance import verify
from conformance.network import proxy_settings
from conformance.network.proxy_settings import exemption, flaw_of, proxy_to
from conformance.network.trust import trust, trust_note
from conformance.verification.result import Report
from tests.contoso import made_up

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

UNUSABLE = {
    '"http://user:canary@proxy.example:8080"': "quote",
    "http://user:canary@proxy.example:8080\n": "line break",
    " http://user:canary@proxy.example:8080": "blank",
    "http://user:can#ary@proxy.example:8080": "%23",
    "http://user:can/ary@proxy.example:8080": "%2F",
    "http://user:can@ary@proxy.example:8080": "%40",
    "http://user:canary@proxy.example:port": "port",
    "http://user:canary@proxy.example:80800": "port",
    "http://user:canary@proxy.example:0": "port",
    "http://user:canary@:8080": "no host",
    "ftp://user:canary@proxy.example:21": "ftp://",
    "socks4://user:canary@proxy.example:1080": "socks4://",
    "http:/user:canary@proxy.example:8080": "://",
    "http://proxy.example/canary.pac": "PAC",
}

USABLE = (
    "http://proxy.example:8080",
    "proxy.example:8080",
    "http://user:can%23ary@proxy.example:8080/",
    "https://proxy.example",
    "socks5h://127.0.0.1:1080",
    "http://[::1]:3128",
)


def root(report: Report) -> tuple[str, str, str]:
    """Return cause, owner and explanation of the only root cause of an incomplete run that sent nothing."""
    (issue,) = report.verdict.root_causes
    assert report.verdict.exit_code == 6
    assert report.gathered.requests == 0
    assert b"canary" not in report.json()
    return issue.root.finding.cause, issue.root.finding.owner, issue.root.finding.explanation


def test_unusable_proxies_are_one_root_cause(monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests) -> None:
    for value, says in UNUSABLE.items():
        with subtests.test(value):
            monkeypatch.setenv("HTTPS_PROXY", value)
            cause, owner, text = root(verify(made_up(), source="live"))
            assert (cause, owner) == ("proxy_unusable", "connection")
            assert "HTTPS_PROXY" in text
            assert says in text


def test_usable_proxies_have_no_flaw(subtests: pytest.Subtests) -> None:
    for value in USABLE:
        with subtests.test(value):
            assert flaw_of(value) is None


def test_socks_without_its_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_settings, "find_spec", lambda name: None if name == "socksio" else find_spec(name))
    monkeypatch.setenv("ALL_PROXY", "socks5://user:canary@proxy.example:1080")
    cause, _, text = root(verify(made_up(), source="live"))
    assert cause == "proxy_unusable"
    assert "ALL_PROXY" in text
    assert "sentinel-conformance[socks]" in text


def test_unusable_certificates_are_one_root_cause(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    (tmp_path / "empty.pem").touch()
    (tmp_path / "der.pem").write_bytes(b"\x30\x82\x03\x4c")
    (tmp_path / "damaged.pem").write_text(CERTIFICATE)
    flaws = {
        "SSL_CERT_FILE=missing.pem": "does not exist",
        "SSL_CERT_FILE=empty.pem": "empty",
        "SSL_CERT_FILE=der.pem": "PEM",
        "SSL_CERT_FILE=damaged.pem": "damaged",
        "SSL_CERT_FILE=.": "not a regular file",
        "SSL_CERT_DIR=missing": "not a folder",
        "SSL_CERT_DIR=.": "rehash",
    }
    for setting, says in flaws.items():
        name, _, value = setting.partition("=")
        with subtests.test(setting), monkeypatch.context() as patch:
            patch.setenv(name, str(tmp_path / value))
            cause, owner, text = root(verify(made_up(), source="live"))
            assert (cause, owner) == ("proxy_unusable", "connection")
            assert name in text
            assert says in text


def test_a_proxy_shows_its_address_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:canary@proxy.example:8080")
    proxy = proxy_to("graph.microsoft.com")
    assert proxy is not None
    assert (proxy.address, proxy.setting, proxy.has_credentials) == ("http://proxy.example:8080", "https_proxy", True)
    assert "canary" not in repr(proxy)


@pytest.mark.parametrize(
    ("exceptions", "caught"),
    [
        ("localhost,azure.com", "NO_PROXY=azure.com"),
        (".azure.com", "NO_PROXY=.azure.com"),
        ("*", "NO_PROXY=*"),
        ("e.com,localhost", None),
    ],
)
def test_an_exemption_has_its_entry_of_no_proxy(
    monkeypatch: pytest.MonkeyPatch, exceptions: str, caught: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert exemption("management.azure.com") == caught


def test_without_variables_the_operating_system_is_trusted() -> None:
    assert type(trust()).__module__.startswith("truststore")


def test_certificate_bundles_that_are_not_read_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert trust_note() is None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/company.pem")
    assert "REQUESTS_CA_BUNDLE" in (trust_note() or "")
    assert "SSL_CERT_FILE" in (trust_note() or "")
