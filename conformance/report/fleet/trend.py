"""How a fleet fared over time, as it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.verification.verdict import VerdictStatus


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run over the fleet, and how many connections had which verdict."""

    started: datetime
    counts: Mapping[VerdictStatus, int]


@dataclass(frozen=True, slots=True)
class OpenCause:
    """A cause that is still there: how many connections have it, and since when (the earliest)."""

    cause: str
    connections: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ResolvedCause:
    """A cause that was resolved: how many times, and its median duration."""

    cause: str
    times: int
    median: timedelta


@dataclass(frozen=True, slots=True)
class Trend:
    """Runs in their order; open causes, most connections first; flapping connections, most changes first; resolved
    causes, slowest first.
    """

    nights: tuple[RunPoint, ...]
    open: tuple[OpenCause, ...]
    flapping: Mapping[str, int]
    resolved: tuple[ResolvedCause, ...]
