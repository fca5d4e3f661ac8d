"""One exchange: its request id at the service, pauses that a service requests, and the limit of an answer's size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from conformance.probing.decoding import Budget, EndlessAnswer, whole
from conformance.probing.rate_limits import RateLimit
from conformance.probing.request import create
from conformance.probing.response import NetworkFailure, Response, request_id
from conformance.probing.transport import LARGEST, Patience, Sender
from tests.virtual_loop import LoopClock, run

ID = "59a43b63-8868-41da-9845-2bebb8ac3045"


@pytest.mark.parametrize("name", ["x-ms-request-id", "request-id", "x-ms-correlation-request-id"])
def test_a_header_gives_the_request_id(name: str) -> None:
    assert request_id({name: ID}, b"") == ID


def test_log_analytics_and_defender_give_the_request_id_in_the_body_of_a_refusal() -> None:
    assert request_id({}, b'{"error": {"message": "no", "correlationId": "%b"}}' % ID.encode()) == ID
    assert request_id({}, b'{"error":{"code":"NotFound","target":"%b"}}' % ID.encode()) == ID


def test_a_header_overrides_the_body() -> None:
    assert request_id({"request-id": "first"}, b'{"correlationId": "%b"}' % ID.encode()) == "first"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {"target": "machine"}}', b'{"correlationId": null}'])
def test_some_answers_have_no_request_id(body: bytes) -> None:
    assert request_id({}, body) is None


PATIENCE = Patience(attempts=2)


def another(status: int, headers: dict[str, str]) -> tuple[float, float]:
    """Return the moment at which another connection of the account is answered, and the duration of its exchange.

    The first connection gets an answer with this status and these headers at moment 0.
    """
    answers = iter([httpx.Response(status, headers=headers)])
    clock = LoopClock()

    async def both() -> tuple[float, float]:
        async with httpx.MockTransport(lambda _: next(answers, httpx.Response(200))) as web:
            accounts = {"defender": RateLimit(())}
            own, other = (Sender(web, clock, PATIENCE, accounts) for _ in range(2))
            waiting = asyncio.create_task(own.send(httpx.Request("GET", "https://api.example/"), "defender.alerts"))
            await asyncio.sleep(0.5)
            result = await other.send(httpx.Request("GET", "https://api.example/"), "defender.machines")
            moment = clock.monotonic()
            await waiting
            assert isinstance(result, Response)
            assert result.exchange.throttled == 0
            return moment, result.exchange.elapsed

    return run(both())


def test_no_cookie_is_kept_or_sent() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "fpc=virtual; path=/; secure"})

    async def twice() -> None:
        sender = Sender(httpx.MockTransport(answer), LoopClock(), PATIENCE, {"entra": RateLimit(())})
        for _ in range(2):
            request = create("GET", "https://login.microsoftonline.com/common", {}, None, 1.0)
            await sender.send(request, "entra.token")

    run(twice())
    assert len(requests) == 2
    assert not any("cookie" in request.headers for request in requests)


def test_a_pause_for_all_delays_all(subtests: pytest.Subtests) -> None:
    for status, headers, moment in [
        (429, {"Retry-After": "20"}, 20),
        (429, {}, 1),
        (503, {"Retry-After": "20"}, 20),
        (503, {}, 0.5),
        (502, {"Retry-After": "20"}, 0.5),
        (504, {}, 0.5),
    ]:
        with subtests.test(status=status, headers=headers):
            assert another(status, headers) == (moment, 0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_longer_than_the_patience_delays_no_request(status: int) -> None:
    assert another(status, {"Retry-After": f"{PATIENCE.retries + 1:.0f}"}) == (0.5, 0)
    assert another(status, {"Retry-After": f"{PATIENCE.retries:.0f}"}) == (PATIENCE.retries, 0)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b" " * 1024 * 1024

    with pytest.raises(EndlessAnswer):
        asyncio.run(whole(httpx.Response(200, content=endless()), LARGEST, Budget(LARGEST * 2, 1)))
    assert chunks == 33


def test_an_endless_answer_is_reported_without_filling_the_memory() -> None:
    async def ask() -> Response | NetworkFailure:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b" " * (33 << 20)))
        async with transport:
            sender = Sender(transport, LoopClock(), PATIENCE, {"graph": RateLimit(())})
            return await sender.send(httpx.Request("GET", "https://api.example/"), "graph.alerts")

    result = run(ask())
    assert isinstance(result, NetworkFailure)
    assert result.exchange.status == 200
    assert result.finding.cause == "contract_violation"
    assert "graph.alerts answered with more than 32 MiB" in result.finding.explanation
