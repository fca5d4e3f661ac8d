"""The state of one host within a connection: its time limits, and whether it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf

from conformance.probing.line import Line

STEP = 1.0
"""Seconds. A moment in which this process could not run for longer counts as this much of a host's time."""
BUSY = 0.1
"""Seconds by which a step comes late where this process is busy: then it counts half, since answers come late too."""


class Host:
    """Bounds the requests to one host: how many are in flight (``line``), and how long each may take.

    A host is silent once a request ran out of its time and no other was answered completely meanwhile. Whatever waits
    for it then has run out of time as well: a silent host is waited for once.
    """

    def __init__(self, places: int) -> None:
        self.line = Line(places)
        self.silent = False
        self._answered = -inf
        self._waiting: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def answering(self, seconds: float) -> AsyncIterator[None]:
        """Give a request this much time for its complete answer.

        Raises ``TimeoutError`` when that, or the host's, has run out.
        """
        loop = asyncio.get_running_loop()
        left = seconds
        timer: asyncio.TimerHandle

        def step(due: float, length: float) -> None:
            nonlocal left, timer
            left -= length if loop.time() - due < BUSY else length / 2
            if left > 0:
                length = min(STEP, left)
                timer = loop.call_later(length, step, loop.time() + length, length)
            elif not timeout.expired():
                timeout.reschedule(loop.time())
                self.missed(seconds)

        length = min(STEP, left)
        timer = loop.call_later(length, step, loop.time() + length, length)
        async with asyncio.timeout(None) as timeout:
            self._waiting.add(timeout)
            try:
                yield
            finally:
                timer.cancel()
                self._waiting.discard(timeout)

    def answered(self) -> None:
        """Note that a complete answer has arrived."""
        self._answered = asyncio.get_running_loop().time()

    def missed(self, seconds: float) -> None:
        """Note that a request had no answer within ``seconds``."""
        now = asyncio.get_running_loop().time()
        if self._answered > now - seconds:
            return
        self.silent = True
        for timeout in self._waiting:
            if not timeout.expired():
                timeout.reschedule(now)
