"""Verifications end with any answer of a service: no error is raised, no check passes wrongly, all have a cause."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance import Connection, verify
from conformance.apis import ENDPOINTS
from conformance.checks.registry import catalogue
from conformance.fakes import build
from conformance.findings import CAUSES
from conformance.probing.probe import PROBES
from conformance.sources.base import Channel
from conformance.verification.result import Report
from tests.contoso import SECRET, START, made_up
from tests.report_schema import assert_valid

HOSTS = {
    "entra": "login.microsoftonline.com",
    "arm": "management.azure.com",
    "log_analytics": "api.loganalytics.io",
    "graph": "graph.microsoft.com",
    "defender": "api.security.microsoft.com",
}
WORDS = ["error", "code", "message", "innererror", "value", "tables", "nextLink", "id", "error_codes", "roles"]
BODIES = st.one_of(
    st.binary(max_size=120),
    st.text(max_size=80).map(str.encode),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


class Garbled:
    """The virtual tenant with one host that gives the same answer to every request."""

    name = "fake:garbled"

    def __init__(self, host: str, answer: httpx.Response) -> None:
        self._host, self._answer = host, answer

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection, start=START)

        async def handler(request: httpx.Request) -> httpx.Response:
            if request.url.host != self._host:
                return await world.handler(request)
            answer = self._answer
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

        yield Channel(httpx.MockTransport(handler), world.clock, connection)


def garbled(api: str, status: int, headers: dict[str, str], body: bytes) -> Report:
    return verify(made_up(), source=Garbled(HOSTS[api], httpx.Response(status, headers=headers, content=body)))


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    api=st.sampled_from(sorted(HOSTS)),
    status=st.sampled_from(
        [200, 201, 204, 206, 301, 302, 400, 401, 403, 404, 405, 409, 418, 429, 500, 502, 503, 504, 599]
    ),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "retry-after", "date", "www-authenticate", "location", "set-cookie"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=24),
        max_size=3,
    ),
    body=BODIES,
)
@example("graph", 200, {}, b'{"value": []}')
@example("arm", 200, {}, b'{"value": [], "nextLink": "https://evil.example/"}')
@example("log_analytics", 200, {}, b'{"tables": []}')
@example("entra", 200, {"content-type": "text/html"}, b"<html></html>")
@example("defender", 301, {"location": "https://evil.example/"}, b"")
def test_a_verification_ends_with_a_verdict(api: str, status: int, headers: dict[str, str], body: bytes) -> None:
    report = garbled(api, status, headers, body)
    assert_valid(report.json())
    assert not [outcome for outcome in report.outcomes if outcome.status == "error"]
    assert {outcome.cause for outcome in report.outcomes} - {None} <= set(CAUSES)
    assert SECRET.encode() not in report.json()


def test_no_check_passes_on_an_empty_or_invalid_answer(subtests: pytest.Subtests) -> None:
    for status, body in [
        (200, b"[]"),
        (200, b"{}"),
        (200, b"null"),
        (200, b"<html></html>"),
        (403, b""),
        (500, b"oops"),
        (599, b""),
    ]:
        for api in sorted(HOSTS):
            with subtests.test(status=status, body=body, api=api):
                report = garbled(api, status, {}, body)
                passed = {outcome.check for outcome in report.outcomes if outcome.status == "passed"}
                probes = {"discovery"} if api == "entra" else {name for name in PROBES if belongs(name, api)}
                for check in catalogue().values():
                    needed = {probe for parameter, probe in check.needs.items() if not check.parameters[parameter]}
                    if needed & probes:
                        assert check.id not in passed, check.id
                assert report.verdict.status != "conformant"


def belongs(probe: str, api: str) -> bool:
    """Return whether a probe sends its request to an API's host, decided by the module that declares it."""
    module = PROBES[probe].function.__module__.rpartition(".")[2]
    return module == api or (api == "arm" and module == "sentinel")


def test_all_hosts_are_covered() -> None:
    assert {endpoint.api.name for endpoint in ENDPOINTS.values()} - {"sentinel", "managed_identity"} == set(HOSTS)
