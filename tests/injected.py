"""Raw answers of one service, placed in front of a healthy virtual tenant; written by hand from published documents."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from conformance import Connection
from conformance.apis import ENDPOINTS
from conformance.checks.outcome import Root
from conformance.connection import CLOUDS
from conformance.connection.managed_identity import is_local
from conformance.fakes import build
from conformance.sources.base import Channel
from conformance.verification.api import verify
from tests.contoso import START, made_up


@dataclass(frozen=True)
class Injection:
    """An answer for all operations in ``places``: names of APIs (``graph``) or of operations (``graph.alerts``).

    ``body`` is text or JSON. ``change``, if given, changes the JSON of the genuine success instead. Requests whose body
    contains the bytes ``unless`` get the genuine answer.
    """

    places: tuple[str, ...]
    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Any], Any] | None = None
    unless: bytes | None = None

    def meets(self, operation: str, request: httpx.Request) -> bool:
        if self.unless and self.unless in request.content:
            return False
        return operation in self.places or operation.partition(".")[0] in self.places

    def answer(self, genuine: httpx.Response, date: str) -> httpx.Response:
        headers = {"date": date, "content-type": "application/json; charset=utf-8", **self.headers}
        if self.change is None:
            content = self.body if isinstance(self.body, str) else json.dumps(self.body)
            return httpx.Response(self.status, headers=headers, content=content.encode())
        if genuine.status_code != 200:
            return genuine
        return httpx.Response(200, headers=headers, content=json.dumps(self.change(genuine.json())).encode())


def operation(request: httpx.Request, connection: Connection) -> str:
    """Return the name of the operation that a request calls, or an empty text."""
    path = request.url.path
    host = "" if is_local(request.url.host) else request.url.host  # no cloud has a managed identity endpoint
    for name, pattern in _operations(connection.cloud.name).get((request.method, host), ()):
        if pattern.fullmatch(path):
            return name
    return ""


@cache
def _operations(cloud: str) -> Mapping[tuple[str, str], Sequence[tuple[str, re.Pattern[str]]]]:
    """Return the names and path patterns of the operations in a cloud, by method and host."""
    operations: dict[tuple[str, str], list[tuple[str, re.Pattern[str]]]] = {}
    for endpoint in ENDPOINTS.values():
        host = httpx.URL(CLOUDS[cloud].host(endpoint.api) or "").host
        operations.setdefault((endpoint.method, host), []).append((endpoint.name, endpoint.pattern))
    return operations


@dataclass(frozen=True)
class Injected:
    """A source: the virtual tenant in the state of a scenario, with injected answers."""

    injections: tuple[Injection, ...]
    scenario: str = "healthy"
    name: str = "injected"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, self.scenario, START)

        async def handler(request: httpx.Request) -> httpx.Response:
            genuine = await world.handler(request)
            name = operation(request, world.connection)
            date = world.clock.service_now().strftime("%a, %d %b %Y %H:%M:%S GMT")
            for injection in self.injections:
                if injection.meets(name, request):
                    return injection.answer(genuine, date)
            return genuine

        yield Channel(httpx.MockTransport(handler), world.clock, world.connection)


def roots(*injections: Injection, scenario: str = "healthy", **values: object) -> list[Root]:
    """Return the root causes when the made-up connection with these values is verified against these injections."""
    report = verify(made_up(**values), source=Injected(injections, scenario))
    return [issue.root for issue in report.verdict.root_causes]


def reclaimed(token: str, claims: Mapping[str, Any]) -> str:
    """Return a token with changed claims (None removes a claim) and its original signature."""
    head, payload, signature = token.split(".")
    payload_claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | claims
    present = {name: value for name, value in payload_claims.items() if value is not None}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(present).encode()).rstrip(b'=').decode()}.{signature}"


def tokens(audience: str, **claims: Any) -> Injection:
    """Return an injection that changes claims of the tokens for one audience (given as a part of its URI)."""

    def change(body: Any) -> Any:
        issued = body["access_token"]
        payload = issued.split(".")[1]
        ours = audience.encode() in base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return body | {"access_token": reclaimed(issued, claims)} if ours else body

    return Injection(("entra.token",), change=change)
