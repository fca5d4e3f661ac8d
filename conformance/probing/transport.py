"""One HTTP exchange: sent once, retried while a service asks to wait, turned into a response or a network finding."""

from __future__ import annotations

import asyncio
import email.utils
import re
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from conformance.findings import Finding, finding
from conformance.probing.clock import Clock
from conformance.probing.decoding import Budget, EndlessAnswer, whole
from conformance.probing.evidence import Exchange
from conformance.probing.rate_limits import RateLimit

RETRIED = frozenset({429, 502, 503, 504})
REQUEST_ID_HEADERS = ("x-ms-request-id", "request-id", "x-ms-correlation-request-id")
REQUEST_ID_MEMBERS = re.compile(
    rb'"(?:correlationId|target)"\s*:\s*"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', re.I
)
"""Where Log Analytics and Defender for Endpoint name a request that they refuse: in the body alone."""
CONCURRENCY: Mapping[str, int] = {"log_analytics": 8}
"""Requests of a connection in flight per host; Log Analytics queues what is above 5 itself."""
DEFAULT_CONCURRENCY = 24
LARGEST = 32 * 1024 * 1024
"""Bytes of an answer, unpacked. A fleet has answers of many tenants in memory, and what is asked for is far below."""
LARGEST_REFUSAL = 4 * 1024 * 1024
"""Bytes of a refusal: of its text, several copies are made while it is read."""
LARGEST_OF_ALL = 48 * 1024 * 1024
"""Bytes of all answers of a connection."""
MEMBERS, MEMBERS_OF_ALL = 600_000, 1_200_000
"""Values in an answer, and in all answers of a connection: a value of two bytes takes up to a hundred, once decoded."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer of a service."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class NetworkFailure:
    """No answer: what the network did instead."""

    finding: Finding
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run waits. Seconds."""

    deadline: float = 120.0
    """For a whole connection."""
    retries: float = 45.0
    """For the waits of one request: before it, for others of its account, and between its attempts."""
    attempts: int = 4
    connect: float = 10.0
    read: float = 60.0


