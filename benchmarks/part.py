"""One process of the fleet's benchmark: verify the first connections of a folder, or send the same requests by httpx
alone.

`python -m benchmarks.part FOLDER COUNT JOBS [--bare]` prints the cost as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx

from conformance import Connection, load
from conformance.report.entry import entry
from conformance.results.journal import Journal
from conformance.sources.base import Channel
from conformance.sources.live import Live
from conformance.verification.api import verify_all

RECORDED = 20
"""Connections whose requests are put bare, as often as it takes."""
BARE_WORKERS = 128


@dataclass(frozen=True)
class Measurement:
    """Elapsed seconds, processor seconds, the number of requests, and the peak memory of the process in bytes."""

    wall: float
    cpu: float
    requests: int
    peak: int


@dataclass
class Recorder:
    """The live source, which records the requests in the order in which they are sent."""

    requests: list[httpx.Request] = field(default_factory=list)
    name: str = "live"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        async with Live().open(connection) as channel:
            yield replace(channel, transport=_Noting(channel.transport, self.requests))


class _Noting(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, requests: list[httpx.Request]) -> None:
        self._transport, self._requests = transport, requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._requests.append(request)
        return await self._transport.handle_async_request(request)


async def verified(connections: Sequence[Connection], jobs: int) -> int:
    """Verify connections and add each to a journal as a run does; return the number of requests."""
    journal, requests = Journal(), 0
    by_name = {connection.name: connection for connection in connections}
    async for report in verify_all(connections, jobs=jobs):
        journal.add(entry(report, by_name[report.connection.name], "all"))
        requests += report.gathered.requests
    return requests


async def recorded(connections: Sequence[Connection]) -> list[httpx.Request]:
    """Verify the first ``RECORDED`` connections and return their requests."""
    recorder = Recorder()
    async for _ in verify_all(connections[:RECORDED], source=recorder):
        pass
    return recorder.requests


async def bare(requests: Sequence[httpx.Request], count: int) -> int:
    """Send ``count`` requests, repeating these, by clients with one request in flight each: the fastest way with httpx.
    Return ``count``.
    """
    trust = httpx.create_ssl_context()
    waiting = _again(requests, count)

    async def worker(trust: ssl.SSLContext) -> None:
        async with httpx.AsyncClient(verify=trust, timeout=60) as client:
            for request in waiting:
                again = client.build_request(
                    request.method, request.url, headers=request.headers, content=request.content
                )
                await client.send(again)

    await asyncio.gather(*(worker(trust) for _ in range(BARE_WORKERS)))
    return count


def _again(requests: Sequence[httpx.Request], count: int) -> Iterator[httpx.Request]:
    return (requests[number % len(requests)] for number in range(count))


def measure(connections: Sequence[Connection], jobs: int, *, alone: bool) -> Measurement:
    """Return the cost without the start: imports and first connections. ``alone`` sends the requests by httpx alone."""
    requests = asyncio.run(recorded(connections))
    wall, cpu = time.perf_counter(), time.process_time()
    if alone:
        count = asyncio.run(bare(requests, len(requests) * len(connections) // min(RECORDED, len(connections))))
    else:
        count = asyncio.run(verified(connections, jobs))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measurement(wall, cpu, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main(folder: str, count: str, jobs: str, *rest: str) -> None:
    """Print the cost as JSON."""
    connections = load(Path(folder) / "connections")[: int(count)]
    print(json.dumps(asdict(measure(connections, int(jobs), alone="--bare" in rest))))


if __name__ == "__main__":
    main(*sys.argv[1:])
