"""The live source over real TLS sockets: every scenario has the same verdict as in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import pytest

from conformance import Connection, Patience, verify
from conformance.checks.registry import get_check
from conformance.connection import Cloud
from conformance.fakes import SCENARIOS, World
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.fakes.scenarios import identities, services
from conformance.sources.base import Channel, Source
from conformance.sources.live import Live
from conformance.verification.result import Report
from tests.conftest import TRANSPORTS
from tests.contoso import made_up

pytestmark = pytest.mark.slow

Verdicts = dict[str, tuple[str, str | None, str | None]]


def verdicts(report: Report, scenario: str) -> Verdicts:
    """Return status, cause and root by check; of a living tenant, without checks that depend on request order."""
    return {
        outcome.check: (outcome.status, outcome.cause, outcome.blocked_by)
        for outcome in report.outcomes
        if scenario != "living" or not get_check(outcome.check).moving
    }


@dataclass(frozen=True)
class Hurried:
    """The live source with the clock of a world, on which waits that a service requests pass at once."""

    world: World
    name: str = "live"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        async with Live().open(connection) as channel:
            yield replace(channel, clock=self.world.clock)


@pytest.fixture(scope="module")
def served_tenant() -> Iterator[ServedTenant]:
    with serve_tenant(made_up()) as stage:
        yield stage


@pytest.fixture
def stage(served_tenant: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> ServedTenant:
    """Return a healthy tenant over sockets; the environment leads to it."""
    for name, value in served_tenant.server.environment.items():
        monkeypatch.setenv(name, value)
    served_tenant.reset()
    return served_tenant


WITH_WAITS = {"throttled", "throttled-for-good", "service-down", "query-timeout"}
"""Scenarios in which services request waits of up to half a minute."""
SHORT = Patience(request=5.0)
"""Timeouts for operations that are never answered; they do not change the finding."""


def at_the_proxy(scenario: str, cause: str | None) -> str | None:
    """Return the cause of an outcome over sockets, where the proxy resolves names and connects."""
    return "proxy_failed" if (scenario, cause) in UNREACHED else cause


UNREACHED = {("host-unknown", "dns_failure"), ("connection-refused", "connection_failed")}
OF_EACH_FORM = ("arm/policy", "graph/206.provider", "log_analytics/401", "network/407", "network/html", "network/xml")
"""Faults whose answers are a document, a partial result, a bare status, or a page of an intermediary."""
STATES = [*sorted(SCENARIOS.keys() - {"living"}), *OF_EACH_FORM]


def transports_of(number: int, state: str) -> tuple[str, ...]:
    """Return the transports with which the state of this number is verified.

    These are both if the state has special statuses, headers, routes or forms of answers. Other states only differ in
    the JSON of answers, which the transport does not read: the two transports alternate.
    """
    own_wire = state not in SCENARIOS or SCENARIOS[state].arrange.__module__ in (services.__name__, identities.__name__)
    return TRANSPORTS if own_wire or state == "healthy" else (TRANSPORTS[number % 2],)


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES)), ids=STATES)
def test_outcomes_over_sockets_are_those_in_process(
    stage: ServedTenant,
    connection: Connection,
    number: int,
    state: str,
    transport: ContextVar[str],
    subtests: pytest.Subtests,
) -> None:
    in_process = verify(connection, source=f"fake:{state}")
    expected = {
        check: (status, at_the_proxy(state, cause), by)
        for check, (status, cause, by) in verdicts(in_process, state).items()
    }
    waits = state in SCENARIOS and "timed_out" in SCENARIOS[state].causes
    for name in transports_of(number, state):
        with subtests.test(transport=name):
            transport.set(name)
            stage.reset()
            stage.switch(state)
            source: str | Source = Hurried(stage.world) if state in WITH_WAITS else "live"
            live = verify(stage.connection, source=source, patience=SHORT if waits else None)
            assert live.source == "live"
            assert verdicts(live, state) == expected
            assert live.verdict.exit_code == in_process.verdict.exit_code


@pytest.mark.parametrize(
    ("profile", "permission", "check"),
    [
        ("splunk-defender", "SecurityAlert.Read.All", "PERM-001"),
        ("elastic-defender-endpoint", "Vulnerability.Read.All", "PERM-013"),
        ("opencti-sentinel-incidents", "Data.Read", "PERM-016"),
    ],
)
@pytest.mark.usefixtures("each_transport")
def test_a_profile_is_verified_over_sockets(
    profile: str, permission: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile works, and fails if one of its permissions is missing."""
    with serve_tenant(made_up(profile=profile)) as tenant:
        for name, value in tenant.server.environment.items():
            monkeypatch.setenv(name, value)
        assert verify(tenant.connection).ok
        tenant.world.tenant.revoke(permission)
        report = verify(tenant.connection)
    assert [(outcome.check, outcome.cause) for outcome in report.outcomes if outcome.status == "failed"] == [
        (check, "app_role_missing")
    ]


@pytest.mark.usefixtures("each_transport")
def test_a_living_tenant_is_healthy_over_sockets(stage: ServedTenant) -> None:
    """Only the verdict is compared: the checks that apply depend on the order of requests, which varies."""
    stage.switch("living")
    assert verify(stage.connection).ok


@pytest.mark.usefixtures("each_transport")
def test_waiting_over_sockets_takes_the_requested_time(stage: ServedTenant) -> None:
    stage.throttle("sentinel", times=1, seconds=1)
    report = verify(stage.connection, checks=["SENT-001"])
    assert report.ok
    assert report.duration > 1


@pytest.mark.usefixtures("each_transport")
def test_an_untrusted_authority_is_a_finding(stage: ServedTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    report = verify(stage.connection, checks=["CONN-006", "AUTH-003"])
    assert {issue.root.finding.cause for issue in report.verdict.root_causes} == {"tls_untrusted"}
    assert report.verdict.exit_code == 6


@pytest.mark.usefixtures("each_transport")
def test_a_proxy_that_does_not_listen_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    report = verify(made_up(), source="live", checks=["CONN-006", "AUTH-001"])
    assert {issue.root.finding.cause for issue in report.verdict.root_causes} == {"proxy_failed"}


@pytest.mark.usefixtures("each_transport")
def test_a_proxy_that_refuses_is_a_finding(stage: ServedTenant, connection: Connection) -> None:
    """The server refuses to connect to other hosts; a refusal of the proxy is not one of a service."""
    cloud = connection.cloud
    elsewhere = Cloud(
        cloud.name,
        cloud.title,
        cloud.az,
        cloud.portal,
        {**cloud.hosts, "entra": "https://login.example"},
        cloud.audiences,
    )
    report = verify(made_up(cloud=elsewhere), source="live", checks=["AUTH-001"])
    assert {issue.root.finding.cause for issue in report.verdict.root_causes} == {"proxy_denied"}
