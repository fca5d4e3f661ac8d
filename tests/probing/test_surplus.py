"""Bytes beyond an answer are never read as the answer to the next request."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest

from conformance.sources.live import ConnectionPool

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.usefixtures("each_transport")
@pytest.mark.parametrize("more", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"\r\n", b"rubbish"])
def test_surplus_bytes_are_not_the_next_answer(more: bytes) -> None:
    async def ask() -> tuple[list[bytes], int]:
        tasks: list[asyncio.Task[None] | None] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.append(asyncio.current_task())
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(ANSWER + more)
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        bodies = []
        async with server:
            async with ConnectionPool().reserve(3) as sockets:
                for _ in range(3):
                    response = await sockets.handle_async_request(httpx.Request("GET", url))
                    bodies.append(await response.aread())
                    await response.aclose()
            await asyncio.gather(*filter(None, tasks))
        return bodies, len(tasks)

    bodies, connections = asyncio.run(ask())
    assert bodies == [b"ok"] * 3
    assert connections == (3 if more else 1)
