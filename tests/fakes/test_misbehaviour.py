"""Clients that misbehave: the server of the virtual tenant still answers others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import httpx
import pytest

from conformance.fakes.clients import Client
from conformance.fakes.network import tunnel
from conformance.fakes.network.server import Server
from tests.fakes.bad_clients import MISBEHAVIOUR
from tests.fakes.echo_server import ARM, HOSTS, dial


class TestMisbehaviour:
    @pytest.mark.parametrize("misbehave", MISBEHAVIOUR, ids=lambda function: function.__name__)
    def test_the_server_still_answers_after(
        self, server: Server, client: httpx.Client, misbehave: Callable[[Server], None]
    ) -> None:
        misbehave(server)
        assert client.get(f"https://{ARM}/").status_code == 200

    def test_the_server_still_answers_beside_300_idle_connections(self, server: Server, client: httpx.Client) -> None:
        idle = [dial(server) for _ in range(300)]
        try:
            assert client.get(f"https://{ARM}/").status_code == 200
        finally:
            for sock in idle:
                sock.close()

    @pytest.mark.parametrize("beginning", [b"", b"CONNECT "])
    def test_a_silent_client_is_disconnected(self, beginning: bytes) -> None:
        async def outlast() -> bytes:
            async def serve(sock: socket.socket, client: Client) -> None:
                raise AssertionError("nothing to serve")

            async with tunnel.Tunnel(frozenset(HOSTS), serve, patience=0.05).listening("127.0.0.1", 0) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(beginning)
                async with asyncio.timeout(60):
                    answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                return answer

        assert asyncio.run(outlast()) == b""

    def test_a_client_that_does_not_read_holds_no_more_than_buffers(self) -> None:
        async def flood() -> int:
            size = 0

            async def serve(sock: socket.socket, client: Client) -> None:
                nonlocal size
                _, writer = await asyncio.open_connection(sock=sock)
                try:
                    while True:
                        writer.write(b"x" * 65536)
                        await writer.drain()
                        size += 65536
                finally:
                    writer.transport.abort()

            async with tunnel.Tunnel(frozenset(HOSTS), serve).listening("127.0.0.1", 0) as port:
                _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
                writer.write(b"\x16")
                before = -1
                while before < size or not size:
                    before = size
                    await asyncio.sleep(0.1)
                writer.transport.abort()
            return size

        assert 0 < asyncio.run(flood()) < 16_000_000
