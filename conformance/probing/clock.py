"""Time as a source tells it: the wall, the stopwatch and how to wait."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

TOLERATED_SKEW = timedelta(minutes=5)
"""How far this machine's clock and a service's may be apart; Entra allows as much."""


class Clock:
    """This machine's clock."""

    def now(self) -> datetime:
        """The local wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
