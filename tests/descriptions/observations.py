"""Answers of the virtual tenant: to every probe in every scenario, and to requests of other clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from conformance.apis import arm, data_collection, entra, graph, kql, sentinel
from conformance.apis.endpoint import Ask, Endpoint
from conformance.apis.permissions import RESOURCES
from conformance.checks.registry import catalogue
from conformance.connection.ingestion import place_of
from conformance.fakes import Tenant, World
from conformance.fakes import build as build_world
from conformance.fakes.scenarios.ingestion import ingesting
from conformance.fakes.services.arm import OF_GROUP, OF_SUBSCRIPTION
from conformance.fakes.services.batch import BATCH
from conformance.fakes.services.graph import OF_PRINCIPAL
from conformance.fakes.services.log_analytics import QUERY_BY_GET, QUERY_RESOURCE_BY_GET
from conformance.fakes.services.routes import ENDPOINTS
from conformance.fakes.state.data_collection import Rule
from conformance.fakes.state.tokens import issue
from conformance.fakes.world import hosts
from conformance.probing.engine import Engine
from conformance.probing.probe import PROBES
from conformance.probing.request import build
from tests.contoso import START, made_up

ITSELF = "Application.Read.All"
"""The permission to read the app's own registration, so that every probe gets an answer."""


@dataclass(frozen=True)
class Exchange:
    """A request for an operation that the virtual tenant knows, and its answer."""

    endpoint: Endpoint[Any]
    request: httpx.Request
    response: httpx.Response

    @property
    def subject(self) -> str:
        """Return the name of the answered operation, or ``<api>/<status>`` for a refusal."""
        status = self.response.status_code
        return self.endpoint.name if status < 400 else f"{self.endpoint.api.name}/{status}"

    @property
    def question(self) -> Any:
        """Return the JSON of the request; an empty object if it has no body."""
        return json.loads(self.request.content or b"{}")

    @property
    def body(self) -> Any:
        """Return the JSON of the answer; raise ValueError if it is not JSON."""
        return self.response.json()


@cache
def exchanges(scenario: str) -> tuple[Exchange, ...]:
    """Return all requests and answers when every probe is sent to the virtual tenant in a scenario."""
    catalogue()
    world = build_world(made_up(), scenario, START)
    world.tenant.consent(RESOURCES["graph"].app_id, ITSELF)
    exchanges: list[Exchange] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        response = await world.handler(request)
        if (endpoint := operation(request)) is not None:
            exchanges.append(Exchange(endpoint, request, response))
        return response

    engine = Engine(world.connection, httpx.MockTransport(handler), clock=world.clock, negative=True)
    asyncio.run(engine.gather(PROBES))
    return tuple(exchanges)


@cache
def others() -> tuple[Exchange, ...]:
    """Return exchanges that no probe makes in a healthy tenant: of other clients, clues, and lists of each incident."""
    world = build_world(made_up(), start=START)
    world.tenant.consent(RESOURCES["graph"].app_id, ITSELF)
    world.tenant.assign("Reader", scope=f"/subscriptions/{world.connection.subscription_id}")
    asks = [*_asks(world.tenant), *_asks_of_rule(ingesting(world))]
    return tuple(_put(world, ask) for ask in asks)


def operation(request: httpx.Request) -> Endpoint[Any] | None:
    """Return the operation that a request calls, or None."""
    apis = hosts()[request.url.host]
    for endpoint in ENDPOINTS.values():
        if (
            endpoint.api.name in apis
            and endpoint.method == request.method
            and endpoint.pattern.fullmatch(request.url.path)
        ):
            return endpoint
    return None


def _asks(tenant: Tenant) -> Iterator[Ask[Any]]:
    yield arm.SUBSCRIPTION.ask()
    yield arm.PROVIDER.ask(namespace=arm.INSIGHTS)
    yield OF_GROUP.ask()
    yield OF_SUBSCRIPTION.ask()
    yield entra.INSTANCE_DISCOVERY.ask()
    yield graph.LEGACY_ALERTS.ask()
    yield graph.INCIDENTS.ask(expand="alerts")
    yield OF_PRINCIPAL.ask(principal=tenant.app.service_principal_id)
    item = {"id": "1", "workspace": tenant.workspace.customer_id, "headers": {}, "body": {"query": "print ok=1"}}
    broken = {"id": "2", "workspace": "nowhere", "headers": {}, "body": {"query": "print ok=1"}}
    yield BATCH.ask(json={"requests": [item, broken]})
    for by_get in (QUERY_BY_GET, QUERY_RESOURCE_BY_GET):
        yield Ask(by_get, {}, {"query": kql.table("SecurityIncident").text})
    for name, endpoint in ENDPOINTS.items():
        if name.startswith("log_analytics.metadata"):
            yield Ask(endpoint, {}, {})
    for incident in tenant.workspace.incidents:
        for endpoint in OF_INCIDENT:
            yield endpoint.ask(incident=incident.id)


def _asks_of_rule(rule: Rule) -> Iterator[Ask[Any]]:
    assert rule.endpoint_id
    subscription, group, name = place_of(rule.id)
    place = {"subscription_id": subscription, "resource_group": group}
    yield Ask(data_collection.RULE, {**place, "rule": name}, {})
    yield Ask(data_collection.RULE_PERMISSIONS, {**place, "rule": name}, {})
    yield Ask(data_collection.DATA_ENDPOINT, {**place, "data_endpoint": place_of(rule.endpoint_id)[2]}, {})


OF_INCIDENT = (
    sentinel.INCIDENT,
    sentinel.INCIDENT_ALERTS,
    sentinel.INCIDENT_BOOKMARKS,
    sentinel.INCIDENT_COMMENTS,
    sentinel.INCIDENT_ENTITIES,
    sentinel.INCIDENT_RELATIONS,
    sentinel.INCIDENT_TASKS,
)


def _put(world: World, ask: Ask[Any]) -> Exchange:
    """Send a request as the engine does, with a token for the API's audience; return the exchange."""
    tenant, api = world.tenant, ask.endpoint.api
    token = None
    if api.audience is not None:
        resource = RESOURCES[api.audience].app_id
        token = issue(tenant, tenant.app, str(tenant.cloud.audience(api.audience)), resource)
    request = build(world.connection, ask, str(tenant.cloud.host(api)), token)
    return Exchange(ask.endpoint, request, world.answer(request))
