"""The data of a fleet's trend over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.verification.verdict import VerdictStatus


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run over the fleet, with the number of connections for each verdict."""

    started: datetime
    counts: Mapping[VerdictStatus, int]


@dataclass(frozen=True, slots=True)
class OpenCause:
    """A cause that still exists: how many connections have it, and its earliest start."""

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
    """The trend: runs by time; open causes, most connections first; flapping connections, most changes first; resolved
    causes, slowest first.
    """

    nights: tuple[RunPoint, ...]
    open: tuple[OpenCause, ...]
    flapping: Mapping[str, int]
    resolved: tuple[ResolvedCause, ...]
