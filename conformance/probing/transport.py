"""One HTTP exchange: sent, repeated after a transient failure or a request to wait, and turned into a response or a
failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from conformance.deadline import DEADLINE
from conformance.findings import Finding, finding
from conformance.network.interception import cut_off_finding, issuer
from conformance.network.proxy_settings import UnusableSetting
from conformance.network.route import EXTENSION
from conformance.probing.clock import Clock
from conformance.probing.decoding import Budget, EndlessAnswer, whole
from conformance.probing.evidence import Exchange
from conformance.probing.host import Host
from conformance.probing.line import Line
from conformance.probing.network_finding import is_cut_off, late, network_finding, silence, tls_read_errors
from conformance.probing.rate_limits import RateLimit
from conformance.probing.response import (
    NetworkFailure,
    Response,
    asks_all_to_wait,
    headers_of,
    hiccup,
    http_date,
    is_throttled,
    pause,
    request_id,
)
from conformance.probing.shortage import shortage

CONCURRENCY: Mapping[str, int] = {
    "entra": 4,
    "managed_identity": 4,
    "arm": 10,
    "sentinel": 10,
    "log_analytics": 4,
    "graph": 4,
    "defender": 3,
}
"""Maximum requests of a connection in flight per host, by API. Log Analytics queues requests above 5 itself."""
SOCKETS = 20
"""Maximum requests of a connection in flight in total, each with a socket of its own."""
FRESH = "sentinel-fresh"
"""The extension of a request that needs a new connection: an idle connection may have ended meanwhile."""
LARGEST = 32 * 1024 * 1024
"""Maximum bytes of an answer, unpacked. A fleet has answers of many tenants in memory; normal answers are much smaller.
"""
LARGEST_REFUSAL = 4 * 1024 * 1024
"""Maximum bytes of a refusal: reading it makes several copies of its text."""
LARGEST_OF_ALL = 48 * 1024 * 1024
"""Maximum bytes of all answers of a connection."""
MEMBERS, MEMBERS_OF_ALL = 600_000, 1_200_000
"""Maximum values in an answer, and in all answers of a connection: a value of 2 bytes takes up to 100 once decoded."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The timeouts of a run, in seconds."""

    deadline: float = DEADLINE
    """For a whole connection."""
    retries: float = 45.0
    """For the waits of one request: before it, for others of its account, and between its attempts."""
    attempts: int = 4
    """For a request that is answered 429. After other failures there are two."""
    request: float = 15.0
    """For a complete answer, from connecting (through a proxy, with TLS) to the last byte; with a second attempt, if
    the first failed.
    """
    connect: float = 10.0


