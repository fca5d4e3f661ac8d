"""The connector's tests: it meets each error of the services, and a virtual tenant gives them. No mock in sight."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from connector import ADVICE, Connector, ConnectorError

from conformance.fakes import FAULTS, SCENARIOS


@pytest.fixture
def waited() -> list[float]:
    """The seconds that the connector slept."""
    return []


@pytest.fixture
def connector(sentinel_tenant, waited):
    return connector_of(sentinel_tenant.connection, waited)


def connector_of(connection, waited) -> Connector:
    return Connector(
        connection.tenant_id,
        connection.client_id,
        connection.credential.secret.reveal(),
        connection.workspace,
        sleep=waited.append,
    )


def test_incidents_are_fetched(sentinel_tenant, connector):
    titles = {one["properties"]["title"] for one in connector.incidents()}
    assert titles == {one.title for one in sentinel_tenant.state.workspace.incidents}
    assert [one.url.host for one in sentinel_tenant.requests] == ["login.microsoftonline.com", "management.azure.com"]


def test_an_expired_secret_is_told(sentinel_tenant, connector):
    sentinel_tenant.expire_secret()
    with pytest.raises(ConnectorError, match="expired"):
        connector.incidents()


def test_a_secret_that_expires_later_is_told_too(sentinel_tenant, connector):
    assert connector.incidents()
    sentinel_tenant.expire_secret()
    with pytest.raises(ConnectorError, match="expired"):
        connector.incidents()


def test_a_role_that_was_taken_away_is_told(sentinel_tenant, connector):
    sentinel_tenant.revoke_roles()
    with pytest.raises(ConnectorError, match="no Azure role"):
        connector.incidents()


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("wrong-secret", "AADSTS7000215"),
        ("secret-id-pasted", "AADSTS7000215"),
        ("app-missing", "AADSTS700016"),
        ("app-disabled", "AADSTS7000112"),
        ("wrong-tenant", "AADSTS90002"),
        ("conditional-access", "AADSTS53003"),
        ("role-on-wrong-scope", "AuthorizationFailed"),
        ("wrong-subscription", "SubscriptionNotFound"),
        ("wrong-workspace", "ResourceNotFound"),
        ("tls-inspected", "unreachable"),
    ],
)
def test_each_error_has_its_advice(sentinel_tenant, waited, scenario, code):
    sentinel_tenant.switch(scenario)
    with pytest.raises(ConnectorError) as raised:
        connector_of(sentinel_tenant.connection, waited).incidents()
    assert (raised.value.code, str(raised.value)) == (code, ADVICE[code])


def test_throttling_is_waited_for(sentinel_tenant, connector, waited):
    sentinel_tenant.throttle("sentinel", times=2, seconds=17)
    assert connector.incidents()
    assert waited == [17, 17]


def test_throttling_without_end_is_told(sentinel_tenant, connector, waited):
    sentinel_tenant.throttle("entra", seconds=60)
    with pytest.raises(ConnectorError, match="too often"):
        connector.incidents()
    assert waited == [60] * 4


ASKED = ("entra.token", "sentinel.incidents")
CANNED = [name for name, one in FAULTS.items() if one.endpoint in ASKED and not one.numbered]
"""Older wordings, bare statuses and pages of proxies: answers that no scenario gives to this connector."""


WITH_A_SECRET = [name for name, one in SCENARIOS.items() if one.credential is None]
"""The connector signs in with nothing else."""


@pytest.mark.parametrize("scenario", [*WITH_A_SECRET, *CANNED])
def test_whatever_happens_the_connector_delivers_or_says_why(sentinel_tenant, waited, scenario):
    sentinel_tenant.switch(scenario)
    with suppress(ConnectorError):
        assert isinstance(connector_of(sentinel_tenant.connection, waited).incidents(), list)


def test_the_command_line_works_in_a_process_of_its_own(sentinel_server):
    """Over sockets: nothing in that process knows of the virtual tenant but its environment."""
    command = [sys.executable, str(Path(__file__).with_name("connector.py"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.endswith(" incidents\n"), done.stderr
    sentinel_server.expire_secret()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The client secret has expired: create another one.\n")
