"""Throttling answers of each service, as far as known; every answer has Retry-After."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from conformance.apis.endpoint import APIS
from conformance.fakes.services import arm_gateway, defender, entra, graph, log_analytics, sentinel
from conformance.fakes.services.routes import Call, Refuser, respond

AZURE = (
    "SubscriptionRequestsThrottled",
    "Number of 'read' requests for subscription '{subscription}' actor '{actor}' exceeded."
    " Please try again after '{seconds}' seconds.",
)
"""Refusals of Azure Resource Manager and of the services behind it (observed)."""
REFUSALS: Mapping[str, tuple[Refuser, str, str]] = {
    "arm": (arm_gateway.refuse, *AZURE),
    "sentinel": (sentinel.refuse, *AZURE),
    # Status and code are published; the words are made up.
    "log_analytics": (log_analytics.refuse, "ThrottledError", "The rate limit was exceeded."),
    # Observed on another workload of Graph.
    "graph": (graph.refuse, "TooManyRequests", "Too many requests."),
    # Observed, with the figures of another operation.
    "defender": (defender.refuse, "429", "API calls quota exceeded! maximum allowed 100 per 00:01:00"),
}
"""Code and text by API."""
assert {*REFUSALS, "entra"} == APIS.keys()


def throttling(api: str, seconds: int) -> Callable[[Call], httpx.Response]:
    """Return a function that gives the throttling answer of an API, with a Retry-After of ``seconds``."""
    wait = {"Retry-After": str(seconds)}

    def answer(call: Call) -> httpx.Response:
        if api == "entra":  # to apps in plain text, documented with MSAL
            plain = {**entra.headers(call, 429), "Content-Type": "text/plain; charset=utf-8", **wait}
            return respond(call, 429, "Too Many Requests", plain)
        refuse, code, text = REFUSALS[api]
        values = {"subscription": call.path.get("subscription_id", ""), "actor": call.claims.get("oid", "")}
        return refuse.say(call, 429, code, text.format(seconds=seconds, **values), wait)

    return answer
