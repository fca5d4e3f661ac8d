"""The server of the virtual tenant stops even with open requests, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from contextlib import closing

import httpx
import pytest

from conformance.fakes.network.server import Server, serving
from tests.fakes.bad_clients import MISBEHAVIOUR, hello
from tests.fakes.echo_server import ARM, HOSTS, NET, dial, echo, running


class TestStopping:
    def test_it_stops_with_open_connections(self) -> None:
        async def run() -> None:
            arrived = asyncio.Event()

            def slowly(request: httpx.Request) -> float:
                arrived.set()
                return 60

            async with running(latency=slowly) as (server, client):
                url = httpx.URL(server.url)
                due = asyncio.create_task(client.get(f"https://{ARM}/"))
                open_ones = [await asyncio.open_connection(url.host, url.port) for _ in range(6)]
                for (_, writer), beginning in zip(
                    open_ones,
                    (b"", b"CONN", b"\x16", hello(), f"CONNECT {ARM}:443 HTTP/1.1\r\n\r\n".encode(), b"\x00"),
                    strict=True,
                ):
                    writer.write(beginning)
                await asyncio.wait_for(arrived.wait(), NET)
                async with asyncio.timeout(NET):
                    await server.__aexit__(None, None, None)
                with pytest.raises(httpx.TransportError):
                    await due
                for _, writer in open_ones:
                    writer.transport.abort()

        asyncio.run(run())

    def test_it_stops_when_cancelled(self) -> None:
        async def run() -> str:
            started: asyncio.Future[Server] = asyncio.get_running_loop().create_future()

            async def forever() -> None:
                async with Server(echo, HOSTS) as server:
                    started.set_result(server)
                    await asyncio.Event().wait()

            task = asyncio.create_task(forever())
            server = await started
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, NET)
            return server.url

        url = httpx.URL(asyncio.run(run()))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((url.host, url.port), timeout=NET)

    @pytest.mark.filterwarnings("error")
    def test_nothing_is_left_behind(self, caplog: pytest.LogCaptureFixture) -> None:
        threads = threading.active_count()
        with serving(echo, HOSTS) as server, closing(dial(server)), closing(dial(server)) as half:
            half.sendall(hello()[:100])
            for misbehave in MISBEHAVIOUR:
                misbehave(server)
            trust = ssl.create_default_context(cafile=server.ca_file)
            with httpx.Client(proxy=server.url, verify=trust) as client:
                assert client.get(f"https://{ARM}/").status_code == 200
        gc.collect()  # unclosed transports warn now, and lost exceptions are logged
        assert caplog.text == ""
        assert not server.ca_file.exists()
        assert threading.active_count() == threads

    def test_it_can_be_started_again(self) -> None:
        server = Server(echo, HOSTS)

        async def run() -> None:
            async with server:
                pass

        asyncio.run(run())
        asyncio.run(run())
