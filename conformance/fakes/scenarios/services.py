"""Scenarios of failing services and networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from conformance.fakes.network.failures import Obstacle
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.services import log_analytics
from conformance.fakes.services.routes import Call, respond
from conformance.fakes.services.throttling import throttling
from conformance.fakes.world import World
from conformance.verification.verdict import ExitCode

JSON = {"Content-Type": "application/json; charset=utf-8"}
INCOMPLETE = ExitCode.INCOMPLETE


def always(status: int, body: Any, headers: dict[str, str]) -> Callable[[Call], httpx.Response]:
    """Return a handler with the same answer to every request."""
    return lambda call: respond(call, status, body, headers)


@scenario("throttled", "Azure asks to slow down at first, then answers", notes=("throttled",))
def _throttled(world: World) -> None:
    world.disturb(throttling("sentinel", 5), api="sentinel", times=3)


@scenario("service-down", "Log Analytics is not available", "service_fault", exit_code=ExitCode.INCOMPLETE)
def _service_down(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        wait = {"Retry-After": "5"}
        return log_analytics.refuse.say(call, 503, "ServiceUnavailableError", "The service is unavailable", wait)

    world.disturb(answer, api="log_analytics")


@scenario("throttled-for-good", "Defender keeps asking to slow down", "throttled", exit_code=INCOMPLETE)
def _throttled_for_good(world: World) -> None:
    world.disturb(throttling("defender", 30), api="defender")


@scenario("query-timeout", "queries run past their time", "query_timeout", exit_code=INCOMPLETE)
def _query_timeout(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        inner = [{"code": "GatewayTimeout", "message": "Kusto query timed out"}]
        return log_analytics.refuse.say(call, 504, "GatewayTimeout", "Gateway timeout", inner=inner)

    world.disturb(answer, api="log_analytics")


@scenario("empty-answers", "Log Analytics answers with success and nothing", "empty_answer")
def _empty_answers(world: World) -> None:
    world.disturb(always(200, None, {"Content-Length": "0"}), api="log_analytics")


@scenario("intercepted", "a proxy answers in place of Microsoft Graph", "intercepted", exit_code=INCOMPLETE)
def _intercepted(world: World) -> None:
    page = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>Blocked by policy</body></html>"
    world.disturb(always(200, page, {"Content-Type": "text/html"}), api="graph")


@scenario("host-unknown", "the name of Microsoft Graph does not resolve", "dns_failure", exit_code=INCOMPLETE)
def _host_unknown(world: World) -> None:
    world.disturb(Obstacle.NAME_UNKNOWN, api="graph")


@scenario("connection-refused", "Log Analytics refuses connections", "connection_failed", exit_code=INCOMPLETE)
def _connection_refused(world: World) -> None:
    world.disturb(Obstacle.REFUSED, api="log_analytics")


@scenario("tls-inspected", "an inspecting proxy presents its own certificate", "tls_untrusted", exit_code=INCOMPLETE)
def _tls_inspected(world: World) -> None:
    world.disturb(Obstacle.CERTIFICATE_FOREIGN)


@scenario("proxy-signs-in", "a proxy wants a user and a password", "proxy_auth_required", exit_code=INCOMPLETE)
def _proxy_signs_in(world: World) -> None:
    world.disturb(Obstacle.TUNNEL_UNAUTHENTICATED)


@scenario("proxy-denies", "a proxy does not allow Graph and Defender", "proxy_denied", exit_code=INCOMPLETE)
def _proxy_denies(world: World) -> None:
    world.disturb(Obstacle.TUNNEL_DENIED, api="graph")
    world.disturb(Obstacle.TUNNEL_DENIED, api="defender")


@scenario("proxy-fails", "a proxy cannot reach Log Analytics", "proxy_failed", exit_code=INCOMPLETE)
def _proxy_fails(world: World) -> None:
    world.disturb(Obstacle.TUNNEL_FAILED, api="log_analytics")


@scenario("no-answer", "Defender does not answer in time", "timed_out", exit_code=INCOMPLETE)
def _no_answer(world: World) -> None:
    world.disturb(Obstacle.SILENT, api="defender")


@scenario("unknown-error", "Microsoft Graph refuses with an unknown code", "unknown", exit_code=INCOMPLETE)
def _unknown_error(world: World) -> None:
    body = {"error": {"code": "QuotientOutOfRange", "message": "The quotient is out of range."}}
    world.disturb(always(418, body, JSON), api="graph")
