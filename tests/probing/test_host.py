"""The time limits of a host, on its own clock: in all, once, and only while this process could run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from conformance import Connection
from conformance.connection.clouds import CLOUDS
from conformance.fakes import World, build
from conformance.probing.host import Host
from conformance.probing.line import Line
from conformance.probing.rate_limits import RateLimit
from conformance.probing.response import NetworkFailure, Response
from conformance.probing.transport import FRESH, Patience, Sender
from conformance.sources.base import Channel
from conformance.verification.api import verify_async
from conformance.verification.result import Report
from tests.contoso import START, made_up
from tests.virtual_loop import LoopClock, Skipping, run

Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]
LIMIT = 20.0
"""Maximum seconds until a verdict if any host is silent."""
LATENCY = 0.5


async def dripping() -> AsyncIterator[bytes]:
    """Yield the body of an answer, one byte per second."""
    while True:
        yield b" "
        await asyncio.sleep(1)


async def silent(request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def drips(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "application/json"}, content=dripping())


async def unreachable(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(Patience().connect)
    raise httpx.ConnectTimeout("", request=request)


@dataclass
class Network:
    """The virtual tenant behind a network on which one host, or each of them, is answered by ``troubled``."""

    troubled: Handler
    host: str | None
    world: World = field(default_factory=lambda: build(made_up(), start=START))
    part: str = ""
    """A part of the paths that get no answer."""
    requests: int = 0
    name: str = "network"

    async def handler(self, request: httpx.Request) -> httpx.Response:
        if self.host in (None, request.url.host) and self.part in request.url.path:
            self.requests += 1
            return await self.troubled(request)
        await asyncio.sleep(LATENCY)
        return await self.world.handler(request)

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        yield Channel(httpx.MockTransport(self.handler), LoopClock(), connection)


def verified(network: Network) -> tuple[Report, float]:
    """Return the report, and the seconds until it was complete."""

    async def until() -> tuple[Report, float]:
        return await verify_async(made_up(), source=network), asyncio.get_running_loop().time()

    return run(until())


HOSTS = [None, *sorted({httpx.URL(base).host for base in CLOUDS["public"].hosts.values() if base})]


def test_a_verdict_comes_soon_if_any_host_does_not_answer(subtests: pytest.Subtests) -> None:
    assert len(HOSTS) == 6
    for trouble in (silent, drips, unreachable):
        for host in HOSTS:
            with subtests.test(trouble=trouble.__name__, host=host or "the proxy to all of them"):
                report, moment = verified(Network(trouble, host))
                assert moment < LIMIT
                assert report.verdict.exit_code == 6
                causes = {root_cause.root.finding.cause for root_cause in report.verdict.root_causes}
                assert causes == {"timed_out"}


def test_a_verdict_comes_soon_if_one_api_of_a_host_does_not_answer() -> None:
    report, moment = verified(Network(silent, "management.azure.com", part="Microsoft.SecurityInsights"))
    assert moment < LIMIT
    assert [root_cause.root.finding.cause for root_cause in report.verdict.root_causes] == ["timed_out"]


def test_without_failures_a_verdict_takes_the_time_of_its_answers() -> None:
    report, moment = verified(Network(silent, "nobody.example"))
    assert report.ok
    assert moment < 10 * LATENCY


def send(
    handler: Handler, *paths: str, patience: Patience | None = None
) -> list[tuple[Response | NetworkFailure, float]]:
    """Send requests concurrently; return the result of each and the moment at which it arrived."""

    async def main() -> list[tuple[Response | NetworkFailure, float]]:
        async with httpx.MockTransport(handler) as web:  # type: ignore[arg-type]
            sender = Sender(web, LoopClock(), patience or Patience(), {"graph": RateLimit(())})

            async def measure(path: str) -> tuple[Response | NetworkFailure, float]:
                result = await sender.send(httpx.Request("GET", f"https://one.example{path}"), "graph.alerts")
                return result, asyncio.get_running_loop().time()

            return await asyncio.gather(*map(measure, paths))

    return run(main())


def test_a_silent_host_delays_the_run_once() -> None:
    """Requests that were sent and requests that still wait share one wait."""
    requests = []

    async def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return await silent(request)

    results = send(handler, *(f"/{number}" for number in range(10)))
    assert {moment for _, moment in results} == {Patience().request}
    assert len(requests) == 4


def test_one_slow_answer_is_not_a_silent_host() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/slow":
            return await silent(request)
        await asyncio.sleep(9)
        return httpx.Response(200)

    slow, *others = send(handler, "/slow", *(f"/{number}" for number in range(6)))
    assert isinstance(slow[0], NetworkFailure)
    assert slow[1] == 15
    assert all(isinstance(result, Response) for result, _ in others)
    assert max(moment for _, moment in others) == 18


def test_time_without_the_processor_does_not_count_against_a_host() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Skipping)
        loop.call_later(0.5, loop.skip, 100.0)
        with pytest.raises(TimeoutError):
            async with Host(1).answering("graph", 15):
                await asyncio.Event().wait()
        return loop.time()

    assert run(main()) == pytest.approx(115.0)


# A second attempt

BROKEN: list[Exception] = [
    httpx.ReadError(""),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
]


def attempts(
    *first: httpx.Response | Exception, takes: float = 0.0
) -> tuple[Response | NetworkFailure, float, list[bool]]:
    """Return the result of a request, its moment, and which attempts required a new connection.

    The attempts get the answers or errors in ``first``, each after ``takes`` seconds, then a success.
    """
    waiting, fresh = list(first), []

    async def handler(request: httpx.Request) -> httpx.Response:
        fresh.append(FRESH in request.extensions)
        await asyncio.sleep(takes)
        answer = waiting.pop(0) if waiting else httpx.Response(200)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ((result, moment),) = send(handler, "/")
    return result, moment, fresh


def test_a_transient_failure_is_retried_once_at_once(subtests: pytest.Subtests) -> None:
    troubles: list[httpx.Response | Exception] = [*map(httpx.Response, (500, 502, 503, 504)), *BROKEN]
    for trouble in troubles:
        with subtests.test(trouble=repr(trouble)):
            result, moment, fresh = attempts(trouble)
            assert isinstance(result, Response)
            assert (result.status, result.exchange.attempts, moment, fresh) == (200, 2, 0, [False, True])
            again, _, fresh = attempts(trouble, trouble)
            assert again.exchange.attempts == len(fresh) == 2
            assert not isinstance(again, Response) or again.status >= 500


def test_a_retry_waits_as_long_as_the_service_asks() -> None:
    _, moment, fresh = attempts(httpx.Response(503, headers={"Retry-After": "7"}))
    assert (moment, len(fresh)) == (7, 2)
    _, moment, fresh = attempts(httpx.Response(503, headers={"Retry-After": "86400"}))
    assert (moment, len(fresh)) == (0, 1)


def test_certain_failures_are_not_retried(subtests: pytest.Subtests) -> None:
    for trouble in (httpx.Response(403), httpx.Response(501), httpx.ConnectError("[Errno 111] Connection refused")):
        with subtests.test(trouble=repr(trouble)):
            assert attempts(trouble)[0].exchange.attempts == 1


def test_both_attempts_share_one_time_limit() -> None:
    assert attempts(httpx.Response(502), takes=8)[2] == [False]
    result, moment, fresh = attempts(httpx.Response(502), httpx.Response(502), takes=7)
    assert (moment, len(fresh)) == (14, 2)
    assert isinstance(result, Response)


def test_the_most_urgent_waiting_request_is_next() -> None:
    async def main() -> list[int]:
        line, order = Line(1), []

        async def take(urgency: int) -> None:
            async with line.place(urgency):
                order.append(urgency)
                await asyncio.sleep(1)

        cancelled = asyncio.create_task(take(0))
        await asyncio.sleep(0)
        tasks = [asyncio.create_task(take(urgency)) for urgency in (1, 3, 9, 2, 3)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.gather(cancelled, *tasks, return_exceptions=True)
        async with line.place():
            return order

    assert run(main()) == [0, 3, 3, 2, 1]
