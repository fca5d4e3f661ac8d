"""The published rate limits of each service, declared once for the pacing, the simulation and docs/scale.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.apis.endpoint import ARM, DEFENDER, ENTRA, GRAPH, LOG_ANALYTICS, SENTINEL_API, Api
from conformance.apis.managed_identity import MANAGED_IDENTITY

APP = ("tenant_id", "client_id")
PRINCIPAL = ("subscription_id", *APP)
LONGEST = 60.0
"""Seconds. No connection can wait for limits over a longer time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number of requests in a number of seconds, for all connections with the same values of ``counted_by``.

    ``bucket``: the service uses a token bucket, which holds ``requests`` and takes ``seconds`` to fill. Otherwise the
    limit holds for any window of ``seconds``. ``counts`` describes ``counted_by`` in words.
    """

    requests: int
    seconds: float
    counted_by: tuple[str, ...]
    counts: str
    source: str
    bucket: bool = False

    @property
    def size(self) -> float:
        """Return the number of requests that may be sent at once: for a window only half, so that further requests at
        ``rate`` do not exceed the limit.
        """
        return self.requests if self.bucket else self.requests / 2

    @property
    def rate(self) -> float:
        """Return the long-term number of requests per second."""
        return self.size / self.seconds

    @property
    def paced(self) -> bool:
        """Return whether requests are spread over time for this limit: only if its period is at most ``LONGEST``."""
        return self.seconds <= LONGEST

    def __str__(self) -> str:
        if self.bucket:
            return f"{self.requests:,} requests at once, {self.rate:g} a second in the long run"
        return f"{self.requests:,} requests in {self.seconds:,g} seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """APIs that share one count, their limits, and the source for the scope of a 429."""

    apis: tuple[Api, ...]
    account: tuple[str, ...] = APP
    limits: tuple[Limit, ...] = ()
    running: int | None = None
    """Requests of an account that the service processes at a time; more wait in the service's own queue."""
    queued: int = 0
    """Maximum length of that queue. More requests get 429."""

    @property
    def name(self) -> str:
        """Return the name of the first API."""
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
"""All services; Entra publishes no limits. The account's own limit is first."""

COUNTED: Mapping[str, Service] = MappingProxyType({api.name: service for service in SERVICES for api in service.apis})
"""The service by the name of each API."""