class Sender:
    """Sends requests through a transport within :class:`Patience`; limits the requests in flight per host.

    ``accounts`` are the rate limits by API: each request waits for its turn.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        patience: Patience,
        accounts: Mapping[str, RateLimit],
        start: float | None = None,
        sockets: int = SOCKETS,
    ) -> None:
        self._transport, self._clock, self._patience, self._accounts = transport, clock, patience, accounts
        self._hosts: dict[str, Host] = {}
        self._line = Line(sockets)
        self.budget = Budget(LARGEST_OF_ALL, MEMBERS_OF_ALL)
        """For all answers of the connection together."""
        self.requests = 0
        self.exchanges: list[Exchange] = []
        self._start = clock.monotonic() if start is None else start
        self._ends: float | None = None
        """The deadline, in the time of the event loop: it runs from the first request."""

    def restart_deadline(self) -> None:
        """Restart the deadline at the next request."""
        self._ends = None

    async def send(self, request: httpx.Request, endpoint: str, urgency: int = 0) -> Response | NetworkFailure:
        """Send a request, wait if a service asks to, and try again; return the last answer or failure. Raises only
        errors that do not come from the network (the guard, cassettes, a :class:`Shortage` of this machine). Requests
        with more ``urgency`` get a socket first.

        Requests in flight at the deadline, or begun after it, count as timed out.
        """
        started, now = self._clock.monotonic(), asyncio.get_running_loop().time()
        self._ends = now + self._patience.deadline if self._ends is None else self._ends
        result: Response | NetworkFailure
        try:
            if now >= self._ends:
                raise TimeoutError
            async with asyncio.timeout_at(self._ends):
                result = await self._tried(request, endpoint, urgency)
        except TimeoutError:
            result = self._late(request, endpoint, started, f"deadline of {self._patience.deadline:g} s")
        self.exchanges.append(result.exchange)
        return result

    def _late(self, request: httpx.Request, endpoint: str, started: float, code: str) -> NetworkFailure:
        """Return the failure of a request that has no answer at the deadline, or is not sent because its host is
        silent.
        """
        host = request.url.host
        exchange = Exchange(
            method=request.method,
            url=str(request.url),
            status=None,
            request_id=None,
            date=None,
            received=None,
            started=started - self._start,
            elapsed=self._clock.monotonic() - started,
            endpoint=endpoint,
        )
        return NetworkFailure(late(host, code), exchange)

    async def _tried(self, request: httpx.Request, endpoint: str, urgency: int) -> Response | NetworkFailure:
        api = endpoint.partition(".")[0]
        account = self._accounts[api]
        host = self._hosts.setdefault(request.url.host, Host(CONCURRENCY[api]))
        loop, throttled, waited = asyncio.get_running_loop(), 0, 0.0
        remaining, again = self._patience.request, False
        started: float | None = None
        for attempt in range(1, self._patience.attempts + 1):
            async with host.line.place(urgency):
                waited += await account.acquire(self._clock, self._patience.retries - waited)
                async with self._line.place(urgency):
                    began = loop.time()
                    started = self._clock.monotonic() if started is None else started
                    if host.is_silent(api):
                        return self._late(request, endpoint, started, silence(self._patience.request))
                    self.requests += 1
                    result = await self._once(request, endpoint, host, remaining, started, attempt, throttled)
            if is_throttled(result):
                throttled += 1
            elif again or not hiccup(result) or loop.time() - began > self._patience.request / 2:
                break
            else:
                again, remaining = True, remaining - (loop.time() - began)
                request.extensions[FRESH] = True
            wait = pause(result, self._clock.now(), attempt)
            if wait <= self._patience.retries and asks_all_to_wait(result):
                account.pause_until(self._clock.monotonic() + wait, exhausted=is_throttled(result))
            if attempt == self._patience.attempts or waited + wait > self._patience.retries:
                break
            if isinstance(result, Response):
                self.budget.give_back(len(result.body))  # the body is dropped: the request is repeated
            await self._clock.sleep(wait)
            waited += wait
        return result

    async def _once(
        self,
        request: httpx.Request,
        endpoint: str,
        host: Host,
        seconds: float,
        started: float,
        attempt: int,
        throttled: int,
    ) -> Response | NetworkFailure:
        response: httpx.Response | None = None
        failure: Finding | None = None
        by: str | None = None
        cut = False
        body = b""
        api = endpoint.partition(".")[0]
        try:
            async with host.answering(api, seconds):
                with tls_read_errors():
                    response = await self._transport.handle_async_request(request)
                    response.request = request
                    by = issuer(response)  # now: a TLS session that fails in the body no longer shows its certificate
                    largest = LARGEST if response.status_code < 400 else LARGEST_REFUSAL
                    body = await whole(response, largest, self.budget)
                self.budget.take_members(body, MEMBERS)
            host.answered(api)
        except TimeoutError:
            failure = late(request.url.host, silence(self._patience.request))
        except httpx.HTTPError as error:
            self.requests -= isinstance(error, UnusableSetting)  # in this case nothing was sent
            if shortage_error := shortage(error):
                raise shortage_error from None
            if isinstance(error, httpx.TimeoutException):
                host.missed(api, self._patience.request)
            failure = cut_off_finding(network_finding(error, request.url.host, request.extensions.get(EXTENSION)), by)
            cut = is_cut_off(error)
        except EndlessAnswer as error:
            self.budget.give_back(len(body))
            body = b""
            explanation = f"{endpoint} answered with {error}, and was not read to its end."
            failure = finding("contract_violation", about=api, code=endpoint, explanation=explanation)
        headers = {} if response is None else headers_of(response)
        status = None if response is None else response.status_code
        exchange = Exchange(
            method=request.method,
            url=str(request.url),
            status=status,
            request_id=request_id(headers, body if status and status >= 400 else b""),
            date=http_date(headers.get("date")),
            received=self._clock.now(),
            started=started - self._start,
            elapsed=self._clock.monotonic() - started,
            attempts=attempt,
            throttled=throttled + (status == 429),
            endpoint=endpoint,
            issuer=by,
        )
        if failure is not None or status is None:
            return NetworkFailure(failure or finding("connection_failed"), exchange, cut)
        return Response(status, headers, body, exchange)
