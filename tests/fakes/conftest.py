"""Fixtures for tests of the virtual tenant: its Azure side, and a server that echoes requests."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest

from conformance.fakes.network.server import Server, serving
from tests.fakes.azure_world import AzureWorld
from tests.fakes.echo_server import HOSTS, echo


@pytest.fixture
def azure() -> AzureWorld:
    """Return a healthy virtual tenant with tokens of its app."""
    return AzureWorld()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Yield a server that echoes requests."""
    with serving(echo, HOSTS) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """Yield a client of the echo server that trusts its certificate."""
    with httpx.Client(proxy=server.url, verify=ssl.create_default_context(cafile=server.ca_file)) as client:
        yield client
