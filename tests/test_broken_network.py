"""Networks that are silent, slow or cut connections off, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from conformance import Patience
from conformance.fakes import build
from conformance.fakes.clients import Client
from conformance.fakes.network import certificates
from conformance.fakes.network.server import Server
from conformance.fakes.network.tunnel import Tunnel
from conformance.fakes.world import hosts
from conformance.verification.api import verify_async
from conformance.verification.result import Report
from tests.contoso import made_up

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("each_transport")]
SOON = Patience(request=4.0)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def verified(monkeypatch: pytest.MonkeyPatch, port: int) -> Awaitable[Report]:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    return verify_async(made_up(), checks=["AUTH-001"], patience=SOON)


def assert_late(report: Report) -> None:
    (cause,) = report.verdict.root_causes
    assert (cause.root.finding.cause, cause.root.finding.code) == ("timed_out", "no answer within 4 s")


def test_a_proxy_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = []

    async def main() -> Report:
        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            await reader.read()
            writer.close()

        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        async with server:
            return await verified(monkeypatch, server.sockets[0].getsockname()[1])

    assert_late(asyncio.run(main()))
    assert [head.partition(b" ")[0] for head in heads] == [b"CONNECT"]


def test_an_answer_that_drips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = frozenset(hosts())
    context, certificate = certificates.issue(names)
    (tmp_path / "ca.pem").write_bytes(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    dripped = 0

    async def serve(sock: socket.socket, client: Client) -> None:
        nonlocal dripped
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, sock, ssl=context)
        await reader.readuntil(b"\r\n\r\n")
        transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
        while not transport.is_closing():
            transport.write(b" ")
            dripped += 1
            await asyncio.sleep(0.05)

    async def main() -> Report:
        async with Tunnel(names, serve).listening("127.0.0.1", 0) as port:
            return await verified(monkeypatch, port)

    assert_late(asyncio.run(main()))
    assert dripped > 1


def test_connections_that_are_cut_off_once_change_nothing_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt of each request ends without an answer, as behind a proxy with a short idle limit."""
    world, cut = build(made_up()), set[str]()

    async def handler(request: httpx.Request) -> httpx.Response:
        key = f"{request.url} {request.content!r} {request.headers.get('prefer')}"
        if key not in cut:
            cut.add(key)
            raise httpx.ReadError("", request=request)
        return await world.handler(request)

    async def main() -> Report:
        async with Server(handler, hosts()) as server:
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            return await verify_async(made_up())

    report = asyncio.run(main())
    assert report.ok, report.verdict.summary
    assert {exchange.attempts for exchange in report.gathered.exchanges} >= {2}
