"""Fixtures for the tests of other projects: a virtual tenant for code that calls Microsoft Sentinel.

They are available once the package is installed, and cost nothing until a test uses one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.fakes.controllable import ControllableTenant
    from conformance.fakes.network.served import ServedTenant


@pytest.fixture
def sentinel_tenant() -> Iterator[ControllableTenant]:
    """Yield a virtual tenant that answers every httpx or httpx2 client of the test, under the services' own names.

    Requests to other hosts fail the test.

        def test_expired(sentinel_tenant):
            sentinel_tenant.expire_secret()
            with pytest.raises(SignInError):
                my_client(sentinel_tenant.connection).incidents()
    """
    from conformance.fakes.controllable import ControllableTenant
    from conformance.fakes.network.client_files import made_up_connection
    from conformance.fakes.network.respx_mount import mount

    stage = ControllableTenant(made_up_connection())
    with mount(stage):
        yield stage


@pytest.fixture
def sentinel_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedTenant]:
    """Yield a virtual tenant on a local server, for any client and for subprocesses.

    The environment variables of the test (HTTPS_PROXY, SSL_CERT_FILE) point to it.

        def test_script(sentinel_server):
            sentinel_server.switch("no-graph-consent")
            assert subprocess.run(["./my-script"]).returncode == 1
    """
    from conformance.fakes.network.client_files import variables
    from conformance.fakes.network.served import serve_tenant

    with serve_tenant() as stage:
        for name, value in {**stage.server.environment, **variables(stage.connection)}.items():
            monkeypatch.setenv(name, value)
        read_environment_again(monkeypatch)
        yield stage


def read_environment_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make clients that read the environment only once per process read it again for a test.

    urllib reads it at its first request. aiohttp reads the trusted certificates when it is imported.
    """
    import ssl
    import sys

    monkeypatch.setattr("urllib.request._opener", None)
    if connector := sys.modules.get("aiohttp.connector"):
        monkeypatch.setattr(connector, "_SSL_CONTEXT_VERIFIED", ssl.create_default_context(), raising=False)
