"""Many connections of one app in one tenant, and their neighbours, at services with rate limits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from conformance import Connection, Patience
from conformance.fakes import World, build
from conformance.fakes.services.routes import Call
from conformance.fakes.services.throttling import throttling
from conformance.probing.rate_limits import RateLimits
from conformance.sources.base import Channel
from conformance.verification.api import verify_all
from conformance.verification.pipeline import select_checks
from conformance.verification.result import Report
from tests.contoso import START, made_up
from tests.virtual_loop import LoopClock, run

HOST = "api.security.microsoft.com"
CHECKS = [check.id for check in select_checks() if check.id.startswith("MDE")]
REQUESTS = 6
"""The requests of one connection to Defender for these checks."""
OTHER = "00000000-0c0f-4c0f-a11c-00000000000f"


@dataclass
class Strict:
    """Defender for Endpoint of a tenant: ``allowed`` requests in any minute, then 429 with ``seconds`` to wait."""

    world: World
    allowed: float = 100
    seconds: int = 10
    latency: float = 0.0
    times: deque[float] = field(default_factory=deque)
    refused: int = 0

    async def handler(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.latency)
        if request.url.host != HOST:
            return await self.world.handler(request)
        now = asyncio.get_running_loop().time()
        while self.times and self.times[0] <= now - 60:
            self.times.popleft()
        if len(self.times) >= self.allowed:
            self.refused += 1
            return throttling("defender", self.seconds)(Call(self.world.tenant, request, None, {}))
        self.times.append(now)
        return await self.world.handler(request)


@dataclass
class Services:
    """The tenants as a source. ``pace`` gives each connection its rate limits, shared as on the network or its own."""

    tenants: Sequence[Strict]
    pace: Callable[[], RateLimits]
    name: str = "services"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        (tenant,) = (tenant for tenant in self.tenants if tenant.world.tenant.id == connection.tenant_id)
        yield Channel(httpx.MockTransport(tenant.handler), LoopClock(), connection, self.pace())


def workspaces(count: int, **values: object) -> Iterator[Connection]:
    return (made_up(name=f"workspace-{number}", **values) for number in range(count))


def tenant(**options: object) -> Strict:
    values = {"tenant_id": OTHER} if options.pop("other", False) else {}
    return Strict(build(made_up(**values), start=START), **options)  # type: ignore[arg-type]


def verified(
    connections: Sequence[Connection],
    *tenants: Strict,
    together: bool = True,
    patience: Patience | None = None,
    jobs: int = 32,
) -> dict[str, tuple[Report, float]]:
    """Return, by name of the connection, its report and the second of the run at which it was complete."""
    shared = RateLimits()
    source = Services(tenants, (lambda: shared) if together else RateLimits)

    async def all_of_them() -> dict[str, tuple[Report, float]]:
        reports = {}
        async for report in verify_all(connections, source=source, checks=CHECKS, patience=patience, jobs=jobs):
            reports[report.connection.name] = report, asyncio.get_running_loop().time()
        return reports

    return run(all_of_them())


def throttled(reports: dict[str, tuple[Report, float]]) -> int:
    return sum(exchange.throttled for report, _ in reports.values() for exchange in report.gathered.exchanges)


def test_published_limits_do_not_slow_one_connection() -> None:
    defender = tenant()
    ((report, moment),) = verified([*workspaces(1)], defender).values()
    assert report.ok
    assert len(defender.times) == REQUESTS
    assert moment == 0


def test_published_limits_do_not_slow_eight_connections_of_one_app() -> None:
    assert {moment for _, moment in verified([*workspaces(8)], tenant()).values()} == {0}


def test_twenty_connections_of_one_app_keep_the_published_limits() -> None:
    defender, reckless = tenant(), tenant()
    reports = verified([*workspaces(20)], defender)
    assert all(report.ok for report, _ in reports.values())
    assert defender.refused == throttled(reports) == 0
    assert throttled(verified([*workspaces(20)], reckless, together=False)) > 0


def test_connections_share_what_they_learn_about_a_limit() -> None:
    """The service allows less than its published limits."""
    sharing, apart = (tenant(allowed=20, latency=0.1) for _ in range(2))
    reports = verified([*workspaces(16)], sharing, patience=Patience(deadline=120))
    verified([*workspaces(16)], apart, together=False)
    assert 0 < sharing.refused < apart.refused / 2
    assert throttled(reports) == sharing.refused


def test_a_hundred_connections_of_one_app_are_verified_without_timeouts() -> None:
    defender = tenant(latency=0.1)
    reports = verified([*workspaces(100)], defender)
    assert all(report.ok for report, _ in reports.values())
    assert max(report.duration for report, _ in reports.values()) < Patience().retries


@pytest.mark.parametrize("seconds", [40, 86400])
def test_a_throttling_tenant_delays_no_other_and_its_own_only_up_to_the_deadline(seconds: int) -> None:
    hostile, friendly = tenant(allowed=0, seconds=seconds, latency=0.1), tenant(other=True, latency=0.1)
    many, neighbour = [*workspaces(40)], made_up(name="neighbour", tenant_id=OTHER)
    reports = verified([*many, neighbour], hostile, friendly, jobs=8, patience=Patience(deadline=100))
    report, moment = reports.pop("neighbour")
    assert report.ok
    assert moment < 2
    for report, _ in reports.values():
        assert report.duration <= 100
        assert {issue.root.finding.cause for issue in report.verdict.root_causes} == {"throttled"}


def test_waiting_for_other_connections_is_neither_throttling_nor_slowness() -> None:
    reports = verified([*workspaces(20)], tenant(latency=0.25))
    exchanges = [exchange for report, _ in reports.values() for exchange in report.gathered.exchanges]
    assert max(moment for _, moment in reports.values()) > 20
    assert {round(exchange.elapsed, 3) for exchange in exchanges} == {0.25}
    assert not throttled(reports)
