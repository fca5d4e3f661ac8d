"""An answer reduced to the parts that can be matched: status, shape, codes, numbers and words, from any form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from conformance.findings import hosts, http_text, pasted, structure
from conformance.findings.body import LIMIT, Shape, parse_json, shape_of, text_of
from conformance.findings.contents import Contents
from conformance.findings.lazy_pattern import lazy_pattern
from conformance.findings.members import read_contents

SERVICES: Mapping[str, str] = {
    "entra": "entra",
    "managed_identity": "managed_identity",
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


_OAUTH = frozenset({"invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope", "invalid_resource"})
_LOCAL = _OAUTH | {"invalid_request", "access_denied", "too_many_requests", "unknown"}
"""Codes that the endpoint of managed identities has in common with Entra."""
_AZURE = lazy_pattern(r"/subscriptions/|'Microsoft\.(?!Graph)[A-Z]\w+|\bMicrosoft\.(?!Graph)[A-Z]\w+/\w", re.IGNORECASE)
_MANAGED_IDENTITY = lazy_pattern(
    r"ManagedIdentity(?:Credential|Error)|\bIMDS\b|ImdsCredential|\bMSI endpoint|\bconnect to MSI\b"
    r"|user.assigned identities exist|no (?:available identity|identity is available)"
    r"|Managed Identity found for specified|/msi/token\b",
    re.IGNORECASE,
)
"""Words of the endpoint that gives managed identities their tokens, and of its clients: it answers in Entra's form."""
_ERROR_DOCUMENT = lazy_pattern(r"<\?xml|<(?:\w{1,20}:)?(?:error|errorresponse)\b", re.IGNORECASE)
_PAGE = lazy_pattern(r"<!doctype html|<html[\s>]", re.IGNORECASE)


