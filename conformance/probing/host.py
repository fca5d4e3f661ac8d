"""The state of a host within a connection: its time limits, and its silence."""

from __future__ import annotations

import asyncio
from math import inf
from types import TracebackType

from conformance.probing.line import Line

STEP = 1.0
"""Seconds. A longer moment in which this process could not run counts as this much of a host's time."""
BUSY = 0.1
"""Seconds of delay of a step that mean a busy process: then the step counts half, since answers are delayed too."""


class Host:
    """Limits the requests to one host: the number in flight (``line``), and the time of each.

    A host is silent once a request has timed out, and no other request was answered completely in that time; the same
    holds for one of its APIs while other APIs of the host still answer. Requests that wait for a silent host or API
    time out at once.
    """

    def __init__(self, places: int) -> None:
        self.line = Line(places)
        self._silent: set[str] = set()
        self._all_silent = False
        self._answered: dict[str, float] = {}
        self._waiting: set[Answering] = set()
        self._timer: asyncio.TimerHandle | None = None
        """One for all requests that wait: most are answered before it runs."""

    def is_silent(self, api: str) -> bool:
        """Return whether the host, or this API behind it, was found silent."""
        return self._all_silent or api in self._silent

    def answering(self, api: str, seconds: float) -> Answering:
        """Return a context manager that gives a request to an API this many seconds for its complete answer.

        Raises ``TimeoutError`` when this time or the host's has run out.
        """
        return Answering(self, api, seconds)

    def begin(self, request: Answering) -> None:
        """Count the time of a request from now on."""
        self._waiting.add(request)
        if self._timer is not None and request.due < self._timer.when():
            self._timer.cancel()
            self._timer = None
        self._set_timer(request.due)

    def end(self, request: Answering) -> None:
        """Stop counting the time of a request."""
        self._waiting.discard(request)

    def _set_timer(self, due: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(due, self._step, due)

    def _step(self, due: float) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for request in [request for request in self._waiting if request.due <= max(due, now)]:
            request.step(now)
        if self._waiting:
            self._set_timer(min(request.due for request in self._waiting))

    def answered(self, api: str) -> None:
        """Record that a complete answer of an API has arrived."""
        self._answered[api] = asyncio.get_running_loop().time()

    def missed(self, api: str, seconds: float) -> None:
        """Record that a request to an API had no answer within ``seconds``."""
        now = asyncio.get_running_loop().time()
        if self._answered.get(api, -inf) > now - seconds:
            return
        self._silent.add(api)
        self._all_silent |= max(self._answered.values(), default=-inf) <= now - seconds
        for request in self._waiting:
            if self.is_silent(request.api):
                request.expire(now)


class Answering:
    """The time that a request has for its answer: it runs while this is entered."""

    __slots__ = ("_host", "_length", "_remaining", "_seconds", "_timeout", "api", "due")

    def __init__(self, host: Host, api: str, seconds: float) -> None:
        self._host, self.api, self._seconds, self._remaining = host, api, seconds, seconds
        self._timeout = asyncio.timeout(None)
        self._plan(asyncio.get_running_loop().time())

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._host.begin(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._host.end(self)
        await self._timeout.__aexit__(kind, error, traceback)

    def _plan(self, now: float) -> None:
        self._length = min(STEP, self._remaining)
        self.due = now + self._length
        """The moment at which the next step of the time is counted."""

    def step(self, now: float) -> None:
        """Count a passed step; end the request if no step is left."""
        self._remaining -= self._length if now - self.due < BUSY else self._length / 2
        self._plan(now)
        if self._remaining <= 0:
            self._host.end(self)
            self.expire(now)
            self._host.missed(self.api, self._seconds)

    def expire(self, now: float) -> None:
        """End the request with ``TimeoutError``, unless it has ended so."""
        if not self._timeout.expired():
            self._timeout.reschedule(now)
