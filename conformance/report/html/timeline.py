"""A picture of a connection's requests over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.report.model import RequestPart

SCALE = 1000
"""Units of the drawing from the first request to the last answer."""
MIN_WIDTH = 4
"""The minimum width of a bar, so that fast answers are visible."""


@dataclass(frozen=True, slots=True)
class Bar:
    request: RequestPart
    x: float
    width: float

    @property
    def state(self) -> str:
        """Return ``answered`` (as documented), ``refused``, or ``silent`` (no answer)."""
        if self.request.status is None:
            return "silent"
        return "answered" if self.request.answer is None and self.request.status < 400 else "refused"


@dataclass(frozen=True, slots=True)
class Timeline:
    bars: tuple[Bar, ...]
    seconds: float
    slowest: RequestPart | None


def timeline(requests: Sequence[RequestPart]) -> Timeline:
    """Return the bars of the requests, in the order of ``requests``."""
    seconds = max((request.started_s + request.duration_s for request in requests), default=0.0)
    unit = SCALE / seconds if seconds else 0.0
    bars = tuple(
        Bar(
            request,
            min(round(request.started_s * unit), SCALE - MIN_WIDTH),
            max(round(request.duration_s * unit), MIN_WIDTH),
        )
        for request in requests
    )
    return Timeline(bars, seconds, max(requests, key=lambda request: request.duration_s, default=None))
