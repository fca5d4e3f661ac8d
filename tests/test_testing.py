"""The fixtures that other projects use in their tests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import httpx
import pytest

from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.client_files import secret
from conformance.fakes.network.served import ServedTenant
from conformance.sources.base import SourceError

ALERTS = "https://graph.microsoft.com/v1.0/security/alerts_v2"


def form(stage: ControllableTenant) -> tuple[str, dict[str, str]]:
    connection = stage.connection
    return f"https://login.microsoftonline.com/{connection.tenant_id}/oauth2/v2.0/token", {
        "grant_type": "client_credentials",
        "client_id": connection.client_id,
        "client_secret": secret(connection),
        "scope": "https://graph.microsoft.com/.default",
    }


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class TestSentinelTenant:
    def test_the_tests_own_client_is_answered(self, sentinel_tenant: ControllableTenant) -> None:
        url, data = form(sentinel_tenant)
        with httpx.Client() as client:
            answer = client.get(ALERTS, headers=bearer(client.post(url, data=data)))
        assert answer.status_code == 200
        assert [request.url.host for request in sentinel_tenant.requests] == [
            "login.microsoftonline.com",
            "graph.microsoft.com",
        ]

    def test_the_tests_own_asynchronous_client_is_answered(self, sentinel_tenant: ControllableTenant) -> None:
        url, data = form(sentinel_tenant)

        async def ask() -> int:
            async with httpx.AsyncClient() as client:
                return (await client.get(ALERTS, headers=bearer(await client.post(url, data=data)))).status_code

        assert asyncio.run(ask()) == 200

    def test_a_body_that_is_streamed_arrives(self, sentinel_tenant: ControllableTenant) -> None:
        url, _ = form(sentinel_tenant)

        async def ask() -> str:
            async def body() -> AsyncIterator[bytes]:
                for part in (b"grant_type=client_", b"credentials"):
                    yield part

            async with httpx.AsyncClient() as client:
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                return (await client.post(url, content=body(), headers=headers)).text

        assert "AADSTS7000216" in asyncio.run(ask())

    def test_a_proxy_of_the_environment_is_ignored(
        self, sentinel_tenant: ControllableTenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        assert httpx.get(ALERTS).status_code == 401

    def test_other_hosts_fail_the_test(self, sentinel_tenant: ControllableTenant) -> None:
        with pytest.raises(AssertionError, match="not mocked"):
            httpx.get("https://example.com/")

    @pytest.mark.parametrize(
        ("arrange", "status", "says"),
        [
            (lambda tenant: tenant.expire_secret(), 401, "AADSTS7000222"),
            (lambda tenant: tenant.throttle("entra"), 429, "Too Many Requests"),
            (lambda tenant: tenant.switch("app-disabled"), 400, "AADSTS7000112"),
            (lambda tenant: setattr(tenant.state.app, "enabled", False), 400, "AADSTS7000112"),
        ],
    )
    def test_answers_follow_the_arranged_state(  # type: ignore[no-untyped-def]
        self, sentinel_tenant: ControllableTenant, arrange, status: int, says: str
    ) -> None:
        arrange(sentinel_tenant)
        url, data = form(sentinel_tenant)
        answer = httpx.post(url, data=data)
        assert answer.status_code == status
        assert says in answer.text

    def test_consents_roles_and_tables_are_taken_away(self, sentinel_tenant: ControllableTenant) -> None:
        sentinel_tenant.revoke("SecurityAlert.Read.All")
        sentinel_tenant.revoke_roles()
        sentinel_tenant.drop_table("SecurityIncident")
        assert "SecurityAlert.Read.All" not in {consent.role for consent in sentinel_tenant.state.app.consents}
        assert not sentinel_tenant.state.assignments
        assert "SecurityIncident" not in sentinel_tenant.state.workspace.tables

    def test_an_operation_is_refused_once_its_permission_is_revoked(self, sentinel_tenant: ControllableTenant) -> None:
        """The permission to read incidents opens alerts too, so its consent is revoked as well."""
        sentinel_tenant.revoke("SecurityAlert.Read.All")
        url, data = form(sentinel_tenant)
        sentinel_tenant.revoke("SecurityAlert.Read.All")
        assert httpx.get(ALERTS, headers=bearer(httpx.post(url, data=data))).status_code == 403

    def test_an_unknown_permission_is_an_error(self, sentinel_tenant: ControllableTenant) -> None:
        with pytest.raises(SourceError, match=r"'SecurityAlerts\.Read\.All' .did you mean 'SecurityAlert\.Read\.All'"):
            sentinel_tenant.revoke("SecurityAlerts.Read.All")

    def test_every_test_has_a_tenant_of_its_own(self, sentinel_tenant: ControllableTenant) -> None:
        assert not sentinel_tenant.requests
        assert sentinel_tenant.scenario == "healthy"


class TestSentinelServer:
    def test_any_client_is_answered(self, sentinel_server: ServedTenant) -> None:
        url, data = form(sentinel_server)
        with urllib.request.urlopen(url, data=str(httpx.QueryParams(data)).encode(), timeout=60) as answer:
            assert answer.status == 200
        sentinel_server.expire_secret()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(url, data=str(httpx.QueryParams(data)).encode(), timeout=60)
        assert len(sentinel_server.requests) == 2

    def test_urllib_does_not_use_the_proxies_of_an_earlier_opener(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An opener that an earlier test installed may have other proxies."""
        before = urllib.request.build_opener(urllib.request.ProxyHandler({"https": "http://127.0.0.1:9"}))
        monkeypatch.setattr(urllib.request, "_opener", before)
        tenant: ServedTenant = request.getfixturevalue("sentinel_server")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(ALERTS, timeout=60)
        assert len(tenant.requests) == 1

    def test_the_environment_points_to_the_tenant_and_names_the_connection(self, sentinel_server: ServedTenant) -> None:
        assert os.environ["HTTPS_PROXY"] == sentinel_server.server.url
        assert os.environ["AZURE_CLIENT_ID"] == sentinel_server.connection.client_id
        assert os.environ["SENTINEL_CONTROL"] == sentinel_server.server.control_url

    def test_a_subprocess_is_answered(self, sentinel_server: ServedTenant) -> None:
        code = f"import httpx; print(httpx.get('{ALERTS}').status_code)"
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert process.stdout == "401\n"


def test_the_environment_is_restored(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    pytester.makepyfile(
        """
        import os

        def test_within(sentinel_server):
            assert "HTTPS_PROXY" in os.environ

        def test_after():
            assert "HTTPS_PROXY" not in os.environ
        """
    )
    assert pytester.runpytest_inprocess("-p", "no:randomly").ret == 0
