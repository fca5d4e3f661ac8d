"""Answers on a reused socket: they are read exactly as by httpx, or the request is sent again by httpx."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpcore
import httpx
import pytest

from conformance.fakes.network.certificates import issue
from conformance.probing.clock import Clock
from conformance.probing.rate_limits import RateLimit
from conformance.probing.response import NetworkFailure, Response
from conformance.probing.transport import Patience, Sender
from conformance.sources import kept_socket
from conformance.sources.direct_stream import MAX_BUFFERED, READ, DirectStream, Tls
from conformance.sources.live import ConnectionPool

FIRST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "of a length": b"HTTP/1.1 403 Forbidden\r\nX-One: a\r\nx-one: b\r\nContent-Length: 3\r\n\r\nno!",
    "in chunks": CHUNKED + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    "in chunks, with a trailer": CHUNKED + b"3\r\nabc\r\n0\r\nX-Trailer: one\r\n\r\n",
    "without a body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "after an interim one": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + FIRST,
    "without a reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nto the end",
    "to the end": b"HTTP/1.1 200 OK\r\n\r\nto the end",
    "that says that it is the last": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "that is not there": b"",
    "cut in its headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "cut in its body": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok",
    "cut in a chunk": CHUNKED + b"30\r\nabc",
    "of another version": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "that is no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "with endless headers": b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"x" * 200_000 + b"\r\n\r\n",
    "with a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
}
Result = tuple[int, list[tuple[str, str]], bytes] | str


async def put(sockets: ConnectionPool, url: str) -> Result:
    """Send a request; return status, headers and body of the answer, or the name of the error."""
    try:
        response = await sockets.handle_async_request(httpx.Request("GET", url))
        try:
            body = b"".join([part async for part in response.stream])  # type: ignore[union-attr]
        finally:
            await response.aclose()
    except httpx.TransportError as error:
        return type(error).__name__
    return response.status_code, [(name.lower(), value) for name, value in response.headers.multi_items()], body


async def serving(
    second: bytes, step: int, ask: Callable[[str], object], certificate: ssl.SSLContext | None = None
) -> int:
    """Run ``ask``, which sends requests to a server, and return the number of sockets opened.

    The second answer on a socket is ``second``, sent in parts of ``step`` bytes. With a ``certificate``, the server is
    ``localhost`` with TLS.
    """
    tasks = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(FIRST)
            await reader.readuntil(b"\r\n\r\n")
            for at in range(0, len(second), step):
                writer.write(second[at : at + step])
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate) as server:
        host = "http://127.0.0.1" if certificate is None else "https://localhost"
        await ask(f"{host}:{server.sockets[0].getsockname()[1]}/")  # type: ignore[misc]
        await asyncio.gather(*filter(None, tasks))
    return len(tasks)


@pytest.fixture(params=["plain", "TLS"])
def certificate(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext | None:
    """Return the context of a server with a trusted certificate, or None for a server without TLS."""
    if request.param == "plain":
        return None
    context, authority = issue(["localhost"])
    (tmp_path / "ca.pem").write_bytes(authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


@pytest.mark.parametrize("step", [1 << 20, 7])
def test_an_answer_is_read_as_by_httpx(
    subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch, step: int, certificate: ssl.SSLContext | None
) -> None:
    for name, second in ANSWERS.items():
        with subtests.test(answer=name):
            runs = []
            for fast in (True, False):
                monkeypatch.setattr(kept_socket, "is_parser_installed", lambda fast=fast: fast)
                results: list[Result] = []

                async def ask(url: str, results: list[Result] = results) -> None:
                    async with ConnectionPool().reserve(3) as sockets:
                        results += [await put(sockets, url), await put(sockets, url)]

                connections = asyncio.run(serving(second, step if len(second) < 1000 else 4096, ask, certificate))
                runs.append((results, connections))
            assert runs[0] == runs[1]
            assert runs[0][0][0] == (200, [("content-length", "2")], b"ok")


def test_a_request_whose_answer_is_refused_is_sent_again_by_httpx() -> None:
    """llhttp refuses an answer with both ``Content-Length`` and chunked encoding; h11 accepts it."""
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    results: list[Response | NetworkFailure] = []

    async def ask(url: str) -> None:
        async with ConnectionPool().reserve(3) as sockets:
            sender = Sender(sockets, Clock(), Patience(), {"graph": RateLimit(())})
            for _ in range(2):
                results.append(await sender.send(httpx.Request("GET", url), "graph.alerts"))

    assert asyncio.run(serving(both, len(both), ask)) == 2
    assert [(result.exchange.status, result.exchange.attempts) for result in results] == [(200, 1), (200, 2)]


def test_a_socket_with_an_unrequested_answer_is_not_used_again(certificate: ssl.SSLContext | None) -> None:
    finished, tasks = asyncio.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for _ in range(2):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(FIRST)
            await finished.wait()
            writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate")
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def run() -> Result:
        host = "127.0.0.1" if certificate is None else "localhost"
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate)
        async with ConnectionPool().reserve(3) as sockets:
            url = f"{'http' if certificate is None else 'https'}://{host}:{server.sockets[0].getsockname()[1]}/"
            for _ in range(2):
                await put(sockets, url)
            finished.set()
            (idle_socket,) = sockets._free[host]
            async with asyncio.timeout(30):
                while idle_socket.is_open():  # noqa: ASYNC110
                    await asyncio.sleep(0)
                await asyncio.sleep(0)  # once more, so that it is read
            result = await put(sockets, url)
        await asyncio.gather(*filter(None, tasks))
        server.close()
        return result

    assert asyncio.run(run()) == (200, [("content-length", "2")], b"ok")


class Paused(asyncio.Transport):
    """A transport that records whether reading is paused."""

    reads = True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


def test_reading_is_paused_while_the_buffer_is_full() -> None:
    transport = Paused()
    stream, received = DirectStream(transport, None), 0
    while transport.reads:
        stream.data_received(b"x" * READ)
        received += READ
    assert received <= MAX_BUFFERED + READ

    async def read() -> None:
        assert len(await stream.read(READ)) == READ

    asyncio.run(read())
    assert transport.reads


@pytest.mark.parametrize("certificate", ["TLS"], indirect=True)
@pytest.mark.parametrize("start", [b"", FIRST[:20], FIRST[:-1]], ids=["first", "in headers", "in body"])
def test_a_broken_record_in_the_first_answer_is_a_failed_connection(certificate: ssl.SSLContext, start: bytes) -> None:
    """httpx itself reads the first answer on a socket."""

    def serve(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with certificate.wrap_socket(accepted, server_side=True) as tls:
            tls.recv(4096)
            if start:
                tls.sendall(start)
            socket.socket.sendall(tls, b"not a record of TLS")

    async def ask(port: int) -> Response | NetworkFailure:
        async with ConnectionPool().reserve(3) as sockets:
            sender = Sender(sockets, Clock(), Patience(attempts=1), {"graph": RateLimit(())})
            return await sender.send(httpx.Request("GET", f"https://localhost:{port}/"), "graph.alerts")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        threads.submit(serve, listener)
        result = asyncio.run(ask(listener.getsockname()[1]))
    assert isinstance(result, NetworkFailure)
    assert (result.finding.cause, result.finding.code) == ("connection_failed", "ReadError")


def test_a_broken_record_of_tls_is_an_error_of_reading() -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    ssl_object = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl_object.do_handshake()
    stream = DirectStream(Paused(), Tls(ssl_object, incoming, outgoing))
    outgoing.read()
    stream.data_received(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # not TLS
    with pytest.raises(httpcore.ReadError) as caught:
        asyncio.run(stream.read(READ))
    assert isinstance(caught.value.__cause__, ssl.SSLError)
