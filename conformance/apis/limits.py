"""The published rate limits of each service: declared once, for pacing, the simulation and docs/scale.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.apis.endpoint import ARM, DEFENDER, ENTRA, GRAPH, LOG_ANALYTICS, SENTINEL_API, Api
from conformance.apis.managed_identity import MANAGED_IDENTITY

APP = ("tenant_id", "client_id")
PRINCIPAL = ("subscription_id", *APP)
LONGEST = 60.0
"""Seconds. What is counted over a longer time, no connection can wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many requests in so many seconds, of all connections that have the same values of ``counted_by``.

    ``bucket``: the service counts by a token bucket, which holds ``requests`` and takes ``seconds`` to fill. Otherwise
    any window of ``seconds`` counts. ``counts`` says in words what it counts by.
    """

    requests: int
    seconds: float
    counted_by: tuple[str, ...]
    counts: str
    source: str
    bucket: bool = False

    @property
    def size(self) -> float:
        """What may be asked at once. Of a window it is half, so that what follows at ``rate`` does not exceed it."""
        return self.requests if self.bucket else self.requests / 2

    @property
    def rate(self) -> float:
        """What may be asked in a second in the long run."""
        return self.size / self.seconds

    @property
    def paced(self) -> bool:
        """Return whether requests are spread out to keep it: only where its period is no longer than ``LONGEST``."""
        return self.seconds <= LONGEST

    def __str__(self) -> str:
        if self.bucket:
            return f"{self.requests:,} requests at once, {self.rate:g} a second in the long run"
        return f"{self.requests:,} requests in {self.seconds:,g} seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """APIs that are counted together, their limits, and the source for what a 429 applies to."""

    apis: tuple[Api, ...]
    account: tuple[str, ...] = APP
    limits: tuple[Limit, ...] = ()
    running: int | None = None
    """Requests of an account that are worked on at a time; more than these wait in the service's own queue."""
    queued: int = 0
    """How many may wait there. What is more is told to wait."""

    @property
    def name(self) -> str:
        """Return the name of its first API."""
        return self.apis[0].name


_AZURE = "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"
_QUERIES = "https://learn.microsoft.com/azure/azure-monitor/service-limits"
_GRAPH = "https://learn.microsoft.com/graph/throttling-limits"
_DEFENDER = "https://learn.microsoft.com/defender-endpoint/api/get-machines"

SERVICES = (
    Service(apis=(ENTRA,)),
    Service(apis=(MANAGED_IDENTITY,)),
    Service(
        apis=(ARM, SENTINEL_API),
        account=PRINCIPAL,
        limits=(
            Limit(
                requests=250,
                seconds=10,
                bucket=True,
                counted_by=PRINCIPAL,
                counts="subscription and principal, per region",
                source=_AZURE,
            ),
            Limit(
                requests=3750,
                seconds=10,
                bucket=True,
                counted_by=("subscription_id",),
                counts="subscription, per region",
                source=_AZURE,
            ),
        ),
    ),
    Service(
        apis=(LOG_ANALYTICS,),
        limits=(
            Limit(requests=200, seconds=30, counted_by=APP, counts="user (the app) or client address", source=_QUERIES),
        ),
        running=5,
        queued=200,
    ),
    Service(
        apis=(GRAPH,),
        limits=(
            Limit(
                requests=150,
                seconds=60,
                counted_by=APP,
                counts="app and tenant, on /security; nothing is said of alerts_v2 and incidents",
                source=_GRAPH,
            ),
            Limit(
                requests=130_000,
                seconds=10,
                counted_by=("client_id",),
                counts="app, over all tenants",
                source=_GRAPH,
            ),
        ),
    ),
    Service(
        apis=(DEFENDER,),
        limits=(
            Limit(requests=100, seconds=60, counted_by=APP, counts="app and tenant", source=_DEFENDER),
            Limit(requests=1500, seconds=3600, counted_by=APP, counts="app and tenant", source=_DEFENDER),
        ),
    ),
)
"""Entra publishes none. The account's own limit comes first."""

COUNTED: Mapping[str, Service] = MappingProxyType({api.name: service for service in SERVICES for api in service.apis})
"""The service by the name of each API."""
