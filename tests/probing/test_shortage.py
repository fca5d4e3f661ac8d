"""A shortage of this machine's resources: distinguished from failures of a tenant, waited for, reported in one line."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Thread

import httpx
import pytest

from conformance import Connection
from conformance.fakes import build
from conformance.probing import shortage as module
from conformance.probing.shortage import RESOURCES, Shortage, shortage
from conformance.sources.base import Channel
from conformance.sources.permits import Permits
from conformance.verification.api import verify_async
from conformance.verification.pipeline import PAUSES
from tests.contoso import START, made_up
from tests.virtual_loop import LoopClock, run


def below(*causes: BaseException) -> httpx.ConnectError:
    """Return an error of httpx with the causes that anyio gives: one cause, or a group with one per address."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = causes[0] if len(causes) == 1 else BaseExceptionGroup("", causes)
    return error


def test_the_missing_resource_is_named(subtests: pytest.Subtests) -> None:
    for code, name in RESOURCES.items():
        with subtests.test(name=name):
            problem = shortage(below(OSError(code, "")))
            assert problem is not None
            assert f"not enough {name}" in str(problem)
            assert "\n" not in str(problem)
    assert "memory" in str(shortage(MemoryError()))
    assert "open files" in str(shortage(ImportError(f"_ssl.so: cannot open: {os.strerror(errno.EMFILE)}")))
    assert "threads" in str(shortage(RuntimeError("can't start new thread")))


def test_network_failures_are_not_a_shortage(subtests: pytest.Subtests) -> None:
    refused, no_ipv6 = ConnectionRefusedError(errno.ECONNREFUSED, ""), OSError(errno.EADDRNOTAVAIL, "")
    for error in (
        below(refused),
        below(no_ipv6, refused),
        below(socket.gaierror(-2, "")),
        ImportError("x"),
        RuntimeError(""),
    ):
        with subtests.test(error=repr(error)):
            assert shortage(error) is None


def test_a_failed_lookup_for_lack_of_files_is_a_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_no_file_left", lambda: True)
    assert shortage(below(socket.gaierror(-3, "Temporary failure in name resolution"))) is not None


@pytest.fixture(autouse=True)
def _own_permits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use separate permits: other tests share those of the process."""
    monkeypatch.setattr("conformance.verification.pipeline.socket_permits", lambda: Permits(100))


@dataclass
class Poor:
    """The virtual tenant on a machine that lacks open files for the first ``failures`` attempts to connect."""

    failures: int
    open_count: int = 0
    transport: httpx.AsyncBaseTransport = field(default_factory=build(made_up(), start=START).transport)
    name: str = "poor"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        self.open_count += 1
        yield Channel(httpx.MockTransport(self.handler), LoopClock(), connection)

    async def handler(self, request: httpx.Request) -> httpx.Response:
        if self.failures and request.url.host == "graph.microsoft.com":
            self.failures -= 1
            raise below(OSError(errno.EMFILE, "Too many open files"))
        return await self.transport.handle_async_request(request)


def test_a_connection_is_retried_until_files_are_available() -> None:
    source = Poor(failures=2)
    assert run(verify_async(made_up(), source=source)).ok
    assert 1 < source.open_count <= 3


def test_a_connection_without_files_has_no_verdict() -> None:
    async def main() -> float:
        with pytest.raises(Shortage, match="open files"):
            await verify_async(made_up(), source=Poor(failures=10_000))
        return asyncio.get_running_loop().time()

    assert run(main()) == sum(PAUSES)


# Permits


def test_permits_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    async def main() -> list[int]:
        permits, order = Permits(10), []

        async def take(count: int) -> None:
            async with permits.take(count):
                order.append(count)
                await asyncio.sleep(1)

        await asyncio.gather(*map(take, (6, 9, 2, 20)))
        return order

    assert run(main()) == [6, 9, 2, 20]


def test_permits_of_cancelled_waits_go_to_others() -> None:
    async def main() -> None:
        permits = Permits(4)
        async with permits.take(4):
            waiting = [asyncio.create_task(permits.take(4).__aenter__()) for _ in range(2)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        assert await waiting[1] == 4

    run(main())


def test_permits_are_shared_by_the_event_loops_of_a_process() -> None:
    permits, most, in_use = Permits(3), 0, 0

    async def take() -> None:
        nonlocal most, in_use
        async with permits.take(2):
            in_use += 1
            most = max(most, in_use)
            await asyncio.sleep(0.001)
            in_use -= 1

    async def several() -> None:
        await asyncio.gather(*(take() for _ in range(5)))

    threads = [Thread(target=lambda: asyncio.run(several())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert most == 1


def test_fewer_permits_after_a_shortage_still_suffice_for_one_connection() -> None:
    async def main() -> list[int]:
        permits = Permits(100)
        async with permits.take(60):
            permits.shrink(20)
        async with permits.take(100) as half:
            permits.shrink(20)
        permits.shrink(20)
        async with permits.take(100) as least:
            return [half, least]

    assert run(main()) == [45, 20]  # after the first success, a quarter of 60 more


def test_too_few_permits_are_a_shortage() -> None:
    async def main() -> None:
        with pytest.raises(Shortage):
            async with Permits(3).take(20, least=4):
                pass

    run(main())
