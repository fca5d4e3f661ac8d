"""Seconds until the verdict on a connection while one host, or the proxy to all hosts, does not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from conformance import Connection
from conformance.fakes import build
from conformance.probing.clock import Clock
from conformance.sources.base import Channel
from conformance.verification.api import verify_async


@dataclass(frozen=True)
class OneSilent:
    """The virtual tenant in this process, on this machine's clock, with one silent host (None: all hosts)."""

    host: str | None
    name: str = "silent"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection)

        async def handler(request: httpx.Request) -> httpx.Response:
            if self.host in (None, request.url.host):
                await asyncio.Event().wait()
            return await world.handler(request)

        yield Channel(httpx.MockTransport(handler), Clock(), connection)


async def measured(connection: Connection) -> dict[str, float]:
    """Return the seconds for each host of the connection's cloud and for the proxy, measured concurrently."""

    async def measure(host: str | None) -> float:
        began = time.perf_counter()
        report = await verify_async(connection, source=OneSilent(host))
        assert {cause.root.finding.cause for cause in report.verdict.root_causes} == {"timed_out"}
        return time.perf_counter() - began

    hosts = [None, *sorted({httpx.URL(base).host for base in connection.cloud.hosts.values() if base})]
    seconds = await asyncio.gather(*map(measure, hosts))
    return {host or "the proxy": duration for host, duration in zip(hosts, seconds, strict=True)}
