"""The made-up connection that tests start from."""

from __future__ import annotations

from datetime import UTC, datetime

from conformance import Connection
from conformance.connection import ClientSecret
from conformance.connection.secret import Secret

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "abc8Q~canary-canary-canary-canary-0001"

FILE = """\
[connection]
tenant_id = "7e4a11ed-0c0f-4c0f-a11c-000000000001"
client_id = "a9910000-0c0f-4c0f-a11c-000000000002"
client_secret = "env:CONTOSO_SECRET"
subscription_id = "5b5c0000-0c0f-4c0f-a11c-000000000003"
resource_group = "rg-security"
workspace_id = "30a40000-0c0f-4c0f-a11c-000000000004"
workspace_name = "law-security"
"""
"""The same connection as a file; the tests refer to its line numbers."""


def made_up(**values: object) -> Connection:
    defaults: dict[str, object] = {
        "name": "contoso",
        "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
        "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
        "client_secret": SECRET,
        "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
        "resource_group": "rg-security",
        "workspace_id": "30a40000-0c0f-4c0f-a11c-000000000004",
        "workspace_name": "law-security",
    }
    return Connection(**{**defaults, **values})  # type: ignore[arg-type]


def secret_of(connection: Connection) -> Secret:
    """Return the client secret of a connection that has one."""
    assert isinstance(connection.credential, ClientSecret)
    return connection.credential.secret
