"""The virtual tenant over sockets, and the environment variables with which the clients of others reach it.

These tests need the extra ``clients``; without it they are not collected. `make test-clients` runs them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from conformance.connection import ClientSecret, Connection
from conformance.fakes import World, build
from conformance.fakes.network.server import Server, serving
from conformance.fakes.world import hosts
from conformance.testing import read_environment_again
from tests.contoso import made_up

CLIENTS = ("azure", "kiota_http", "msal", "msgraph", "requests")
if any(find_spec(name) is None for name in CLIENTS):
    collect_ignore_glob = ["test_*.py"]


class Switch:
    """A handler that passes requests to the world set last, so that one server serves all tests."""

    world: World

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """Return the answer of the current virtual tenant."""
        return await self.world.handler(request)


@pytest.fixture(scope="session")
def switch() -> Switch:
    """Return a switch between virtual tenants behind one server."""
    return Switch()


@pytest.fixture(scope="session")
def server(switch: Switch) -> Iterator[Server]:
    """Yield a server of the switch's current virtual tenant."""
    with serving(switch.handler, hosts(), obstacle=lambda host: switch.world.obstacle(host)) as server:
        yield server


@pytest.fixture(autouse=True)
def _reached_by_environment(_no_environment: None, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead the clients to the server by environment variables alone; they are not changed otherwise."""
    for name in [*os.environ]:
        if name.startswith(("AZURE_", "MSAL_", "IDENTITY_")):
            monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    read_environment_again(monkeypatch)


@pytest.fixture
def arranged(switch: Switch) -> Callable[[str], World]:
    """Return a function that puts a new world in the state of a scenario behind the server, and returns this world."""

    def arrange(scenario: str) -> World:
        switch.world = build(made_up(), scenario)
        return switch.world

    return arrange


@pytest.fixture
def world(arranged: Callable[[str], World]) -> World:
    """Return a healthy world; the server answers from it."""
    return arranged("healthy")


@pytest.fixture
def signed_in() -> Iterator[Callable[[Connection], Any]]:
    """Yield a function that returns azure-identity's credential of a connection; all are closed at the end."""
    from azure.identity import ClientSecretCredential

    with ExitStack() as stack:

        def sign_in(connection: Connection) -> ClientSecretCredential:
            secret = connection.credential
            assert isinstance(secret, ClientSecret)
            return stack.enter_context(
                ClientSecretCredential(
                    connection.tenant_id, connection.client_id, secret.secret.reveal(), retry_total=0
                )
            )

        yield sign_in


@pytest.fixture
def ask(signed_in: Callable[[Connection], Any], world: World) -> Callable[[Callable[[Any], Awaitable[Any]]], Any]:
    """Return a function that awaits a question with a new client of Microsoft Graph, in a new event loop.

    The question is a coroutine function of the client. The world that is arranged at that moment answers.
    """
    from msgraph import GraphServiceClient

    credential = signed_in(world.connection)

    async def run(question: Callable[[Any], Awaitable[Any]]) -> Any:
        client = GraphServiceClient(credential)
        try:
            return await question(client)
        finally:
            # The client cannot be closed, and its transports do not close the transports that they wrap.
            http = client.request_adapter._http_client
            for transport in filter(None, (http._transport, *http._mounts.values())):
                await transport.transport.aclose()

    return lambda question: asyncio.run(run(question))
