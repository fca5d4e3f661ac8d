"""Codes with little meaning: those used by many makers, and those that repeat the status."""

from __future__ import annotations

from conformance.findings.signal import Signal

GENERIC = frozenset(
    {
        "badrequest", "forbidden", "unauthorized", "notfound", "conflict", "unknownerror", "failed", "error",
        "internalservererror", "invalidrequest", "invalid_request", "invalid_client", "invalid_grant",
        "unauthorized_client", "invalid_resource", "access_denied", "invalid_scope", "interaction_required",
        "accessdenied", "badargumenterror", "authorization_requestdenied",
    }
)  # fmt: skip
"""Codes that say little more than the status does: a specific text outweighs them."""

VAGUE = frozenset({"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "access_denied"})
"""OAuth values that Entra's number explains: beside an unknown number they say nothing."""

PLAIN = frozenset(
    {
        "badrequest", "forbidden", "unauthorized", "notfound", "conflict", "unknownerror", "failed", "error",
        "accessdenied", "internalservererror", "invalidrequest", "operationfailed", "interactionrequired",
        "serviceerror", "authorizationpending", "requesttimeout", "internalerror", "locked", "inuse",
    }
)  # fmt: skip
"""Codes that services of any maker have: where it is not known whose they are, they say nothing by themselves."""


def has_own_code(signal: Signal) -> bool:
    """Return whether the answer has a code with more meaning than its status."""
    return any(code not in GENERIC and not code.isdecimal() for code in signal.lower_codes)
