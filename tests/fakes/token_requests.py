"""Token requests to the virtual Entra, and the numbers of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from conformance.fakes import World
from tests.contoso import made_up

URL = f"https://login.microsoftonline.com/{made_up().tenant_id}/oauth2/v2.0/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BASE = {
    "grant_type": "client_credentials",
    "client_id": made_up().client_id,
    "scope": "https://graph.microsoft.com/.default",
}


def post(world: World, content: str | bytes, headers: Mapping[str, str] = FORM) -> tuple[int, int]:
    """Return the status and the AADSTS number of the answer to a token request; 0 for a token."""
    answer = asyncio.run(world.handler(httpx.Request("POST", URL, headers=headers, content=content)))
    return answer.status_code, answer.json().get("error_codes", [0])[0]


def with_assertion(world: World, assertion: str, **fields: str) -> tuple[int, int]:
    """Ask for a token by a client assertion; return the status and the number of the error, or 0."""
    kind = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    return post(world, urlencode({**BASE, **kind, "client_assertion": assertion, **fields}))
