"""Services that fail, and networks that come between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from conformance.fakes.answering import Call, respond
from conformance.fakes.scenarios.declaring import scenario
from conformance.fakes.world import World
from conformance.verdict import ExitCode

JSON = {"Content-Type": "application/json; charset=utf-8"}
INCOMPLETE = ExitCode.INCOMPLETE


def always(status: int, body: Any, headers: dict[str, str]) -> Callable[[Call], httpx.Response]:
    """The same answer to everything."""
    return lambda call: respond(call, status, body, headers)


def failing(kind: type[httpx.TransportError], message: str) -> Callable[[Call], httpx.Response]:
    """No answer at all, but this error of the network."""

    def fail(call: Call) -> httpx.Response:
        raise kind(message, request=call.request)

    return fail


@scenario("throttled", "Azure asks to slow down at first, then answers", notes=("throttled",))
def _throttled(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        subscription = call.path.get("subscription_id", "")
        subject = f"subscription '{subscription}' actor '{call.claims.get('oid', '')}'"
        message = f"Number of 'read' requests for {subject} exceeded. Please try again after '5' seconds."
        return respond(
            call,
            429,
            {"error": {"code": "SubscriptionRequestsThrottled", "message": message}},
            {"Content-Type": "application/json; charset=utf-8", "Retry-After": "5"},
        )

    world.disturb(answer, api="sentinel", times=3)


@scenario("service-down", "Log Analytics is not available", "service_fault", exit_code=ExitCode.INCOMPLETE)
def _service_down(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        body = {"error": {"message": "The service is unavailable", "code": "ServiceUnavailableError"}}
        return respond(call, 503, body, {"Content-Type": "application/json; charset=utf-8", "Retry-After": "5"})

    world.disturb(answer, api="log_analytics")


@scenario("throttled-for-good", "Defender keeps asking to slow down", "throttled", exit_code=INCOMPLETE)
def _throttled_for_good(world: World) -> None:
    body = {"error": {"code": "429", "message": "API calls quota exceeded! maximum allowed 100 per 00:01:00"}}
    world.disturb(always(429, body, {**JSON, "Retry-After": "30"}), api="defender")


@scenario("query-timeout", "queries run past their time", "query_timeout", exit_code=INCOMPLETE)
def _query_timeout(world: World) -> None:
    inner = {"code": "GatewayTimeout", "message": "Kusto query timed out"}
    body = {"error": {"message": "Gateway timeout", "code": "GatewayTimeout", "innererror": inner}}
    world.disturb(always(504, body, JSON), api="log_analytics")


@scenario("empty-answers", "Log Analytics answers with success and nothing", "empty_answer")
def _empty_answers(world: World) -> None:
    world.disturb(always(200, None, {"Content-Length": "0"}), api="log_analytics")


@scenario("intercepted", "a proxy answers in place of Microsoft Graph", "intercepted", exit_code=INCOMPLETE)
def _intercepted(world: World) -> None:
    page = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>Blocked by policy</body></html>"
    world.disturb(always(200, page, {"Content-Type": "text/html"}), api="graph")


@scenario("host-unknown", "the name of Microsoft Graph does not resolve", "dns_failure", exit_code=INCOMPLETE)
def _host_unknown(world: World) -> None:
    world.disturb(failing(httpx.ConnectError, "[Errno -2] Name or service not known"), api="graph")


@scenario("connection-refused", "Log Analytics refuses connections", "connection_failed", exit_code=INCOMPLETE)
def _connection_refused(world: World) -> None:
    world.disturb(failing(httpx.ConnectError, "[Errno 111] Connection refused"), api="log_analytics")


@scenario("tls-inspected", "an inspecting proxy presents its own certificate", "tls_untrusted", exit_code=INCOMPLETE)
def _tls_inspected(world: World) -> None:
    message = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"
    world.disturb(failing(httpx.ConnectError, message))


@scenario("no-answer", "Defender does not answer in time", "timed_out", exit_code=INCOMPLETE)
def _no_answer(world: World) -> None:
    world.disturb(failing(httpx.ReadTimeout, "timed out"), api="defender")


@scenario("unknown-error", "Microsoft Graph refuses with a code that nobody knows", "unknown", exit_code=INCOMPLETE)
def _unknown_error(world: World) -> None:
    body = {"error": {"code": "QuotientOutOfRange", "message": "The quotient is out of range."}}
    world.disturb(always(418, body, JSON), api="graph")
