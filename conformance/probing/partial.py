"""Answers with status 200 that contain an error: their data is incomplete and proves nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from conformance.apis.endpoint import Endpoint
from conformance.connection import Connection
from conformance.findings import Finding, explain, finding
from conformance.probing.response import Response

LIMITS = frozenset({"query_partial", "query_timeout", "response_too_large"})
"""Causes of an answer that a service returns incomplete."""


class Erring(msgspec.Struct):
    """The ``error`` member of a JSON object of any API."""

    error: dict[str, Any] | None = None


def part(endpoint: Endpoint[Any], received: Response, connection: Connection) -> Finding | None:
    """Return the finding of a 200 whose JSON object has an ``error`` member, or None.

    Documented for Log Analytics (learn.microsoft.com/azure/azure-monitor/logs/api/response-format): incomplete tables,
    and ``PartialError`` with its inner codes beside them. An error beside data is ``query_partial``; an error alone
    means the same as with any other status.
    """
    if received.status != 200 or b'"error"' not in received.body:
        return None
    try:
        error = msgspec.json.decode(received.body, type=Erring).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not error:
        return None
    service = endpoint.api.name
    error_finding = explain(
        {"error": error}, status=200, headers=received.headers, service=service, facts=connection.facts()
    )
    try:
        msgspec.json.decode(received.body, type=endpoint.answers)
    except msgspec.ValidationError:
        return error_finding if error_finding.cause != "contract_violation" else None
    code = error_finding.code or error.get("code")
    also = tuple(sorted(LIMITS & {error_finding.cause} - {"query_partial"}))
    explanation = f"{endpoint.name} answered with a part of its data, and an error beside it: {code}."
    return finding("query_partial", about=service, code=code, also=also, explanation=explanation)
