"""Facts of a run that fill in the commands of a fix."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import AppRole
from conformance.connection import Connection
from conformance.probing.evidence import Answer, Evidence, Exchange
from conformance.probing.tokens import Token

TOKEN = "token_"
"""The prefix of the names of probes that ask for a token, before the API's name."""


def run_facts(
    connection: Connection, evidence: Mapping[str, Evidence], probe: str | None, exchange: Exchange | None
) -> dict[str, str]:
    """Return the facts for a fix: the connection's ids, the app's object id, and the API and host of ``exchange``.

    ``probe`` is the refused probe. The fact ``roles`` lists the least permissions that the connection needs of the API.
    """
    facts = connection.facts()
    tokens = [
        answer.data for answer in evidence.values() if isinstance(answer, Answer) and isinstance(answer.data, Token)
    ]
    facts["client_id"] = facts["client_id"] or next((token.app_id for token in tokens if token.app_id), "")
    if object_id := next((token.object_id for token in tokens if token.object_id), None):
        facts["object_id"] = object_id
    if exchange:
        facts["host"] = urlsplit(exchange.url).hostname or ""
    api = probe.removeprefix(TOKEN) if probe and probe.startswith(TOKEN) else exchange.api if exchange else ""
    if api and api != "entra":
        facts["api"] = api
        facts["roles"] = ", ".join(least_roles(connection, api))
    return facts


def least_roles(connection: Connection, api: str) -> tuple[str, ...]:
    """Return the application permissions of an API that the connection needs: those it asks for, and those of the
    operations that it calls.
    """
    operations = (endpoint for endpoint in ENDPOINTS.values() if endpoint.api.name == api)
    needs = (endpoint.needs for endpoint in operations if connection.calls(endpoint))
    asked_for = (*connection.needs.required(api), *connection.needs.recommended(api))
    return tuple(sorted({*asked_for, *(need.name for need in needs if isinstance(need, AppRole))}))
