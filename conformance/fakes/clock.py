"""The clock of a virtual tenant: real time plus what was skipped, so that waiting takes none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from conformance.probing.clock import Clock


class VirtualClock(Clock):
    """Starts now, or at ``start`` and stands there; ``sleep`` skips ahead at once. ``skew`` is how far the local wall
    clock is off. ``began`` is the moment that the tenant's history is told from, its start unless said.
    """

    def __init__(self, start: datetime | None = None, began: datetime | None = None) -> None:
        self._frozen = start
        self._skipped = timedelta()
        self.skew = timedelta()
        self.began = began or self.service_now()

    def now(self) -> datetime:
        return self.service_now() + self.skew

    def service_now(self) -> datetime:
        """The services' own clock."""
        return (self._frozen or datetime.now(UTC)) + self._skipped

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped.total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.skip(timedelta(seconds=seconds))

    def skip(self, time: timedelta) -> None:
        self._skipped += time
