"""A small world with a Defender side, and requests to it; shared by the tests of Graph and Defender."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from conformance.apis.endpoint import Api, Endpoint
from conformance.connection import Connection
from conformance.fakes.state.defender_data import fill
from conformance.fakes.state.tenant import App, ClientSecret, Resource, Tenant, Workspace
from conformance.fakes.state.timeline import incidents, stable_id
from conformance.fakes.state.tokens import issue
from conformance.fakes.world import World
from conformance.probing.clock import VirtualClock

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
SECRET = "Qz7~not-a-real-secret"
CLIENT_ID = "11111111-2222-4333-8444-555555555555"


def defended(api: Api, resource_app_id: str, *roles: str) -> Asking:
    """Return a client of one API, in a world in which the app has these roles of that API."""
    connection = Connection(
        "contoso",
        stable_id("tenant"),
        CLIENT_ID,
        stable_id("subscription"),
        "rg",
        stable_id("law"),
        "law",
        client_secret=SECRET,
    )
    tenant = Tenant(connection.tenant_id, "Contoso", ["contoso.example"], connection.cloud, VirtualClock(NOW))
    secret = ClientSecret(SECRET, stable_id("key"), NOW + timedelta(days=90), NOW - timedelta(days=90))
    tenant.apps[CLIENT_ID] = App(CLIENT_ID, "reader", stable_id("app"), stable_id("principal"), secrets=[secret])
    tenant.resources[resource_app_id] = Resource(resource_app_id, api.title)
    tenant.workspaces.append(
        Workspace(connection.subscription_id, "rg", "law", connection.workspace_id, incidents=list(incidents(NOW)))
    )
    tenant.consent(resource_app_id, *roles)
    fill(tenant)
    return Asking(World([tenant], connection), api, resource_app_id)


class Asking:
    """Requests to one API of a world, with a fresh token unless one is given."""

    def __init__(self, world: World, api: Api, resource_app_id: str) -> None:
        self.world, self.tenant, self.resource_app_id = world, world.tenant, resource_app_id
        self.host = str(world.tenant.cloud.host(api))
        assert api.audience is not None
        self.audience = world.tenant.cloud.audiences[api.audience][0]

    def token(self, audience: str | None = None) -> str:
        """Return an access token of the app, by default for the API of ``ask``."""
        return issue(self.tenant, self.tenant.app, audience or self.audience, self.resource_app_id)

    def get(self, path: str, *, token: str | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """Return the answer to a path or an absolute link; an empty token sends none."""
        authorization = {"Authorization": f"Bearer {self.token() if token is None else token}"} if token != "" else {}
        url = path if path.startswith("https://") else self.host + path
        return asyncio.run(self.world.handler(httpx.Request("GET", url, headers={**authorization, **(headers or {})})))

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list along its next links."""
        link: str | None = path
        while link:
            page = self.get(link).json()
            yield page
            link = page.get("@odata.nextLink")


def decoded(response: httpx.Response, endpoint: Endpoint[Any]) -> Any:
    """Return the body of a success, decoded to the type of the endpoint."""
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=endpoint.answers)


def error(response: httpx.Response, status: int) -> dict[str, Any]:
    """Return the error object of a refusal; assert its status."""
    assert response.status_code == status, response.text
    problem: dict[str, Any] = response.json()["error"]
    return problem


def members(value: Any, matches: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, Any]]:
    """Yield the members of all objects in a JSON value, at any depth, whose name matches."""
    if isinstance(value, dict):
        for key, member in value.items():
            if matches(key):
                yield key, member
            yield from members(member, matches)
    elif isinstance(value, list):
        for member in value:
            yield from members(member, matches)


def text_of(response: httpx.Response) -> str:
    """Return body and headers of an answer as one text."""
    return json.dumps(response.json()) + str(response.headers)
