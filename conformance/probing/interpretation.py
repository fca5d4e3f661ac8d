"""An answer of a service as evidence: of the documented shape, or a refusal with its finding."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Any

import httpx
import msgspec

from conformance.apis.endpoint import Endpoint
from conformance.connection import Connection
from conformance.findings import Finding, explain, finding
from conformance.network.interception import answered_on_the_way, intercepted_finding
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.partial import part
from conformance.probing.response import Response


def read(name: str, endpoint: Endpoint[Any], received: Response, connection: Connection) -> Evidence:
    """Return an answer of the documented shape, or a refusal with its finding. Raises nothing for any answer."""
    by = received.exchange.issuer

    def refused(cause_finding: Finding) -> Refusal:
        host = httpx.URL(received.exchange.url).host
        return Refusal(
            name, intercepted_finding(cause_finding, by, host), received.exchange, received.headers, received.body
        )

    service = endpoint.api.name
    if (incomplete := part(endpoint, received, connection)) is not None:
        return refused(incomplete)
    body = received.body.removeprefix(BOM_UTF8)  # a JSON parser may ignore it (RFC 8259, section 8.1)
    if received.status == 200 and body.strip():
        content_type = received.headers.get("content-type", "")
        if "html" not in content_type.lower() and body.lstrip()[:1] in (b"{", b"["):
            try:
                return Answer(
                    name,
                    msgspec.json.decode(body, type=endpoint.answers),
                    received.exchange,
                    received.headers,
                    received.body,
                )
            except msgspec.ValidationError as error:
                problem = f"not in its documented shape: {error}"
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # data, cut off or garbled
                problem = f"with JSON that cannot be read: {error}"
            explanation = f"{endpoint.name} answered 200, but {problem}."
            return refused(finding("contract_violation", about=service, code=endpoint.name, explanation=explanation))
    result = explain(
        received.body, status=received.status, headers=received.headers, service=service, facts=connection.facts()
    )
    host = httpx.URL(received.exchange.url).host
    if service != "entra":  # Entra itself says that a client's TLS is too old
        result = answered_on_the_way(result, host)
    if intercepted_finding(result, by, host).cause != result.cause:
        return refused(result)
    not_found = endpoint.not_found
    if result.cause == "object_not_found" and result.certainty == "likely" and not_found:
        also = (result.cause,)
        result = finding(
            not_found, facts=connection.facts(), certainty="likely", also=also, about=service, code=result.code
        )
    return refused(result)
