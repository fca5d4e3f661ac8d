"""Scenarios of a gateway between the client and the services, which changes requests and answers on their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx

from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.world import World


def without_options(*names: str) -> Callable[[Call], httpx.Response]:
    """Return a handler that answers as if a request had none of these query options."""

    def answer(call: Call) -> httpx.Response:
        request = call.request
        url = request.url
        for name in names:
            url = url.copy_remove_param(name)
        extensions = request.extensions
        request = httpx.Request(request.method, url, headers=request.headers, extensions=extensions)
        return undisturbed(replace(call, request=request))

    return answer


def without_header(name: str) -> Callable[[Call], httpx.Response]:
    """Return a handler that answers as if a request did not have this header."""

    def answer(call: Call) -> httpx.Response:
        request = call.request
        headers = httpx.Headers(request.headers)
        headers.pop(name, None)
        extensions, content = request.extensions, request.content
        request = httpx.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)
        return undisturbed(replace(call, request=request))

    return answer


@scenario("pages-repeated", "a gateway drops the continuation token of Sentinel's lists", "contract_violation")
def _pages_repeated(world: World) -> None:
    world.disturb(without_options("$skipToken"), endpoint="sentinel.incidents")


@scenario("sentinel-options-dropped", "a gateway drops $filter and $orderby for Sentinel", "contract_violation")
def _sentinel_options_dropped(world: World) -> None:
    world.disturb(without_options("$filter", "$orderby"), endpoint="sentinel.incidents")


@scenario("graph-options-dropped", "a gateway drops $filter for Microsoft Graph", "contract_violation")
def _graph_options_dropped(world: World) -> None:
    world.disturb(without_options("$filter"), endpoint="graph.alerts")


@scenario("defender-options-dropped", "a gateway drops $skip for Defender for Endpoint", "contract_violation")
def _defender_options_dropped(world: World) -> None:
    world.disturb(without_options("$skip"), endpoint="defender.machines")


@scenario("preferences-dropped", "a gateway drops the header Prefer for Log Analytics", notes=("contract_violation",))
def _preferences_dropped(world: World) -> None:
    world.disturb(without_header("prefer"), api="log_analytics")


@scenario("tokens-cacheable", "a gateway drops Cache-Control from Entra's answers", notes=("contract_violation",))
def _tokens_cacheable(world: World) -> None:
    def answer(call: Call) -> httpx.Response:
        response = undisturbed(call)
        response.headers.pop("Cache-Control", None)
        return response

    world.disturb(answer, endpoint="entra.token")
