"""The live source over real TLS sockets: the same verdicts as in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contoso import made_up

from conformance import Connection, verify
from conformance.fakes import SCENARIOS, World, build
from conformance.fakes.server import Server, serving
from conformance.fakes.world import hosts
from conformance.probing.tell_apart import NETWORK
from conformance.verification import Report

pytestmark = pytest.mark.slow

Verdicts = dict[str, tuple[str, str | None, str | None]]


def verdicts(report: Report) -> Verdicts:
    return {one.check: (one.status, one.cause, one.blocked_by) for one in report.outcomes}


class Switch:
    """Answers from whichever world is set, so that one server serves all scenarios."""

    world: World

    async def handler(self, request: object) -> object:
        return await self.world.handler(request)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def server(switch: Switch) -> Iterator[Server]:
    with serving(switch.handler, hosts()) as server:  # type: ignore[arg-type]
        yield server


@pytest.fixture
def environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


# Over sockets, waiting for a service takes its real time, and this machine's clock is its own; a broken network is
# tried below, by breaking it.
IN_PROCESS_ONLY = {"throttled", "throttled-for-good", "service-down", "query-timeout", "clock-skew"} | {
    name for name, one in SCENARIOS.items() if NETWORK & set(one.causes) - {"intercepted"}
}


OF_EACH_FORM = ("arm/policy", "graph/206.provider", "log_analytics/401", "network/407", "network/html", "network/xml")
"""Faults whose answer is a document, a part, a bare status, and a page of something in between."""


@pytest.mark.parametrize("scenario", [*sorted(SCENARIOS.keys() - IN_PROCESS_ONLY), *OF_EACH_FORM])
def test_over_sockets_as_in_process(environment: None, switch: Switch, connection: Connection, scenario: str) -> None:
    switch.world = build(connection, scenario)
    live = verify(switch.world.connection, source="live")
    assert live.source == "live"
    in_process = verify(connection, source=f"fake:{scenario}")
    assert verdicts(live) == verdicts(in_process)
    assert live.verdict.exit_code == in_process.verdict.exit_code


def test_an_authority_that_is_not_trusted_is_a_finding(
    environment: None, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    switch.world = build(made_up())
    report = verify(switch.world.connection, source="live", checks=["CONN-006", "AUTH-003"])
    assert {one.root.finding.cause for one in report.verdict.root_causes} == {"tls_untrusted"}
    assert report.verdict.exit_code == 6


def test_a_proxy_that_is_not_there_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    report = verify(made_up(), source="live", checks=["CONN-006", "AUTH-001"])
    assert {one.root.finding.cause for one in report.verdict.root_causes} == {"connection_failed"}


def test_a_proxy_that_refuses_is_a_finding(environment: None, connection: Connection) -> None:
    """The server knows the services' hosts alone; a proxy that says no is no service."""
    from conformance.connection import Cloud

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
    assert {one.root.finding.cause for one in report.verdict.root_causes} == {"intercepted"}
