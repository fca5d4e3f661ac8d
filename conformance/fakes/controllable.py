"""A virtual tenant whose state can be changed while it is in use, by a test or by the server's control API."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import chain
from typing import Any

import httpx

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import APIS, AppRole
from conformance.apis.permissions import RESOURCES
from conformance.connection import Connection
from conformance.fakes.identities import Identities
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.services.throttling import throttling
from conformance.fakes.source import build
from conformance.fakes.state import given_tables
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.world import Disturbance, World
from conformance.sources.base import Channel, SourceError
from conformance.toml_file.document import did_you_mean

_PERMISSIONS = tuple(name for resource in RESOURCES.values() for name in resource.permissions)


class ControllableTenant:
    """A source of answers for one connection. Its state may be changed between any two requests.

    Another scenario is another world of the same tenant: ids, credential and history stay, and so do tokens, which are
    judged by the state of the moment, as the services do. Raises :class:`~conformance.sources.base.SourceError` for an
    unknown scenario. ``identities`` are what the app takes beside the connection's credential.
    """

    def __init__(
        self,
        connection: Connection,
        scenario: str = "healthy",
        start: datetime | None = None,
        identities: Identities | None = None,
    ) -> None:
        self._connection, self._first, self._start, self._identities = connection, scenario, start, identities
        self._began: datetime | None = start
        self._publish: Callable[[Connection], None] = lambda connection: None
        self.latency = 0.0
        """Seconds before each answer over sockets."""
        self.jitter = 0.0
        """Up to this many seconds more, at random."""
        self._tables: dict[str, list[Mapping[str, Any]]] = {}
        self._show(scenario)

    def _show(self, scenario: str) -> None:
        world = self._built(scenario)
        # The clients have clocks of their own: where the world's is ahead, here the services are behind.
        world.clock.skip(-world.clock.skew)
        self._began = world.clock.began
        for name, rows in self._tables.items():
            world.tenant.workspace.tables[name] = given_tables.table(name, rows, self._began)
        self.world, self.scenario = world, scenario
        self.faults: dict[str, Disturbance] = {}
        self._publish(world.connection)

    def _built(self, scenario: str) -> World:
        return build(self._connection, scenario, self._start, self._began, self._identities)

    def publish_to(self, publish: Callable[[Connection], None]) -> None:
        """Call ``publish`` with the connection now, and whenever its file must change."""
        self._publish = publish
        publish(self.connection)

    # As a source: `verify(tenant.connection, source=tenant)` sees the current state

    @property
    def name(self) -> str:
        """Return the name of this source in reports: ``fake``, or ``fake:SCENARIO``."""
        return "fake" if self.scenario == "healthy" else f"fake:{self.scenario}"

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        """Open a channel to this tenant, for the connection as given."""
        yield Channel(self.world.transport(), self.world.clock, connection)

    # Properties

    @property
    def connection(self) -> Connection:
        """Return the connection as configured; in some scenarios its values are wrong."""
        return self.world.connection

    @property
    def state(self) -> Tenant:
        """Return the state that determines the answers. It may be changed at any time."""
        return self.world.tenant

    @property
    def requests(self) -> Sequence[httpx.Request]:
        """Return the latest requests, oldest first."""
        return tuple(self.world.requests)

    # Changes

    def switch(self, scenario: str) -> None:
        """Switch to another scenario, or several joined by ``+``. Earlier changes are dropped, delays remain."""
        self._show(scenario)

    def reset(self) -> None:
        """Reset the tenant to its initial state."""
        self.latency = self.jitter = 0.0
        self._show(self._first)

    def fault(self, name: str, times: int | None = None) -> None:
        """Add the failures of a scenario in which a service or a network fails, for the first ``times`` requests that
        they apply to. Raises SourceError for any other scenario.
        """
        disturbances = self._built(name).disturbances
        if not disturbances:
            raise SourceError(f"{name} is a state of the tenant, not a fault in the way of requests; switch to it")
        for number, disturbance in enumerate(disturbances):
            if times is not None:
                disturbance.times = times
            self._add_disturbance(disturbance, name if number == 0 else f"{name} ({number + 1})")

    def throttle(self, api: str, times: int | None = None, seconds: int = 5) -> None:
        """Make an API answer 429 to the first ``times`` requests, with a Retry-After of ``seconds``.

        Raises SourceError for an unknown API.
        """
        if api not in APIS:
            raise SourceError(f"unknown API {api!r} (one of {', '.join(APIS)})")
        self._add_disturbance(Disturbance(throttling(api, seconds), api=api, times=times), f"throttled: {api}")

    def _add_disturbance(self, disturbance: Disturbance, name: str) -> None:
        if before := self.faults.pop(name, None):
            self.world.disturbances.remove(before)
        self.faults[name] = disturbance
        self.world.disturbances.insert(0, disturbance)

    def expire_secret(self) -> None:
        """Make the app's client secret expired since yesterday."""
        self.state.expire_secret()

    def revoke(self, *permissions: str) -> None:
        """Remove the consent for these application permissions (for all, if none is named), so that the operations
        that need them are refused. Permissions that would also allow these operations are removed too, such as
        SecurityIncident.Read.All for alerts.

        Raises SourceError for a name that no API has.
        """
        unknown = [permission for permission in permissions if permission not in _PERMISSIONS]
        if unknown:
            raise SourceError(f"unknown permission {unknown[0]!r}{did_you_mean(unknown[0], _PERMISSIONS)}")
        needs = (endpoint.needs for endpoint in ENDPOINTS.values())
        opening = [need.any_of for need in needs if isinstance(need, AppRole) and need.name in permissions]
        self.state.revoke(*dict.fromkeys((*permissions, *chain.from_iterable(opening))))

    def revoke_roles(self) -> None:
        """Remove all Azure roles."""
        self.state.revoke_roles()

    def drop_table(self, name: str) -> None:
        """Remove a table, as if it had never been provisioned in the workspace."""
        self.state.drop_table(name)

    def add_table(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add a table with these rows to the workspace, in this and all later scenarios; replace one of the same name.

        Column types follow from the values (see :func:`~conformance.fakes.state.given_tables.table`). Raises UsageError
        for rows that cannot form a table.
        """
        table_rows = list(rows)
        self.state.workspace.tables[name] = given_tables.table(name, table_rows, self.world.clock.service_now())
        self._tables[name] = table_rows

    # Answers

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, as :meth:`World.answer` does."""
        return self.world.answer(request)

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, as :meth:`World.handler` does."""
        return await self.world.handler(request)

    def obstacle(self, host: str) -> Obstacle | None:
        """Return the network failure of a host, as :meth:`World.obstacle` does."""
        return self.world.obstacle(host)

    def delay(self, request: httpx.Request) -> float:
        """Return the seconds to wait before the answer to a request."""
        return delay(self.latency, self.jitter)


def delay(latency: float, jitter: float) -> float:
    """Return ``latency`` plus up to ``jitter`` seconds at random."""
    return latency + random.uniform(0, jitter)  # noqa: S311
