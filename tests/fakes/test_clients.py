"""The limit of concurrent clients by open files: further clients wait, and idle ones are closed to make room."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from conformance.fakes import clients as module
from conformance.fakes.clients import Client, Clients
from tests.fakes.echo_server import NET

Attend = Callable[[socket.socket, Client], Awaitable[None]]


def test_an_idle_client_makes_room_for_one_that_waits_and_a_busy_one_does_not() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        came: asyncio.Queue[Client] = asyncio.Queue()

        async def attend(sock: socket.socket, client: Client) -> None:
            came.put_nowait(client)
            await asyncio.Event().wait()

        clients = Clients(2)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            accepting = asyncio.create_task(clients.accept(listening, attend))
            three = [socket.create_connection(listening.getsockname()) for _ in range(3)]
            busy, idle = await came.get(), await came.get()
            while not clients.crowded:  # noqa: ASYNC110
                await asyncio.sleep(0)
            assert busy.is_last
            idle.answered()
            assert idle.idle_since is not None
            idle.idle_since -= module.IDLE
            third = await came.get()
            assert idle.task.done()
            assert not busy.task.done()
            assert not third.task.done()
            await clients.end()
            await module.cancel_all([accepting])
            assert busy.task.done()
            for sock in three:
                assert await loop.run_in_executor(None, sock.recv, 1) == b""
                sock.close()

    asyncio.run(asyncio.wait_for(main(), NET))


def test_clients_that_leave_all_at_once_while_it_is_full_leave_room() -> None:
    async def main() -> None:
        came: asyncio.Queue[Client] = asyncio.Queue()

        async def attend(sock: socket.socket, client: Client) -> None:
            came.put_nowait(client)
            await asyncio.get_running_loop().sock_recv(sock, 1)

        clients = Clients(2)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            accepting = asyncio.create_task(clients.accept(listening, attend))
            two = [socket.create_connection(listening.getsockname()) for _ in range(2)]
            first = [await came.get() for _ in two]
            for sock in two:
                sock.close()
            await asyncio.wait([call.task for call in first])
            with socket.create_connection(listening.getsockname()):
                await came.get()
            await clients.end()
            await module.cancel_all([accepting])

    asyncio.run(asyncio.wait_for(main(), NET))
