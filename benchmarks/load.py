"""The served virtual tenant under load, compared with a bare application on the same server.

`python -m benchmarks.load` serves that bare application: it shows the cost of the proxy, TLS and HTTP alone.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from conformance import Connection, load

ROOT = Path(__file__).parents[1]
HOST = "management.azure.com"
SERVE = ("conformance.fakes", "serve")
CONNECTIONS = 300
BODY = b"{" + b" " * 883 + b"}"
"""A body of the length of the virtual tenant's answer to the same question."""


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request by the smallest possible ASGI application."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


async def serve(folder: Path) -> None:
    """Serve :func:`bare` through the same proxy, with the same TLS and HTTP, until the process is terminated."""
    from conformance.fakes.network import certificates, https
    from conformance.fakes.network.tunnel import Tunnel

    context, certificate = certificates.issue([HOST])
    (folder / "ca.pem").write_bytes(certificate)
    service = https.Service(bare, context)  # type: ignore[arg-type]
    async with service, Tunnel(frozenset({HOST}), service.serve).listening("127.0.0.1", 0) as port:
        print(f"export HTTPS_PROXY=http://127.0.0.1:{port}", flush=True)
        print("# Ctrl-C ends it", flush=True)
        await asyncio.Event().wait()


@dataclass
class Target:
    """A server in a separate process, with the address of its proxy and its folder."""

    process: int
    proxy: httpx.URL
    folder: Path

    @property
    def processor(self) -> float:
        """Return the processor seconds that the process has used; Linux only."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """Return the resident memory of the process in megabytes; Linux only."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * 4096 / 1e6


@contextmanager
def started(*command: str, tree: Path = ROOT) -> Iterator[Target]:
    """Yield a running server: a module of the sources in ``tree``, with its arguments."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *command, f"--folder={folder}"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
        )
        assert server.stdout is not None
        try:
            proxy = ""
            for line in server.stdout:
                if line.startswith("export HTTPS_PROXY="):
                    proxy = line.strip().partition("=")[2]
                if "Ctrl-C" in line:
                    break
            yield Target(server.pid, httpx.URL(proxy), folder)
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()


class Clients:
    """Open connections through the proxy, each with one request in flight."""

    def __init__(self, target: Target, request: bytes) -> None:
        self._target, self._request = target, request
        self._open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def connect(self, count: int) -> None:
        """Open ``count`` connections through the proxy, TLS included. Raises OSError."""
        trust = ssl.create_default_context(cafile=self._target.folder / "ca.pem")

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(self._target.proxy.host, self._target.proxy.port)
            writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            await writer.start_tls(trust, server_hostname=HOST)
            return reader, writer

        self._open = await asyncio.gather(*(connect() for _ in range(count)))

    async def send(self, count: int) -> float:
        """Send ``count`` requests, divided among the connections; return the requests per second."""

        async def some(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(count // len(self._open)):
                writer.write(self._request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 "), head
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))

        began = time.perf_counter()
        await asyncio.gather(*(some(*stream) for stream in self._open))
        return count / (time.perf_counter() - began)

    def close(self) -> None:
        """Abort all connections."""
        for _, writer in self._open:
            writer.transport.abort()


def question(connection: Connection, target: Target) -> bytes:
    """Return the bytes of a request for the workspace, with a token."""
    trust = ssl.create_default_context(cafile=target.folder / "ca.pem")
    secret = (target.folder / "client.secret").read_text(encoding="utf-8")
    form = {"grant_type": "client_credentials", "client_id": connection.client_id, "client_secret": secret}
    with httpx.Client(proxy=target.proxy, verify=trust) as client:
        url = f"https://login.microsoftonline.com/{connection.tenant_id}/oauth2/v2.0/token"
        token = client.post(url, data=form | {"scope": f"https://{HOST}/.default"}).json()["access_token"]
    path = f"{connection.workspace}?api-version=2025-07-01"
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


@dataclass(frozen=True)
class Load:
    """Requests per second of the virtual tenant and of the bare application, and the tenant's growth: its memory after
    all requests, divided by that after the first tenth.
    """

    tenant: float
    bare: float
    growth: float


async def _measured(tenant: Target, other: Target, connection: Connection, count: int) -> Load:
    request = question(connection, tenant)
    both = Clients(tenant, request), Clients(other, request)
    for clients in both:
        await clients.connect(CONNECTIONS)
    for clients in both:
        await clients.send(count // 10)
    before = tenant.memory
    rounds = [[await clients.send(count // 10) for clients in both] for _ in range(9)]
    growth = tenant.memory / before
    for clients in both:
        clients.close()
    return Load(max(speed for speed, _ in rounds), max(speed for _, speed in rounds), growth)


def measured(count: int = 100_000) -> Load:
    """Return the load of both servers under ``count`` requests over 300 connections, in turns; the fastest round
    counts.
    """
    with started(*SERVE) as tenant, started("benchmarks.load") as other:
        (connection,) = load(tenant.folder / "conn.toml")
        return asyncio.run(_measured(tenant, other, connection, count))


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a folder with the sources of a commit. Raises CalledProcessError if git does not know it."""
    with tempfile.TemporaryDirectory() as name:
        process = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)  # noqa: S603, S607
        subprocess.run(["tar", "-x"], cwd=name, input=process.stdout, check=True)  # noqa: S607
        yield Path(name)


async def _costs(targets: Sequence[Target], count: int) -> list[float]:
    """Return each server's processor seconds per request, measured in turns; the smallest figure of the rounds
    counts.
    """
    both = []
    for target in targets:
        (connection,) = load(target.folder / "conn.toml")
        clients = Clients(target, question(connection, target))
        await clients.connect(50)
        await clients.send(count // 10)
        both.append((target, clients))
    rounds = []
    for _ in range(5):
        row = []
        for target, clients in both:
            before = target.processor
            await clients.send(count // 5)
            row.append((target.processor - before) / (count // 5))
        rounds.append(row)
    for _, clients in both:
        clients.close()
    return [min(speeds) for speeds in zip(*rounds, strict=True)]


def quicker_than(commit: str, count: int = 10_000) -> float:
    """Return the number of requests that the served tenant answers in the processor time that a commit's needs for one.

    It uses processor time, which hardly depends on the other load of the machine. Raises as :func:`checkout`.
    """
    with checkout(commit) as tree, started(*SERVE, tree=tree) as before, started(*SERVE) as now:
        old, new = asyncio.run(_costs((before, now), count))
    return old / new


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1].removeprefix("--folder="))))
