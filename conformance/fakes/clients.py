"""The clients of a server, limited to the number of files that it may open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any

IDLE = 2.0
"""Seconds without a request after which a client may be closed to make room for a waiting one."""
RECHECK_INTERVAL = 0.1
"""Seconds between two searches for an idle client, and before the next attempt when no file can be opened."""


class Client:
    """A client, and the time since which it has sent no request after the last answer."""

    task: asyncio.Task[None]

    def __init__(self, address: str, clients: Clients | None = None) -> None:
        self.address, self._clients = address, clients
        self.idle_since: float | None = None

    def request_arrived(self) -> None:
        """Record that the client has sent a request, or a part of one."""
        self.idle_since = None

    @property
    def is_last(self) -> bool:
        """Return whether the received request must be the client's last, because others wait."""
        return self._clients is not None and self._clients.crowded

    def answered(self) -> None:
        """Record that the request of the client is answered."""
        self.idle_since = asyncio.get_running_loop().time()


class Clients:
    """At most ``most`` clients at a time. Others wait, unaccepted, until one has gone or has been idle for ``IDLE``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._all: set[Client] = set()
        self.crowded = False
        """True while clients wait."""

    async def accept(
        self, listening: socket.socket, attend: Callable[[socket.socket, Client], Awaitable[None]]
    ) -> None:
        """Accept clients until cancelled, and serve each in its own task. ``attend`` closes the socket."""
        loop = asyncio.get_running_loop()
        while True:
            await self._room(listening)
            try:
                sock, address = await loop.sock_accept(listening)
            except OSError:  # the client has gone, or no file can be opened
                await asyncio.sleep(RECHECK_INTERVAL)
                continue
            self._begin(sock, Client(address[0], self), attend)

    def _begin(
        self, sock: socket.socket, client: Client, attend: Callable[[socket.socket, Client], Awaitable[None]]
    ) -> None:
        def end(_: asyncio.Task[None]) -> None:
            self._all.discard(client)
            sock.close()  # also if the task was cancelled before it began

        client.task = asyncio.create_task(_attended(sock, attend, client))
        client.task.add_done_callback(end)
        self._all.add(client)

    async def end(self) -> None:
        """Close the connections of all clients."""
        await cancel_all([client.task for client in self._all])

    async def _room(self, listening: socket.socket) -> None:
        while len(self._all) >= self._most:
            await _readable(listening)
            if len(self._all) < self._most:  # some have gone meanwhile, perhaps all
                break
            self.crowded = True
            idle = [client for client in self._all if client.idle_since is not None]
            longest = min(idle, key=lambda client: client.idle_since or 0.0, default=None)
            if longest and asyncio.get_running_loop().time() - (longest.idle_since or 0.0) >= IDLE:
                longest.task.cancel()
            await asyncio.wait(
                [waiting.task for waiting in self._all], timeout=RECHECK_INTERVAL, return_when=asyncio.FIRST_COMPLETED
            )
        self.crowded = False


async def cancel_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _attended(
    sock: socket.socket, attend: Callable[[socket.socket, Client], Awaitable[None]], client: Client
) -> None:
    with suppress(OSError):
        await attend(sock, client)


async def _readable(listening: socket.socket) -> None:
    """Wait until a client connects."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listening, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(listening)
