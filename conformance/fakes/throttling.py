"""How each service says that it is asked too often, as far as that is known; every answer carries Retry-After."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from conformance.apis.endpoint import APIS
from conformance.fakes.answering import Call, respond


def _azure(call: Call, seconds: int) -> Any:
    """Azure Resource Manager and what is behind it. Known from an observed answer."""
    subject = f"subscription '{call.path.get('subscription_id', '')}' actor '{call.claims.get('oid', '')}'"
    message = f"Number of 'read' requests for {subject} exceeded. Please try again after '{seconds}' seconds."
    return {"error": {"code": "SubscriptionRequestsThrottled", "message": message}}


def _entra(call: Call, seconds: int) -> Any:
    """To apps Entra says it in plain text (documented with MSAL)."""
    return "Too Many Requests"


def _log_analytics(call: Call, seconds: int) -> Any:
    """Status and code are published; the words are made up."""
    return {"error": {"message": "The rate limit was exceeded.", "code": "ThrottledError"}}


def _graph(call: Call, seconds: int) -> Any:
    """Observed on another workload of Graph."""
    return {"error": {"code": "TooManyRequests", "message": "Too many requests."}}


def _defender(call: Call, seconds: int) -> Any:
    """Observed, with the figures of another operation."""
    return {"error": {"code": "429", "message": "API calls quota exceeded! maximum allowed 100 per 00:01:00"}}


BODIES: dict[str, Callable[[Call, int], Any]] = {
    "entra": _entra,
    "arm": _azure,
    "sentinel": _azure,
    "log_analytics": _log_analytics,
    "graph": _graph,
    "defender": _defender,
}
assert BODIES.keys() == APIS.keys()


def throttling(api: str, seconds: int) -> Callable[[Call], httpx.Response]:
    """The answer of an API that is asked too often, and wants to be asked again after ``seconds``."""
    body = BODIES[api]

    def answer(call: Call) -> httpx.Response:
        said = body(call, seconds)
        kind = "text/plain" if isinstance(said, str) else "application/json"
        return respond(call, 429, said, {"Content-Type": f"{kind}; charset=utf-8", "Retry-After": str(seconds)})

    return answer
