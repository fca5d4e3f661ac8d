"""A hostile service: its answers are never reported as a fault of this suite, and secrets go only to Entra."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from conformance import Connection, verify
from conformance.fakes import build
from conformance.sources.base import Channel
from conformance.verification.result import Report
from tests.contoso import START, made_up

DISCOVERY, TOKEN = "/.well-known/openid-configuration", "/oauth2/v2.0/token"
OTHER = "0ddba11d-0c0f-4c0f-a11c-00000000000f"


class Hostile:
    """The virtual tenant with other answers for requests whose path ends with ``where``, or whose host it is."""

    name = "fake:hostile"

    def __init__(self, where: str, content: bytes | None = None, **members: Any) -> None:
        self._where, self._content, self._members = where, content, members
        self.requests: list[httpx.Request] = []

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, start=START)

        async def handler(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            if not request.url.path.endswith(self._where) and request.url.host != self._where:
                return await world.handler(request)
            if self._content is not None:
                return httpx.Response(200, headers={"content-type": "application/json"}, content=self._content)
            answer = await world.handler(request)
            return httpx.Response(200, json={**json.loads(answer.content), **self._members})

        yield Channel(httpx.MockTransport(handler), world.clock, connection)


def causes(report: Report) -> list[tuple[str, str]]:
    return [(issue.root.check, issue.root.finding.cause) for issue in report.verdict.root_causes]


def test_the_secret_goes_to_no_other_token_endpoint(subtests: pytest.Subtests) -> None:
    for endpoint in [
        f"https://login.microsoftonline.com/{OTHER}/oauth2/v2.0/token",
        "http://login.microsoftonline.com/7e4a11ed-0c0f-4c0f-a11c-000000000001/oauth2/v2.0/token",
        "https://evil.example/7e4a11ed-0c0f-4c0f-a11c-000000000001/oauth2/v2.0/token",
        "https://login.microsoftonline.com:8443/7e4a11ed-0c0f-4c0f-a11c-000000000001/oauth2/v2.0/token",
        "https://user@login.microsoftonline.com/7e4a11ed-0c0f-4c0f-a11c-000000000001/oauth2/v2.0/token",
        "https://[",
        "",
    ]:
        with subtests.test(endpoint=endpoint):
            source = Hostile(DISCOVERY, token_endpoint=endpoint)
            report = verify(made_up(), source=source)
            assert [cause for _, cause in causes(report)] == ["contract_violation"]
            assert not [request for request in source.requests if request.method == "POST"]
            assert not [outcome for outcome in report.outcomes if outcome.status == "error"]


def test_a_tenant_named_by_domain_has_an_endpoint_with_its_id() -> None:
    report = verify(made_up(tenant_id="contoso.onmicrosoft.com"), source="fake", checks=["AUTH-001", "AUTH-003"])
    assert report.ok, report.verdict.summary


DEEP = b"[" * 100_000
BODIES = {
    "deep": DEEP,
    "deep and closed": b"[" * 5000 + b"]" * 5000,
    "deep in a member": b'{"x": ' + DEEP,
    "deep in what is asked for": b'{"value": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep rows": b'{"tables": [{"name": "a", "columns": [], "rows": [' + b"[" * 5000 + b"]" * 5000 + b"]}]}",
    "a huge number": b'{"value": ' + b"9" * 5000 + b', "expires_in": 1e999}',
    "numbers": b'{"token_type": "Bearer", "expires_in": ' + b"9" * 5000 + b', "access_token": "a"}',
    "empty": b"",
    "blank": b"  \n",
    "null": b"null",
}


@pytest.mark.slow
def test_errors_of_a_service_are_not_reported_as_internal_errors(subtests: pytest.Subtests) -> None:
    hosts = (DISCOVERY, TOKEN, "management.azure.com", "api.loganalytics.io", "graph.microsoft.com")
    for where in hosts:
        for name, content in BODIES.items():
            with subtests.test(where=where, body=name):
                report = verify(made_up(), source=Hostile(where, content))
                assert not [outcome for outcome in report.outcomes if outcome.status == "error"]
                assert report.verdict.status != "conformant"


def test_a_token_unfit_for_a_header_is_a_broken_promise(subtests: pytest.Subtests) -> None:
    for token in ["", " ", "a b", "line\nbreak", "ümlaut", "x" * 100_000]:
        with subtests.test(token=token):
            report = verify(made_up(), source=Hostile(TOKEN, access_token=token))
            assert {cause for _, cause in causes(report)} == {"contract_violation"}
            assert not [outcome for outcome in report.outcomes if outcome.status == "error"]
