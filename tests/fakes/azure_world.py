"""A healthy world and probe requests to its Azure side; shared by the tests of Log Analytics and Sentinel."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx

from conformance.apis import kql, log_analytics
from conformance.apis.endpoint import Ask, Audience
from conformance.apis.permissions import RESOURCES
from conformance.fakes import healthy
from conformance.fakes.state.tokens import issue
from conformance.probing.request import build
from tests.contoso import START, made_up


class AzureWorld:
    """A healthy world and methods that send requests to it.

    A request carries a fresh token for the audience of its API, unless a token is given; an empty token sends none.
    """

    def __init__(self) -> None:
        self.world = healthy(made_up(), START)
        self.tenant, self.workspace = self.world.tenant, self.world.tenant.workspace

    def token(self, audience: Audience) -> str:
        """Return an access token of the app for an API."""
        resource = str(self.tenant.cloud.audience(audience))
        return issue(self.tenant, self.tenant.app, resource, RESOURCES[audience].app_id)

    def request(self, ask: Ask[Any], token: str | None = None) -> httpx.Request:
        """Return the request of a question; with an empty ``token`` it carries none."""
        api = ask.endpoint.api
        assert api.audience is not None
        bearer = self.token(api.audience) if token is None else token or None
        base = str(self.tenant.cloud.host(api))
        return build(self.world.connection, ask, base, bearer)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Return the virtual tenant's answer to a request."""
        return asyncio.run(self.world.handler(request))

    def put(self, ask: Ask[Any], token: str | None = None) -> httpx.Response:
        """Return the virtual tenant's answer to a question."""
        return self.send(self.request(ask, token))

    def query(self, query: kql.Query | str, *, token: str | None = None, **body: Any) -> httpx.Response:
        """Return the answer to a query.

        ``prefer`` is sent as the header of that name; other members of ``body`` are sent beside the query.
        """
        text = query if isinstance(query, str) else query.text
        headers = {"Prefer": body.pop("prefer")} if "prefer" in body else {}
        return self.put(log_analytics.QUERY.ask(json={"query": text, **body}, headers=headers), token)

    def pages(self, ask: Ask[Any], most: int = 20) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list along its next links; raise AssertionError after ``most`` pages."""
        for _ in range(most):
            page = self.put(ask).json()
            yield page
            if not page.get("nextLink"):
                return
            ask = ask.endpoint.next(page["nextLink"])
        raise AssertionError("the pages do not end")
