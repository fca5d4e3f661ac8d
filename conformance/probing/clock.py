"""The clock of a source: wall time, monotonic time, and waiting."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

TOLERATED_SKEW = timedelta(minutes=5)
"""Maximum difference between the clocks of this machine and of a service; Entra allows the same."""


class Clock:
    """This machine's clock."""

    def now(self) -> datetime:
        """Return the local wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds on the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        await asyncio.sleep(seconds)


class VirtualClock(Clock):
    """A clock on which waiting takes no time: ``sleep`` skips ahead. It starts now, or is stopped at ``start``.

    ``skew`` is how far the local wall clock is off. ``began`` is the moment at which a tenant's history ends, by
    default the start.
    """

    def __init__(self, start: datetime | None = None, began: datetime | None = None) -> None:
        self._frozen = start
        self._skipped = timedelta()
        self.skew = timedelta()
        self.began = began or self.service_now()

    def now(self) -> datetime:
        """Return the local time, which differs from the services' by ``skew``."""
        return self.service_now() + self.skew

    def service_now(self) -> datetime:
        """Return the services' own clock."""
        return (self._frozen or datetime.now(UTC)) + self._skipped

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment, including the skipped time."""
        return super().monotonic() + self._skipped.total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Skip this many seconds without waiting."""
        self.skip(timedelta(seconds=seconds))

    def skip(self, time: timedelta) -> None:
        """Move the time forward."""
        self._skipped += time
