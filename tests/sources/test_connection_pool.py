"""The pool of sockets that the connections of a run share."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from conformance.fakes import Fake
from conformance.network.proxy_settings import proxy_for
from conformance.probing.rate_limits import RateLimits
from conformance.sources.live import ConnectionPool, Live
from tests.contoso import made_up


class Network(httpx.AsyncBaseTransport):
    """One socket: records the cookies of its requests, sets one, and answers only while ``gate`` is open."""

    networks: list[Network]
    gate: asyncio.Event

    def __init__(self) -> None:
        self.cookies: list[str | None] = []
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.cookies.append(request.headers.get("cookie"))
        await self.gate.wait()
        if request.url.path == "/fails":
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, headers={"Set-Cookie": "tenant=one; Path=/"}, stream=httpx.ByteStream(b"{}"))

    async def aclose(self) -> None:
        self.closed = True


class Wired(ConnectionPool):
    """A pool in which each socket has its own network."""

    def __init__(self) -> None:
        super().__init__()
        self.networks: list[Network] = []
        Network.gate = asyncio.Event()
        Network.gate.set()

    def create_transport(self, host: str) -> Network:
        self.networks.append(Network())
        return self.networks[-1]


async def answered(sockets: ConnectionPool, host: str = "one.example", path: str = "/") -> None:
    """Send a request and read its answer to the end."""
    response = await sockets.handle_async_request(httpx.Request("GET", f"https://{host}{path}"))
    await response.aread()


def test_a_socket_is_reused_after_its_request() -> None:
    async def run() -> list[int]:
        async with Wired().reserve(8) as sockets:
            assert isinstance(sockets, Wired)
            Network.gate.clear()
            both = [asyncio.create_task(answered(sockets)) for _ in range(2)]
            await asyncio.sleep(0)
            Network.gate.set()
            await asyncio.gather(*both)
            for host in ("one.example", "one.example", "two.example"):
                await answered(sockets, host)
            return [len(network.cookies) for network in sockets.networks]

    assert asyncio.run(run()) in ([1, 3, 1], [3, 1, 1])


def test_no_cookie_is_sent_to_the_next_connection() -> None:
    async def run() -> list[str | None]:
        async with Wired().reserve(8) as sockets:
            assert isinstance(sockets, Wired)
            for _ in range(3):
                await answered(sockets)
            return sockets.networks[0].cookies

    assert asyncio.run(run()) == [None, None, None]


def test_sockets_are_closed_with_the_last_reservation() -> None:
    async def run() -> None:
        sockets = Wired()
        async with sockets.reserve(8):
            async with sockets.reserve(8):
                await answered(sockets)
            assert not sockets.networks[0].closed
        assert sockets.networks[0].closed
        async with sockets.reserve(8):  # type: ignore[unreachable]
            await answered(sockets)
        assert [network.closed for network in sockets.networks] == [True, True]

    asyncio.run(run())


def test_a_socket_that_failed_is_used_again() -> None:
    async def run() -> int:
        async with Wired().reserve(8) as sockets:
            assert isinstance(sockets, Wired)
            with pytest.raises(httpx.ConnectError):
                await answered(sockets, path="/fails")
            await answered(sockets)
            return len(sockets.networks)

    assert asyncio.run(run()) == 1


def test_no_more_sockets_are_open_than_reserved() -> None:
    async def run() -> tuple[list[bool], list[bool]]:
        sockets = Wired()
        async with sockets.reserve(1):
            async with sockets.reserve(1):
                for host in ("one.example", "two.example", "three.example"):
                    await answered(sockets, host)
                before = [network.closed for network in sockets.networks]
            return before, [network.closed for network in sockets.networks]

    before, after = asyncio.run(run())
    assert before == [True, False, False]
    assert sorted(after) == [False, True, True]


def test_after_a_failure_other_idle_sockets_of_the_host_are_closed() -> None:
    async def run() -> list[bool]:
        async with Wired().reserve(8) as sockets:
            assert isinstance(sockets, Wired)
            Network.gate.clear()
            three = [asyncio.create_task(answered(sockets)) for _ in range(3)]
            await asyncio.sleep(0)
            Network.gate.set()
            await asyncio.gather(*three)
            with pytest.raises(httpx.ConnectError):
                await answered(sockets, path="/fails")
            return [network.closed for network in sockets.networks]

    assert sorted(asyncio.run(run())) == [False, True, True]


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:8080"}, "http://proxy.example:8080"),
        ({"https_proxy": "proxy.example:8080"}, "http://proxy.example:8080"),
        ({"ALL_PROXY": "http://proxy.example:8080"}, "http://proxy.example:8080"),
        ({"HTTP_PROXY": "http://proxy.example:8080"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:8080", "NO_PROXY": "azure.com"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:8080", "NO_PROXY": ".azure.com, other.example"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:8080", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.example:8080", "NO_PROXY": "microsoft.com"}, "http://proxy.example:8080"),
    ],
)
def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for("management.azure.com") == proxy


def test_live_connections_share_rate_limits_within_a_run_only() -> None:
    source = Live()

    async def paces() -> list[RateLimits]:
        async with source.open(made_up()) as first:
            pass
        async with source.open(made_up()) as second, source.open(made_up()) as third:
            return [first.pace, second.pace, third.pace]

    first, second = asyncio.run(paces()), asyncio.run(paces())
    assert len({*map(id, first)}) == len({*map(id, second)}) == 1
    assert first[0] is not second[0]


def test_each_virtual_tenant_has_its_own_rate_limits() -> None:
    async def paces() -> list[RateLimits]:
        source = Fake()
        async with source.open(made_up()) as first, source.open(made_up()) as second:
            return [first.pace, second.pace]

    first, second = asyncio.run(paces())
    assert first is not second
