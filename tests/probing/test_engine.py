"""Probes are sent once, concurrently, as early as possible; any result becomes evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import Connection
from conformance.fakes import World, build
from conformance.findings import CAUSES
from conformance.probing import tokens
from conformance.probing.engine import Engine
from conformance.probing.evidence import Answer, Blocked, Gathered, InternalError, NotAsked, Refusal
from conformance.probing.transport import Patience
from tests import virtual_loop
from tests.contoso import START, made_up


def gather(
    world: World, names: Iterable[str], transport: httpx.AsyncBaseTransport | None = None, **options: object
) -> Gathered:
    """Gather evidence in virtual time: a request that hangs takes no real time."""

    async def run() -> Gathered:
        engine = Engine(world.connection, transport or world.transport(), clock=world.clock, **options)  # type: ignore[arg-type]
        return await engine.gather(names)

    return virtual_loop.run(run())


def through(world: World, host: str, answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncBaseTransport:
    """Return a transport to the world, with other answers for one host."""

    async def handler(request: httpx.Request) -> httpx.Response:
        return answer(request) if request.url.host == host else await world.handler(request)

    return httpx.MockTransport(handler)


@pytest.fixture
def world(connection: Connection) -> World:
    return build(connection, start=START)


def test_a_probe_sends_only_itself_and_its_needs(world: World) -> None:
    gathered = gather(world, ["incident_alerts"])
    assert isinstance(gathered.evidence["incident_alerts"], Answer)
    assert set(gathered.evidence) == {"incident_alerts", "incidents", "token_arm", "discovery"}
    assert gathered.requests == 4


def test_a_refused_prerequisite_blocks_with_its_root_cause(world: World) -> None:
    world.tenant.revoke_roles()
    gathered = gather(world, ["incident_alerts"])
    blocked = gathered.evidence["incident_alerts"]
    assert isinstance(blocked, Blocked)
    assert blocked.root.probe == "incidents"
    assert blocked.root.finding.cause == "rbac_role_missing"


def test_a_probe_without_a_subject_is_reported(world: World) -> None:
    world.tenant.workspace.incidents.clear()
    evidence = gather(world, ["incident"]).evidence["incident"]
    assert evidence == NotAsked("incident", "no incident to look at")


def test_a_service_that_asks_to_wait_is_asked_again(world: World) -> None:
    answers = iter([429, 503, 200])

    def slow(request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(answers), headers={"Retry-After": "3"}, json={"value": []})

    before = world.clock.monotonic()
    gathered = gather(world, ["machines"], through(world, "api.security.microsoft.com", slow))
    evidence = gathered.evidence["machines"]
    assert isinstance(evidence, Answer)
    assert (evidence.exchange.attempts, evidence.exchange.throttled) == (3, 1)
    assert world.clock.monotonic() - before >= 6


def test_waiting_ends_with_the_budget(world: World) -> None:
    transport = through(
        world,
        "api.security.microsoft.com",
        lambda r: httpx.Response(429, headers={"Retry-After": "3600"}, text="Too Many"),
    )
    evidence = gather(world, ["machines"], transport).evidence["machines"]
    assert isinstance(evidence, Refusal)
    assert evidence.finding.cause == "throttled"
    assert not evidence.finding.conclusive


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectTimeout("slow"), "timed_out"),
        (httpx.ReadTimeout("slow"), "timed_out"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "dns_failure"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"), "tls_untrusted"),
        (httpx.ConnectError("Connection refused"), "connection_failed"),
        (httpx.RemoteProtocolError("Server disconnected"), "connection_failed"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "proxy_auth_required"),
        (httpx.ProxyError("403 Forbidden"), "proxy_denied"),
        (httpx.ProxyError("503 Service Unavailable"), "proxy_failed"),
        (httpx.DecodingError("not gzip"), "intercepted"),
    ],
)
def test_a_transport_error_is_a_network_cause(world: World, error: Exception, cause: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    evidence = gather(world, ["machines"], through(world, "api.security.microsoft.com", fail)).evidence["machines"]
    assert isinstance(evidence, Refusal)
    assert evidence.finding.cause == cause


def test_a_hanging_service_ends_with_the_deadline(world: World) -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "graph.microsoft.com":
            await asyncio.sleep(60)
        return await world.handler(request)

    gathered = gather(world, ["graph_alert", "machines"], httpx.MockTransport(handler), patience=Patience(deadline=0.5))
    assert isinstance(gathered.evidence["machines"], Answer)
    late = gathered.evidence["graph_alerts"]
    assert isinstance(late, Refusal)
    assert (late.finding.cause, late.finding.code) == ("timed_out", "deadline of 0.5 s")
    assert late.exchange in gathered.exchanges
    assert gathered.evidence["graph_alert"] == Blocked("graph_alert", late)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/subscriptions",
        "http://management.azure.com/subscriptions",
        "https://management.azure.com/subscriptions/x/resourceGroups/y/providers/Microsoft.OperationalInsights/workspaces/z/sharedKeys",
        "https://management.azure.com:8443/",
    ],
)
def test_a_hostile_next_link_is_a_finding_and_is_not_followed(world: World, link: str) -> None:
    urls: list[str] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        response = await world.handler(request)
        if request.url.path.endswith("/incidents"):
            return httpx.Response(200, json={**response.json(), "nextLink": link})
        return response

    evidence = gather(world, ["incidents_next"], httpx.MockTransport(handler)).evidence["incidents_next"]
    assert isinstance(evidence, Refusal)
    assert evidence.finding.cause == "contract_violation"
    assert link not in urls


def test_an_exception_of_the_transport_is_an_internal_error(world: World) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError("a bug")

    evidence = gather(world, ["machines"], through(world, "api.security.microsoft.com", broken)).evidence["machines"]
    assert evidence == InternalError("machines", "RuntimeError: a bug")


def test_an_error_while_composing_a_request_is_not_a_fault_of_the_secret(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def compose(*_: object) -> None:
        raise RuntimeError("cannot schedule new futures")

    monkeypatch.setattr(tokens, "compose", compose)
    evidence = gather(world, ["token_arm"]).evidence["token_arm"]
    assert evidence == InternalError("token_arm", "RuntimeError: cannot schedule new futures")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    status=st.integers(200, 599),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "retry-after", "date", "www-authenticate", "x-ms-failure-cause", "warning"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
    body=st.one_of(st.binary(max_size=200), st.just(b'{"value": []}'), st.just(b"<html>proxy</html>")),
    host=st.sampled_from(
        ["login.microsoftonline.com", "management.azure.com", "api.loganalytics.io", "graph.microsoft.com"]
    ),
)
def test_any_answer_of_any_service_becomes_evidence_with_a_cause(
    status: int, headers: dict[str, str], body: bytes, host: str
) -> None:
    world = build(made_up(), start=START)
    answer = httpx.Response(status, headers=headers, content=body)
    transport = through(world, host, lambda request: httpx.Response(status, headers=answer.headers, content=body))
    names = ["discovery", "token_arm", "workspace", "incidents", "query_print", "graph_alerts"]
    for evidence in gather(world, names, transport).evidence.values():
        assert not isinstance(evidence, InternalError), evidence
        if isinstance(evidence, Refusal):
            assert evidence.finding.cause in CAUSES
