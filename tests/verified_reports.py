"""Reports of verifications on the virtual tenant, shared by many tests, with the refusals of its services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache

import httpx

from conformance import Connection, explain
from conformance.apis import ENDPOINTS
from conformance.fakes import Fake
from conformance.findings import Finding
from conformance.sources.base import Channel
from conformance.verification.api import verify
from conformance.verification.baseline import Baseline
from conformance.verification.result import Report
from tests.contoso import START, made_up
from tests.injected import operation


class Observed(Fake):
    """The virtual tenant in a scenario, at a fixed moment.

    ``refusals``: the unsuccessful answers, each with the name of the API that gave it, or None.
    """

    def __init__(self, scenario: str) -> None:
        super().__init__(scenario, START)
        self.refusals: list[tuple[str | None, httpx.Response]] = []

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        async with super().open(connection) as channel:

            async def handler(request: httpx.Request) -> httpx.Response:
                response = await channel.transport.handle_async_request(request)
                content = await response.aread()
                if response.status_code != 200 or b'"error"' in content or not content.startswith(b"{"):
                    endpoint = ENDPOINTS.get(operation(request, channel.connection))
                    self.refusals.append((endpoint.api.name if endpoint else None, response))
                return response

            yield replace(channel, transport=httpx.MockTransport(handler))


def report_of(
    scenario: str = "healthy",
    checks: tuple[str, ...] | None = None,
    wait: float = 0.0,
    baseline: Baseline = (),
    name: str = "contoso",
) -> Report:
    """Return the report on the made-up connection of this name, in a scenario, at a fixed moment.

    The report is computed once per session and set of arguments, explicit or default: a report does not change.
    """
    return _verified(scenario, checks, wait, baseline, name)[0]


@cache
def _verified(
    scenario: str, checks: tuple[str, ...] | None, wait: float, baseline: Baseline, name: str
) -> tuple[Report, Observed]:
    """Return the report of :func:`report_of`, and the source of its answers."""
    source = Observed(scenario)
    return verify(made_up(name=name), source=source, checks=checks, wait=wait, baseline=baseline), source


def entries_of(scenario: str) -> set[str | None]:
    """Return the catalogue entries that explain the refusals of a scenario."""
    _, source = _verified(scenario, None, 0.0, (), "contoso")
    return {read(response, api).entry for api, response in source.refusals}


def read(response: httpx.Response, service: str | None) -> Finding:
    """Return the finding of one answer; ``service`` is the name of the API that gave it, if it is known."""
    headers = dict(response.headers)
    return explain(response.content, status=response.status_code, headers=headers, service=service)
