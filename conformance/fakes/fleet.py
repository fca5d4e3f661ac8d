"""A fleet of virtual tenants: one for each of many made-up connections, some of them broken, some silent."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from conformance.apis import entra
from conformance.connection import Connection
from conformance.fakes.network.client_files import exports, file, made_up_connection, private, secret
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.source import build
from conformance.fakes.state.timeline import stable_id
from conformance.fakes.world import Disturbance, World, tenant_named
from conformance.files.regular import write_private

WAYS = (
    "wrong-secret",
    "no-azure-role",
    "expired-secret",
    "no-graph-consent",
    "role-on-wrong-scope",
    "secret-id-pasted",
    "table-missing",
    "app-missing",
    "wrong-subscription",
    "no-defender-consent",
    "no-licence",
    "wrong-workspace",
    "app-disabled",
    "conditional-access",
    "role-denied",
    "mismatched-workspace-id",
    "sentinel-not-onboarded",
    "network-access-disabled",
    "intercepted",
    "service-principal-missing",
)
"""The scenarios of broken tenants, in turn. Each shows in answers alone: not before a tunnel, which many tenants share,
not in a tenant id that does not exist, and not in a file that a run refuses as a whole.
"""
SILENCES: Mapping[str, Disturbance] = {
    "silent": Disturbance(Obstacle.SILENT),
    "silent-tokens": Disturbance(Obstacle.SILENT, endpoint=entra.TOKEN.name),
    "silent-azure": Disturbance(Obstacle.SILENT, api="arm"),
}
"""Ways in which tenants hang, in turn: for all requests, when a token is asked for, or in one of the services."""
MAX_BUILT = 128
"""The most recently used worlds to keep: more than a client verifies at the same time. One takes about 400 kB."""


def causes(state: str) -> tuple[str, ...]:
    """Return the root causes that a report must name for a tenant in this state: healthy, a scenario or a silence."""
    return ("timed_out",) if state in SILENCES else SCENARIOS[state].causes


class Fleet:
    """``count`` tenants, of which the fractions ``broken`` and ``hanging`` (0 to 1) fail.

    Their numbers decide which ones, so fleets of the same size and fractions differ only in the secret. A world is made
    when its tenant is first asked, and anew if it was let go meanwhile: all have one beginning, and tokens stay good.
    Requests that name no tenant of the fleet are answered by a healthy one. Raises ValueError for shares that leave no
    room for each other.
    """

    def __init__(self, count: int, broken: float = 0.0, hanging: float = 0.0) -> None:
        if count < 1 or min(broken, hanging) < 0 or broken + hanging > 1:
            raise ValueError(
                "a fleet has one tenant or more, and shares of broken and hanging ones that add up to 1 at most"
            )
        self.count = count
        self._model = made_up_connection()
        self._began = datetime.now(UTC)
        self._states = dict(_troubles(count, round(count * broken), round(count * hanging)))
        self._numbers = {stable_id("fleet", number, "tenant_id"): number for number in range(count)}
        self._worlds: OrderedDict[int | None, World] = OrderedDict()

    @property
    def secret(self) -> str:
        """Return the client secret of all apps of the fleet."""
        return secret(self._model)

    def members(self) -> Iterator[tuple[Connection, str]]:
        """Yield each connection as configured, and the state of its tenant, in the order of their numbers."""
        for number in range(self.count):
            state = self._state(number)
            # A scenario may change the connection; a silence does not.
            here = self._connection(number) if state not in WAYS else self._built(number).connection
            yield here, state

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request from the world of the tenant that it names, as :meth:`World.handler` does."""
        number = self._numbers.get(tenant_named(request))
        world = self._worlds.pop(number, None) or self._built(number)
        self._worlds[number] = world
        if len(self._worlds) > MAX_BUILT:
            self._worlds.popitem(last=False)
        return await world.handler(request)

    def _state(self, number: int | None) -> str:
        return self._states.get(number, "healthy") if number is not None else "healthy"

    def _connection(self, number: int | None) -> Connection:
        if number is None:
            return self._model
        names = ("tenant_id", "client_id", "subscription_id", "workspace_id")
        ids: dict[str, Any] = {name: stable_id("fleet", number, name) for name in names}
        return replace(self._model, name=f"tenant-{number:05}", **ids)

    def _built(self, number: int | None) -> World:
        state = self._state(number)
        world = build(self._connection(number), state if state in WAYS else "healthy", began=self._began)
        if state in SILENCES:
            world.disturbances.append(SILENCES[state])
        return world


def _troubles(count: int, broken: int, hanging: int) -> Iterator[tuple[int, str]]:
    """Yield the numbers of broken and hanging tenants with their states, evenly spread, so that any part of the fleet
    is like the whole.
    """
    ways, silences, total = cycle(WAYS), cycle(SILENCES), broken + hanging
    silent = {at * total // hanging for at in range(hanging)}
    for at in range(total):
        yield at * count // total, next(silences if at in silent else ways)


def write(folder: Path, fleet: Fleet, environment: Mapping[str, str], certificate: bytes) -> None:
    """Write ``connections/`` with a file for each and their secret, ``ca.pem``, ``environment``, and ``manifest.json``:
    the state of each tenant, and the root causes that a report must name.

    Raises OSError. Files of an earlier fleet are removed first.
    """
    connections = folder / "connections"
    connections.mkdir(parents=True, exist_ok=True)
    for old in (*connections.glob("*.toml"), *connections.glob("*.secret")):
        old.unlink()
    write_private(folder / "ca.pem", certificate)
    private(folder / "environment", exports(environment))
    private(connections / "fleet.secret", fleet.secret)
    troubled = {}
    for connection, state in fleet.members():
        own = "fleet.secret" if secret(connection) == fleet.secret else f"{connection.name}.secret"
        if own != "fleet.secret":
            private(connections / own, secret(connection))
        file(connections / f"{connection.name}.toml", connection, own)
        if state != "healthy":
            troubled[connection.name] = {"state": state, "causes": list(causes(state))}
    manifest = {"tenants": fleet.count, "troubled": troubled}
    private(folder / "manifest.json", json.dumps(manifest, indent=1))