class Sender:
    """Sends requests through a transport within :class:`Patience`; keeps what is in flight per host bounded.

    ``accounts`` are what the services count its requests by, for each API: their turns are waited for.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        patience: Patience,
        accounts: Mapping[str, RateLimit],
        start: float | None = None,
    ) -> None:
        self._client, self._clock, self._patience, self._accounts = client, clock, patience, accounts
        self._limits: dict[str, asyncio.Semaphore] = {}
        self.budget = Budget(LARGEST_OF_ALL, MEMBERS_OF_ALL)
        """For all answers of the connection together."""
        self.requests = 0
        self.exchanges: list[Exchange] = []
        self._start = clock.monotonic() if start is None else start
        self._ends: float | None = None
        """The deadline, in the time of the event loop: it runs from the first request."""

    async def send(self, request: httpx.Request, endpoint: str) -> Response | NetworkFailure:
        """Sends, waits as asked and tries again. Raises only what is not the network's doing (the guard, cassettes).

        What is on its way at the deadline, or comes after it, has taken too long, as with a silent host.
        """
        started, now = self._clock.monotonic(), asyncio.get_running_loop().time()
        self._ends = now + self._patience.deadline if self._ends is None else self._ends
        result: Response | NetworkFailure
        try:
            if now >= self._ends:
                raise TimeoutError
            async with asyncio.timeout_at(self._ends):
                result = await self._tried(request, endpoint)
        except TimeoutError:
            result = self._late(request, endpoint, started)
        self.exchanges.append(result.exchange)
        return result

    def _late(self, request: httpx.Request, endpoint: str, started: float) -> NetworkFailure:
        """What was not there at the deadline."""
        host, code = request.url.host, f"deadline of {self._patience.deadline:g} s"
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
        return NetworkFailure(finding("timed_out", about=host, facts={"host": host}, code=code), exchange)

    async def _tried(self, request: httpx.Request, endpoint: str) -> Response | NetworkFailure:
        request.headers.setdefault("client-request-id", str(uuid.uuid4()))
        api = endpoint.partition(".")[0]
        account = self._accounts[api]
        limit = self._limits.setdefault(request.url.host, asyncio.Semaphore(CONCURRENCY.get(api, DEFAULT_CONCURRENCY)))
        throttled, waited, started = 0, 0.0, 0.0
        for attempt in range(1, self._patience.attempts + 1):
            async with limit:
                waited += await account.turn(self._clock, self._patience.retries - waited)
                if attempt == 1:
                    started = self._clock.monotonic()
                self.requests += 1
                result = await self._once(request, endpoint, started, attempt, throttled)
            if isinstance(result, NetworkFailure) or result.status not in RETRIED:
                break
            throttled += result.status == 429
            wait = retry_after(result.headers, self._clock.now(), attempt)
            if wait <= self._patience.retries and (result.status == 429 or unavailable(result)):
                account.close(self._clock.monotonic() + wait, exhausted=result.status == 429)
            if attempt == self._patience.attempts or waited + wait > self._patience.retries:
                break
            self.budget.give_back(len(result.body))  # of a refusal that is not the last word, nothing stays
            await self._clock.sleep(wait)
            waited += wait
        return result

    async def _once(
        self, request: httpx.Request, endpoint: str, started: float, attempt: int, throttled: int
    ) -> Response | NetworkFailure:
        response: httpx.Response | None = None
        failure: Finding | None = None
        body = b""
        try:
            response = await self._client.send(request, stream=True)
            largest = LARGEST if response.status_code < 400 else LARGEST_REFUSAL
            body = await whole(response, largest, self.budget)
            self.budget.take_members(body, MEMBERS)
        except httpx.HTTPError as error:
            failure = network_finding(error, request.url.host)
        except EndlessAnswer as error:
            self.budget.give_back(len(body))
            body = b""
            explanation = f"{endpoint} answered with {error}, and was not read to its end."
            failure = finding(
                "contract_violation", about=endpoint.partition(".")[0], code=endpoint, explanation=explanation
            )
        headers = {} if response is None else {name.lower(): value for name, value in response.headers.items()}
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
        )
        if failure is not None or status is None:
            return NetworkFailure(failure or finding("connection_failed"), exchange)
        return Response(status, headers, body, exchange)


def request_id(headers: Mapping[str, str], refusal: bytes) -> str | None:
    """The id by which a service knows a request, from the answer's headers or the body of a refusal."""
    found = next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)
    inside = REQUEST_ID_MEMBERS.search(refusal) if found is None else None
    return inside[1].decode() if inside else found


def unavailable(result: Response) -> bool:
    """Whether a service says until when it is out of order, for all who ask."""
    return result.status == 503 and "retry-after" in result.headers


def retry_after(headers: Mapping[str, str], now: datetime, attempt: int) -> float:
    """Seconds that a service asks to wait (a number or a date), else an exponential back-off."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and len(value) < 7:
        return float(value)
    if (until := http_date(value)) is not None:
        return max(0.0, (until - now).total_seconds())
    return float(2 ** (attempt - 1))


def http_date(value: str | None) -> datetime | None:
    """An HTTP date, or None."""
    if not value:
        return None
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None


def network_finding(error: httpx.HTTPError, host: str) -> Finding:
    """What a transport error means: name, route, certificate or time."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    text = " ".join(str(link) for link in chain)
    if isinstance(error, httpx.TimeoutException):
        cause = "timed_out"
    elif any(untrusted(link) for link in chain) or "CERTIFICATE_VERIFY_FAILED" in text:
        cause = "tls_untrusted"
    elif any(type(link).__name__ == "gaierror" for link in chain) or "Name or service not known" in text:
        cause = "dns_failure"
    elif isinstance(error, httpx.ProxyError | httpx.RemoteProtocolError):
        cause = "intercepted" if isinstance(error, httpx.ProxyError) else "connection_failed"
    else:
        cause = "connection_failed"
    return finding(cause, about=host, facts={"host": host}, code=type(error).__name__)


def untrusted(error: BaseException) -> bool:
    """Whether TLS was refused; a handshake that was cut off says nothing of trust."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)
