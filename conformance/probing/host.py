"""The state of a host within a connection: its time limits, and whether it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

from conformance.probing.line import Line

STEP = 1.0
"""Seconds. A longer moment in which this process could not run counts as this much of a host's time."""
BUSY = 0.1
"""Seconds of delay of a step that mean a busy process: then the step counts half, since answers are delayed too."""


class Host:
    """Limits the requests to one host: the number in flight (``line``), and the time of each.

    A host is silent once a request has timed out and no other was answered completely meanwhile; the same holds for one
    of its APIs while others of the host still answer. Requests that wait for a silent host or API time out at once.
    """

    def __init__(self, places: int) -> None:
        self.line = Line(places)
        self._silent: set[str] = set()
        self._all_silent = False
        self._answered: dict[str, float] = {}
        self._waiting: dict[asyncio.Timeout, str] = {}

    def is_silent(self, api: str) -> bool:
        """Return whether the host, or this API behind it, was found silent."""
        return self._all_silent or api in self._silent

    @asynccontextmanager
    async def answering(self, api: str, seconds: float) -> AsyncIterator[None]:
        """Give a request to an API this much time for its complete answer.

        Raises ``TimeoutError`` when this time or the host's has run out.
        """
        loop = asyncio.get_running_loop()
        remaining = seconds
        timer: asyncio.TimerHandle

        def step(due: float, length: float) -> None:
            nonlocal remaining, timer
            remaining -= length if loop.time() - due < BUSY else length / 2
            if remaining > 0:
                length = min(STEP, remaining)
                timer = loop.call_later(length, step, loop.time() + length, length)
            elif not timeout.expired():
                timeout.reschedule(loop.time())
                self.missed(api, seconds)

        length = min(STEP, remaining)
        timer = loop.call_later(length, step, loop.time() + length, length)
        async with asyncio.timeout(None) as timeout:
            self._waiting[timeout] = api
            try:
                yield
            finally:
                timer.cancel()
                del self._waiting[timeout]

    def answered(self, api: str) -> None:
        """Note that a complete answer of an API has arrived."""
        self._answered[api] = asyncio.get_running_loop().time()

    def missed(self, api: str, seconds: float) -> None:
        """Note that a request to an API had no answer within ``seconds``."""
        now = asyncio.get_running_loop().time()
        if self._answered.get(api, -inf) > now - seconds:
            return
        self._silent.add(api)
        self._all_silent |= max(self._answered.values(), default=-inf) <= now - seconds
        for timeout, waiting in self._waiting.items():
            if self.is_silent(waiting) and not timeout.expired():
                timeout.reschedule(now)
