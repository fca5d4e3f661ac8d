"""An answer reduced to what can be matched: status, shape, codes, numbers and words, whatever form it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.findings import pasted
from conformance.findings.body import LIMIT, Contents, Shape, contents, parsed, shape_of, text_of

SERVICES: Mapping[str, str] = {
    "entra": "entra",
    "arm": "arm",
    "log_analytics": "log_analytics",
    "loganalytics": "log_analytics",
    "sentinel": "sentinel",
    "securityinsights": "sentinel",
    "graph": "graph",
    "microsoft_graph": "graph",
    "defender": "defender",
    "mde": "defender",
}
"""The names under which a service may be given, and the names of its catalogue."""

_LOG_ANALYTICS = frozenset(
    {
        "badargumenterror",
        "insufficientaccesserror",
        "invalidtokenerror",
        "pathnotfounderror",
        "partialerror",
        "throttlederror",
        "workspacenotplacederror",
    }
)


@dataclass(frozen=True)
class Signal:
    """What an answer says. ``codes`` run from the outermost inwards, ``mentions`` are words that look like one.

    ``status`` is the HTTP status, told by the caller or by the text itself. ``service`` is None if nothing tells it.
    """

    status: int | None
    service: str | None
    shape: Shape
    codes: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    messages: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @cached_property
    def words(self) -> str:
        """The messages, for the few cases that a code alone does not decide."""
        return ("\n".join(self.messages) or self.text)[:8192]

    @cached_property
    def lower_codes(self) -> tuple[str, ...]:
        return tuple(code.lower() for code in self.codes)

    @cached_property
    def lower_mentions(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.mentions)

    @cached_property
    def refused(self) -> pasted.Refused | None:
        """Who was refused what and where, if the answer is one of Azure RBAC."""
        return next((found for text in (*self.messages, self.text) if (found := pasted.refused(text))), None)

    @cached_property
    def roles(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The app roles asked for and carried, if the answer tells them."""
        return pasted.roles(self.words)


def read(
    body: Any, *, status: Any = None, headers: Mapping[Any, Any] | None = None, service: str | None = None
) -> Signal:
    """Reads any answer. Never raises: what cannot be read is text, or nothing."""
    lower = {str(name).lower(): str(value)[:LIMIT] for name, value in (headers or {}).items()}
    text = text_of(body)
    value = body if isinstance(body, Mapping | list) else parsed(text)
    shape = shape_of(text, value, lower.get("content-type", "").lower())
    found = contents(text, value, shape)
    told = status if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599 else None
    known = SERVICES.get(service.strip().lower().replace("-", "_").replace(" ", "_")) if service else None
    return Signal(
        status=told or found.status,
        service=known or guess(found, text, shape, lower),
        shape=shape,
        codes=tuple(found.codes),
        mentions=tuple(found.mentions),
        numbers=tuple(found.numbers),
        messages=tuple(found.messages),
        headers=lower,
        text=text,
    )


def guess(found: Contents, text: str, shape: Shape, headers: Mapping[str, str]) -> str | None:
    """The service that answers in this form; None if several do."""
    codes = {code.lower() for code in (*found.codes, *found.mentions)}
    if found.numbers or {"error_description", "error_codes"} & found.keys:
        return "entra"
    if codes & _LOG_ANALYTICS:
        return "log_analytics"
    if "microsoft.securityinsights" in text.lower() or "microsoft sentinel" in text.lower():
        return "sentinel"
    if "x-ms-ags-diagnostic" in headers or {"request-id", "client-request-id"} & found.keys:
        return "graph"
    if "x-ms-failure-cause" in headers or "authorizationfailed" in codes or "/subscriptions/" in text.lower():
        return "arm"
    if any(audience.startswith("https://api.security") for audience in pasted.audiences(text)):
        return "defender"
    return "log_analytics" if "correlationid" in found.keys and shape == "json" else None
