"""httpx2, the successor of httpx: the fixture ``sentinel_tenant`` answers its clients too."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from conformance.fakes.controllable import ControllableTenant

ALERTS = "https://graph.microsoft.com/v1.0/security/alerts_v2"


def form(tenant: ControllableTenant) -> tuple[str, dict[str, str]]:
    """Return URL and form of the connection's token request."""
    connection = tenant.connection
    secret: Any = connection.credential
    return f"https://login.microsoftonline.com/{connection.tenant_id}/oauth2/v2.0/token", {
        "grant_type": "client_credentials",
        "client_id": connection.client_id,
        "client_secret": secret.secret.reveal(),
        "scope": "https://graph.microsoft.com/.default",
    }


def test_clients_of_httpx2_are_answered(sentinel_tenant: ControllableTenant) -> None:
    url, data = form(sentinel_tenant)
    bearer = {"Authorization": f"Bearer {httpx2.post(url, data=data).json()['access_token']}"}
    alerts = httpx2.get(ALERTS, headers=bearer).json()["value"]
    assert {alert["id"] for alert in alerts} == {alert["id"] for alert in sentinel_tenant.state.defender.graph_alerts}

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient() as client:
            return await client.get(ALERTS, headers=bearer)

    assert asyncio.run(ask()).json()["value"] == alerts
    assert [request.url.host for request in sentinel_tenant.requests] == [
        "login.microsoftonline.com", "graph.microsoft.com", "graph.microsoft.com",
    ]  # fmt: skip


def test_a_network_failure_is_an_error_of_httpx2(sentinel_tenant: ControllableTenant) -> None:
    sentinel_tenant.switch("host-unknown")
    with pytest.raises(httpx2.ConnectError, match="Name or service not known"):
        httpx2.get(ALERTS)


def test_other_hosts_fail_the_test(sentinel_tenant: ControllableTenant) -> None:
    with pytest.raises(AssertionError, match=r"elsewhere\.example"):
        httpx2.get("https://elsewhere.example/")


def test_a_transport_set_by_the_test_is_used(sentinel_tenant: ControllableTenant) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(204))
    with httpx2.Client(transport=transport) as client:
        assert client.get("https://elsewhere.example/").status_code == 204
