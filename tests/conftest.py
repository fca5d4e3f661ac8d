"""What many tests start from: a made-up connection, and its verification on the virtual tenant."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from conformance import Connection
from conformance.fakes import Fake
from conformance.verification import Report, verify

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "abc8Q~canary-canary-canary-canary-0001"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies, certificates and colours of this machine are nobody's business here."""
    for name in [*os.environ]:
        if name.upper().endswith("_PROXY") or name in (
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "NO_COLOR",
            "FORCE_COLOR",
            "CI",
        ):
            monkeypatch.delenv(name, raising=False)


def made_up(**values: object) -> Connection:
    given: dict[str, object] = {
        "name": "contoso",
        "tenant_id": "7e4a11ed-0c0f-4c0f-a11c-000000000001",
        "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
        "client_secret": SECRET,
        "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
        "resource_group": "rg-security",
        "workspace_id": "30a40000-0c0f-4c0f-a11c-000000000004",
        "workspace_name": "law-security",
    }
    return Connection(**{**given, **values})  # type: ignore[arg-type]


@pytest.fixture
def connection() -> Connection:
    return made_up()


@pytest.fixture
def verified(connection: Connection) -> Callable[..., Report]:
    """Verifies the connection on the virtual tenant, in the state of a scenario, at a fixed moment."""

    def run(scenario: str = "healthy", **options: object) -> Report:
        return verify(connection, source=Fake(scenario, START), **options)  # type: ignore[arg-type]

    return run