@dataclass(frozen=True)
class Signal:
    """The content of an answer. ``codes`` are ordered from the outermost inwards; ``mentions`` are words that look like
    codes.

    ``status`` is the HTTP status, from the caller or from the text itself. ``service`` is None if it is not known.
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
    other: str | None = None
    """The service of Microsoft that answered, where it is none of a connection's."""
    stranger: str | None = None
    """The sender of an answer that is not Microsoft's."""
    path: str = ""
    """Path and query of the request, if the text contains them."""

    @cached_property
    def words(self) -> str:
        """Return the messages, for the few cases that a code alone does not decide."""
        return ("\n".join(self.messages) or self.text)[:8192]

    @cached_property
    def lower_codes(self) -> tuple[str, ...]:
        """Return the codes in lower case, in their order."""
        return tuple(code.lower() for code in self.codes)

    @cached_property
    def lower_mentions(self) -> frozenset[str]:
        """Return the mentioned words in lower case."""
        return frozenset(word.lower() for word in self.mentions)

    @cached_property
    def refused(self) -> pasted.Refused | None:
        """Return the refused principal, action and scope, if the answer is a refusal of Azure RBAC."""
        return next((refusal for text in (*self.messages, self.text) if (refusal := pasted.refusal_in(text))), None)

    @cached_property
    def roles(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return the app roles required and carried, if the answer states them."""
        return pasted.roles(self.words)


def read(
    body: Any, *, status: Any = None, headers: Mapping[Any, Any] | None = None, service: str | None = None
) -> Signal:
    """Return the signal of any answer.

    Never raises: unreadable input counts as text, or as nothing. If a text contains whole HTTP answers, the first
    refusal among them is used.
    """
    text = text_of(body)
    if isinstance(body, str | bytes) and not headers and (printed := _printed(text)):
        answer = _reduced(printed.body, text_of(printed.body), status or printed.status, printed.headers, service)
        return replace(answer, **_at(printed.address, answer))
    return _reduced(body, text, status, headers or {}, service)


def _reduced(body: Any, text: str, status: Any, headers: Mapping[Any, Any], service: str | None) -> Signal:
    lower = {str(name).lower(): str(value)[:LIMIT] for name, value in headers.items()}
    value = body if isinstance(body, Mapping | list) else parse_json(text)
    shape = shape_of(text, value, lower.get("content-type", "").lower())
    contents = read_contents(text, value, shape)
    given_status = status if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599 else None
    service_name = SERVICES.get(service.strip().lower().replace("-", "_").replace(" ", "_")) if service else None
    place = _place(contents)
    where, other = (hosts.service_of(place) or (None, None)) if place else (None, None)
    if where == hosts.OTHER or (where and given_status is None):
        service_name = where  # the host in the text is more reliable than the user's choice
    if shape == "xml" and given_status is None and not _ERROR_DOCUMENT.match(text):
        shape = "text"  # XML of a tool around a sentence
    if shape == "text" and not lower:
        lower = http_text.logged_headers(text)
    if not contents.codes and not contents.numbers and shape not in ("html", "empty"):
        contents.mentions += structure.implied_codes("\n".join(contents.messages))
    if shape == "text":
        shape = contents.inner or ("html" if _PAGE.search(text) and not contents.codes else shape)
    return Signal(
        status=given_status or contents.status,
        service=service_name or where or guess(contents, text, shape, lower),
        shape=shape,
        codes=tuple(contents.codes),
        mentions=tuple(contents.mentions),
        numbers=tuple(contents.numbers),
        messages=tuple(contents.messages),
        headers=lower,
        text=text,
        other=other,
        stranger=None if given_status or service_name or contents.numbers else hosts.stranger(contents.addresses, text),
        path=place.path if place else "",
    )


def _printed(text: str) -> http_text.HttpAnswer | None:
    """Return the first refusal among the HTTP answers in a text, else the last answer, else None."""
    printed = http_text.answers(text)
    return next((answer for answer in printed if answer.status >= 400), printed[-1] if printed else None)


def _at(address: hosts.Address | None, signal: Signal) -> dict[str, Any]:
    """Return the fields of a signal that follow from the address of the request."""
    where, other = (hosts.service_of(address) or (None, None)) if address else (None, None)
    if address is None or where is None or signal.numbers:
        return {}
    return {"service": where, "other": other, "path": address.path}


def _place(contents: Contents) -> hosts.Address | None:
    """Return the address of the refused request. The last of several counts, because a wrapped error ends with the
    original one.
    """
    ours = [address for address in contents.addresses if hosts.service_of(address)]
    if ours:
        return ours[-1]
    by_service = {hosts.service_of(address): address for address in contents.named_addresses}
    by_service.pop(None, None)
    return next(iter(by_service.values())) if len(by_service) == 1 and not contents.numbers else None


def guess(contents: Contents, text: str, shape: Shape, headers: Mapping[str, str]) -> str | None:
    """Return the service that answers in this form; None if several do."""
    local = _LOCAL.issuperset(code.lower() for code in contents.codes)
    if local and not contents.numbers and _MANAGED_IDENTITY.search(text):
        return hosts.OTHER
    codes = {code.lower() for code in (*contents.codes, *contents.mentions)}
    refused = "error_description" in text and "invalid_request" not in codes
    if refused and not contents.numbers and not hosts.has_sign(text):
        return None  # a sign-in of another maker: Entra's descriptions begin with a number
    if codes & _OAUTH or contents.numbers or {"error_description", "error_codes"} & contents.keys:
        return "entra"
    if any(code.startswith(("authorization_", "request_", "authentication_")) for code in codes):
        return "graph"
    if codes & _LOG_ANALYTICS:
        return "log_analytics"
    if "microsoft.securityinsights" in text.lower() or "microsoft sentinel" in text.lower():
        return "sentinel"
    if "x-ms-ags-diagnostic" in headers or {"request-id", "client-request-id"} & contents.keys:
        return "graph"
    if "x-ms-failure-cause" in headers or "authorizationfailed" in codes or _AZURE.search(text):
        return "arm"
    if any(audience.startswith("https://api.security") for audience in pasted.audiences(text)):
        return "defender"
    if shape == "text" and (by_words := hosts.service_in_words(text)):
        return by_words
    return "log_analytics" if "correlationid" in contents.keys and shape == "json" else None
